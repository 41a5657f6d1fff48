"""What makes a loaded pipeline run faster on a GPU and paint the same: compiled blocks, layouts.

Attention is fused already: diffusers calls torch's scaled_dot_product_attention, which picks its
flash kernel by itself.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Final, Literal, cast, get_args

from .memory import Chip, Quantisation, the_torch

logger = logging.getLogger(__name__)

COMPILE_VARIABLE: Final = "NANOCOCOA_COMPILE"
CompileWish = Literal["auto", "always", "never"]
# Below this CUDA capability torch's compiler makes no code.
LEAST_CAPABILITY: Final = (7, 0)
# Networks of convolutions: on tensor cores they run faster with the channels last.
CONVOLVING: Final = ("vae", "unet", "controlnet")
# The networks that run at every step.
AT_EVERY_STEP: Final = ("transformer", "unet", "controlnet")
# A ControlNet names no repeated blocks in diffusers 0.42: they are those of its U-Net.
CONTROL_BLOCK: Final = "BasicTransformerBlock"


def compiles(chip: Chip, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether blocks are compiled here: by default on GPUs that torch's compiler knows.

    Raises ValueError for a NANOCOCOA_COMPILE that cannot be.
    """
    wish = environment.get(COMPILE_VARIABLE, "").strip() or "auto"
    if wish not in get_args(CompileWish):
        raise ValueError(f"{COMPILE_VARIABLE}={wish}: it must be one of {get_args(CompileWish)}")
    if cast("CompileWish", wish) != "auto":
        return wish == "always"
    if chip.capability is None or chip.capability < LEAST_CAPABILITY:
        return False
    if find_spec("triton") is None or not (shutil.which("cc") or shutil.which("gcc")):
        logger.warning("blocks are not compiled: triton and a C compiler are needed for it")
        return False
    return True


def make_fast(pipeline: Any, chip: Chip, method: Quantisation, *, compile_blocks: bool) -> None:
    """Lay out convolutions for the GPU, and have the repeated blocks compiled when they first run.

    One block of each kind is compiled, once for all sizes; where that fails, torch goes on without.
    """
    if chip.capability is not None:
        channels_last(pipeline)
    # bitsandbytes' 4-bit products are no torch operators: nothing is left to fuse round them.
    if not compile_blocks or method == "nf4":
        return
    the_torch()._dynamo.config.suppress_errors = True  # noqa: SLF001 - its documented place
    for name in AT_EVERY_STEP:
        network = getattr(pipeline, name, None)
        if name == "controlnet":
            _compile_control_blocks(network)
        elif network is not None:
            network.compile_repeated_blocks(dynamic=True)


def _compile_control_blocks(networks: Any) -> None:
    """Have the blocks of one ControlNet, or of several together, compiled; None has none."""
    for block in networks.modules() if networks is not None else ():
        if type(block).__name__ == CONTROL_BLOCK:
            block.compile(dynamic=True)


def channels_last(pipeline: Any) -> None:
    """Put the channels of convolutions' weights last; what is computed stays the same."""
    for name in CONVOLVING:
        network = getattr(pipeline, name, None)
        if network is not None:
            network.to(memory_format=the_torch().channels_last)
