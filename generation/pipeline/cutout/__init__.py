"""The product without its photo's background: what a cut-out is, and which method makes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.pipeline.errors import NoProductFound, PhotoUnreadable

Method = Literal["alpha", "colour_model", "birefnet"]

# Room kept round the product in the crop, in px: resizing filters look this far.
MARGIN: Final = 4
# Alpha below this (of 255) is dust that a phone app's eraser leaves; it does not widen the crop.
DUST: Final = 8
# Less of the photo than this (0..1) is not a product: 0.1 % of 12 MP is a 110 px square.
LEAST_AREA: Final = 0.001


@dataclass(frozen=True)
class CutOut:
    """A product cut out of a photo.

    `rgba`: uint8 (H, W, 4), sRGB, straight alpha, at the photo's own resolution, cropped to the
    product with a small margin. Where alpha is 255 the photo's exact values; towards the edge the
    product's own colour with the backdrop's share taken out.
    `box`: left, top, right, bottom of that crop in the photo, px.
    `confidence`: 0..1, how far the evidence in the photo supports this outline.
    `note`: why a configured model was not used, for the job's checks; empty when all went well.
    """

    rgba: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    confidence: float
    method: Method
    note: str = ""


def cut_out(photo: Path) -> CutOut:
    """Cut the product out of a clean photo (sRGB, RGB or RGBA, upright).

    A photo that brings real alpha is used as it is; else BiRefNet cuts where its weights are
    configured, and the colour model where they are not, or fail. Raises NoProductFound,
    PhotoUnreadable.
    """
    pixels = _load(photo)
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        return from_alpha(pixels)
    from .birefnet import BirefnetUnavailable, cut_out_by_birefnet, weights
    from .colour_model import cut_out_by_colour

    rgb = np.ascontiguousarray(pixels[..., :3])
    path = weights()
    if path is None:
        return cut_out_by_colour(rgb)
    try:
        return cut_out_by_birefnet(rgb, path)
    except BirefnetUnavailable as unavailable:
        return replace(cut_out_by_colour(rgb), note=str(unavailable))


def from_alpha(rgba: NDArray[np.uint8]) -> CutOut:
    """Crop a photo that is already cut out. Raises NoProductFound when nothing in it is visible."""
    solid = rgba[..., 3] >= DUST
    if rgba[..., 3].max() < 128 or solid.mean() < LEAST_AREA:
        raise NoProductFound("the photo's alpha leaves nothing to see")
    left, top, right, bottom = box = margin_box(solid)
    return CutOut(np.ascontiguousarray(rgba[top:bottom, left:right]), box, 1.0, "alpha")


def margin_box(mask: NDArray[np.bool_], margin: int = MARGIN) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom round the True pixels (there is one), inside the frame."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = mask.shape
    return (
        max(int(columns[0]) - margin, 0),
        max(int(rows[0]) - margin, 0),
        min(int(columns[-1]) + 1 + margin, width),
        min(int(rows[-1]) + 1 + margin, height),
    )


def working_scale(shape: tuple[int, ...], side: int) -> float:
    """Return the factor that brings (H, W, ...) to the area of a square of `side` px, at most 1.

    By area and not by the longer side: of an 8000 x 300 px photo something must be left.
    """
    return float(min(side / float(shape[0] * shape[1]) ** 0.5, 1.0))


def _load(photo: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(photo) as image:
            mode = "RGBA" if image.has_transparency_data else "RGB"
            return np.asarray(image if image.mode == mode else image.convert(mode))
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoUnreadable(f"cannot read {photo.name}: {error}") from error
