"""When the device's memory runs out: free it, try once more with less, then give up with advice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from PIL import Image

from generation.pipeline.errors import OutOfMemory

from .faults import is_out_of_memory
from .residency import Residency

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Sides of tiles in px when a VAE works in tiles: half of what its largest activations grow from.
TILE: Final = 512
# The second try paints this much smaller in each direction: 44 % fewer pixels, which Lanczos
# brings back softly; a background behind a sharp product can bear that.
SMALLER: Final = 0.75
# Patches of two latents of 8 px each.
GRAIN: Final = 16


@dataclass(frozen=True)
class Effort:
    """How much memory a run may take.

    `tiled`: the VAE works in tiles. `scale`: of the picture's sides, 0..1.
    """

    tiled: bool = False
    scale: float = 1.0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size to paint at, px: scaled and in sixteens, for a picture of this size."""
        return _in_grains(width * self.scale), _in_grains(height * self.scale)

    def prepare(self, pipeline: Any) -> None:
        """Set the pipeline's VAE to work in tiles or whole."""
        vae = pipeline.vae
        if not self.tiled:
            vae.disable_tiling()
            return
        vae.enable_tiling()
        vae.tile_sample_min_size = TILE
        vae.tile_latent_min_size = TILE // 2 ** (len(vae.config.block_out_channels) - 1)

    @staticmethod
    def restore(picture: Image.Image, width: int, height: int) -> Image.Image:
        """Return the picture at the size that was asked for, px."""
        if picture.size == (width, height):
            return picture
        return picture.resize((width, height), Image.Resampling.LANCZOS)


FULL: Final = Effort()
LESS: Final = Effort(tiled=True, scale=SMALLER)


def with_less(run: Callable[[Effort], T], residency: Residency) -> T:
    """Run with full effort and, if memory runs out, once more with less.

    The second time the device holds nothing but the component at work. Raises OutOfMemory with
    advice for the admin when that fails too; whatever else `run` raises passes through.
    """
    try:
        return run(FULL)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
    # Out here the exception is gone, and with it the frames that hold the activations.
    logger.warning("out of memory, trying once more with less: %s", first)
    residency.free()
    try:
        with residency.one_at_a_time():
            return run(LESS)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    residency.free()
    raise OutOfMemory(_advice(first, residency))


def _advice(first: str, residency: Residency) -> str:
    chip = residency.chip
    return (
        f"{first}. It did not fit at {LESS.scale:.0%} of the size and one component at a time "
        f"either ({chip.name}, {chip.budget / 2**30:.1f} GiB). Set NANOCOCOA_QUANTISE=fp8 or nf4, "
        "end other programs on the GPU, or choose a smaller background model"
    )


def _in_grains(side: float) -> int:
    return max(round(side / GRAIN), 1) * GRAIN
