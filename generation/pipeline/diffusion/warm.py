"""What the diffusion engine does with nothing to do: make models ready, or leave the GPU."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from PIL import Image

from generation.pipeline.errors import StageCancelled, StageFailed

from .catalog import Kind, model
from .memory import the_torch
from .ready import needed_models
from .residency import Residency, in_charge, the_residency

logger = logging.getLogger(__name__)

# A picture that is thrown away: as small as the models take, with steps enough for what is compiled
# at the first and used at the second.
FIRST_SIDE: Final = 256
FIRST_STEPS: Final = 2


def warm_models(
    still_idle: Callable[[], bool], environment: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Make ready what every job here needs, one model after the other, and return their keys.

    Each is read into host memory, and on a GPU brought there and its blocks compiled by painting a
    small picture. It stops between two models, or steps, when there is work to do. A model that
    cannot be loaded fails its stage, with a reason, and not this.
    """
    ready: list[str] = []
    owner = the_residency()
    for key in needed_models(environment):
        if not still_idle():
            break
        try:
            with owner.use(key):
                ready.append(key)
            if still_idle() and (owner.chip.capability is not None or owner.compile_blocks):
                first_strokes(owner, key, still_idle)
        except StageCancelled:
            break
        except StageFailed as failure:
            logger.warning("%s was not warmed: %s", key, failure.detail)
    return tuple(ready)


def first_strokes(owner: Residency, key: str, still_idle: Callable[[], bool]) -> None:
    """Paint a small picture with a model and throw it away. Raises StageCancelled out of a step."""
    entry = model(key)

    def go_on(*_: Any) -> dict[str, Any]:
        if not still_idle():
            raise StageCancelled
        return {}

    settings: dict[str, Any] = {
        "prompt": "a table",
        "num_inference_steps": FIRST_STEPS,
        "guidance_scale": entry.guidance,
        "height": FIRST_SIDE,
        "width": FIRST_SIDE,
        "generator": the_torch().Generator("cpu").manual_seed(0),
        "callback_on_step_end": go_on,
        "output_type": "np",
    }
    if entry.kind is Kind.LETTERING:
        nets = sum(model(part).kind is Kind.CONTROLNET for part in entry.parts)
        grey = Image.new("RGB", (FIRST_SIDE, FIRST_SIDE), "grey")
        settings |= {"image": grey, "control_image": [grey] * nets, "strength": 1.0}
        settings["controlnet_conditioning_scale"] = [0.5] * nets
    else:
        settings["max_sequence_length"] = entry.max_prompt_tokens
    with owner.use(key) as pipeline:
        pipeline(**settings)


def rest() -> None:
    """Leave the GPU to others where the deployment wants it so (AUTO_UNLOAD_DEFAULT)."""
    if owner := in_charge():
        owner.rest()
