"""The product over its set: the set's light on its edge, its own pixels inside untouched."""

from __future__ import annotations

import math
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .studio.render import Image

Rgba = NDArray[np.uint8]
Plane = NDArray[np.float32]

# Width of the band at the edge that takes the backdrop's light, and how much of it, at 1080 px.
WRAP_PIXELS: Final = 3.5
WRAP_STRENGTH: Final = 0.30
# The light that comes round is blurred by so many band widths, and a blur reaches three sigmas.
WRAP_LIGHT: Final = 4
LIGHT_SIGMAS: Final = 3
# The wrap fades out over this lowest share of the product's height: the ground is there.
WRAP_FREE_FOOT: Final = 0.25
# Core of the product, this far inside its edge: nothing may change it.
CORE_PIXELS: Final = 5


def composite(scene: NDArray[np.uint8], product: Rgba, *, scale: float = 1.0) -> NDArray[np.uint8]:
    """Return the product over the developed set, sRGB uint8, with the set's light on its edge.

    `scale` is the frame's shorter side over 1080 px. Inside the edge band the product's pixels
    are copied exactly.
    """
    out = scene.copy()
    if not product[..., 3].any():
        return out
    part = _reached(product, WRAP_PIXELS * scale)
    scene, product = scene[part], product[part]
    alpha = product[..., 3].astype(np.float32) / np.float32(255)
    wrapped = light_wrap(scene, product, alpha, WRAP_PIXELS * scale)
    mixed = wrapped * alpha[..., None] + scene.astype(np.float32) * (1 - alpha[..., None])
    pasted: NDArray[np.uint8] = np.clip(mixed.round(), 0, 255).astype(np.uint8)
    core = core_mask(product)
    pasted[core] = product[core][:, :3]
    out[part] = pasted
    return out


def _reached(product: Rgba, reach: float) -> tuple[slice, slice]:
    """Return the rows and columns that hold the product and all whose light falls on its edge."""
    seen, room = product[..., 3] > 0, math.ceil(WRAP_LIGHT * LIGHT_SIGMAS * reach) + 1
    rows, columns = (
        slice(max(int(places[0]) - room, 0), int(places[-1]) + 1 + room)
        for places in (np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0)))
    )
    return rows, columns


def light_wrap(scene: NDArray[np.uint8], product: Rgba, alpha: Plane, reach: float) -> Image:
    """Return the product's colours with the blurred backdrop screened into its outermost pixels."""
    outside = cv2.GaussianBlur(1 - alpha, (0, 0), reach)
    band = np.clip(outside * 2, 0, 1) * (alpha > 0) * WRAP_STRENGTH
    band = (band * _above_ground(alpha))[..., None]
    light = cv2.GaussianBlur(scene, (0, 0), WRAP_LIGHT * reach).astype(np.float32)
    colour = product[..., :3].astype(np.float32)
    screened = 255 - (255 - colour) * (255 - light) / 255
    return cast("Image", (colour * (1 - band) + screened * band).astype(np.float32))


def _above_ground(alpha: Plane) -> Plane:
    """Return a column (height, 1): 1 on the product, 0 at its foot, where no light comes round."""
    filled = np.flatnonzero((alpha > 0.5).any(axis=1))
    rows = np.arange(alpha.shape[0], dtype=np.float32)
    if filled.size == 0:
        return np.ones((len(rows), 1), np.float32)
    reach = max(WRAP_FREE_FOOT * (filled[-1] - filled[0]), 1.0)
    return cast("Plane", np.clip((filled[-1] - rows) / reach, 0, 1)[:, None].astype(np.float32))


def core_mask(product: Rgba) -> NDArray[np.bool_]:
    """Return where the product must be the photo's own pixels: opaque and away from its edge."""
    solid = (product[..., 3] == 255).astype(np.uint8)
    size = 2 * CORE_PIXELS + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    eroded = cv2.erode(solid, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return cast("NDArray[np.bool_]", eroded.astype(bool))


def core_difference(scene: NDArray[np.uint8], product: Rgba) -> int:
    """Return the largest difference (0..255) between scene and product inside the core."""
    core = core_mask(product)
    if not core.any():
        return 0
    found = scene[core].astype(np.int16) - product[core][:, :3].astype(np.int16)
    return int(np.abs(found).max())
