"""The lit letters painted over by SDXL, held to their geometry by ControlNets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.pipeline.stopwatch import Stopwatch
from generation.pipeline.types import Report, SubStep

from .catalog import Kind, ModelEntry, model
from .latents import VAE_GRID, colours_of, tokens_of
from .maps import Maps
from .memory import the_torch
from .prompts_kept import Embedded, kept_prompt
from .sizes import Canvas
from .steps import Steps, enlarged

Picture = NDArray[np.uint8]

# Share of noise that letters are painted over from: the surface changes, the light stays.
RESTYLE: Final = 0.55
# How strictly the maps hold, in the order of importance: the outline is ours by the alpha anyway.
HOLD: Final = {"depth": 0.75, "canny": 0.55, "normal": 0.5}


@dataclass(frozen=True, kw_only=True)
class Restyling:
    """A lettering model with what it is to paint. `guidance` None is the model's own."""

    entry: ModelEntry
    pipeline: Any
    prompt: str
    negative: str
    guidance: float | None
    seed: int
    canvas: Canvas
    watch: Stopwatch

    @property
    def guided(self) -> float:
        """Guidance for the pipeline: what was asked only where weights heed it."""
        if self.guidance is None or self.entry.guidance <= 1:
            return self.entry.guidance
        return self.guidance


def restyle(
    job: Restyling,
    picture: Picture,
    maps: Maps,
    report: Report,
    *,
    span: tuple[float, float],
    overlay: Callable[[Picture], Picture],
) -> Picture:
    """Return the window's picture (H, W, 3) painted over, the size of `picture`.

    `overlay` makes of a small painted picture the preview that is shown.
    """
    total = job.entry.steps
    taken = max(1, math.ceil(total * RESTYLE))
    show, text = _showing(job, overlay), SubStep.TEXT_RENDER
    steps = Steps(report=report, sub_step=text, span=span, total=taken, show=show, watch=job.watch)
    embedded = _embedded(job)
    steps.started = time.perf_counter()
    made = job.pipeline(
        **embedded,
        **_held(job, maps),
        image=Image.fromarray(job.canvas.enter(picture)),
        # The pipeline cuts steps * strength down to whole steps; half a step more makes it these.
        strength=min((taken + 0.5) / total, 1.0),
        num_inference_steps=total,
        guidance_scale=job.guided,
        height=job.canvas.height,
        width=job.canvas.width,
        generator=the_torch().Generator("cpu").manual_seed(job.seed),
        callback_on_step_end=steps,
        callback_on_step_end_tensor_inputs=["latents"],
        output_type="np",
    )
    steps.book()
    found = np.clip(np.nan_to_num(made.images[0]) * 255, 0, 255).round().astype(np.uint8)
    return job.canvas.leave(found)


def _showing(job: Restyling, overlay: Callable[[Picture], Picture]) -> Callable[[Any], Picture]:
    """Return what makes a preview of latents."""
    canvas, colours = job.canvas, colours_of(job.pipeline, job.entry)

    def show(latents: Any) -> Picture:
        tokens = tokens_of(latents, canvas.height // VAE_GRID, canvas.width // VAE_GRID)
        return overlay(enlarged(canvas.leave_small(colours.colours(tokens))))

    return show


def _held(job: Restyling, maps: Maps) -> dict[str, Any]:
    """Return the maps that hold the model, in the order of its ControlNets."""
    nets = [part.key for part in map(model, job.entry.parts) if part.kind is Kind.CONTROLNET]
    return {
        "control_image": [Image.fromarray(job.canvas.enter(maps.of_kind(net))) for net in nets],
        "controlnet_conditioning_scale": [_hold(net) for net in nets],
    }


def _hold(key: str) -> float:
    return next(share for kind, share in HOLD.items() if kind in key)


def _embedded(job: Restyling) -> Embedded:
    """Return both prompts as the pipeline takes them; without guidance there is no negative."""
    pipeline, started = job.pipeline, time.perf_counter()
    device = pipeline._execution_device  # noqa: SLF001 - the only name diffusers has for it
    guided = job.guided > 1
    negative = job.negative if guided else ""
    names = (
        *("prompt_embeds", "negative_prompt_embeds"),
        *("pooled_prompt_embeds", "negative_pooled_prompt_embeds"),
    )

    def read() -> Embedded:
        with the_torch().no_grad():
            found = pipeline.encode_prompt(
                job.prompt,
                device=device,
                do_classifier_free_guidance=guided,
                negative_prompt=negative,
            )
        return dict(zip(names, found, strict=True))

    facts = (job.prompt, negative, guided)
    embedded = kept_prompt(pipeline.text_encoder, facts, device, read)
    job.watch.add("prompt", time.perf_counter() - started)
    return {name: tensor for name, tensor in embedded.items() if tensor is not None}
