"""The product mirrored in polished ground: its own pixels upside down, faded and softened."""

from __future__ import annotations

from typing import Final, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .proxy import Footing
from .rig import Rig

Rgba = NDArray[np.uint8]
Plane = NDArray[np.float32]

# The mirror image is gone at this share of the product's height under its foot.
FADE: Final = 0.34
# Polish is never perfect: blur at the far end of the mirror image, as a share of its length.
SOFTEN: Final = 0.05
# A standing product touches the ground only in this lowest share of its height: what hangs over
# beside its foot is mirrored at the foot's own level.
FOOT_ZONE: Final = 0.06
# Softness of the polished part's edge in decimetres.
RIM: Final = 0.04


class Gloss(NamedTuple):
    """A polished disc of ground: how strongly it mirrors (0..1), its middle (x, y) and radius.

    Lengths in decimetres.
    """

    strength: float
    center: tuple[float, float]
    radius: float


def mirrored(
    scene: NDArray[np.uint8],
    product: Rgba,
    rig: Rig,
    gloss: Gloss,
    footing: Footing,
    *,
    contact: Plane,
) -> NDArray[np.uint8]:
    """Return the developed set, uint8 (height, width, 3), with the product mirrored in its ground.

    `product` is the placed layer, straight alpha. `contact` (height, width) 0..1 is the light that
    remains where product and ground meet, in the mirror image too. Goods that lie flat hide their
    mirror image.
    """
    solid = product[..., 3] > 127
    if footing == "flat" or not solid.any():
        return scene
    rows = np.flatnonzero(solid.any(axis=1))
    length = FADE * float(rows[-1] - rows[0])
    base = _foot(solid, footing)
    picture, under = _flipped(product, base)
    share = np.clip(under / max(length, 1.0), 0, 1)
    strength = gloss.strength * (1 - share) ** 1.6 * (under > 0) * _polished(rig, gloss)
    strength = strength[..., None] * picture[..., 3:]
    light = _linear(scene)
    mixed = light * (1 - strength) + picture[..., :3] * (strength * contact[..., None])
    out: NDArray[np.uint8] = np.round(255 * np.clip(mixed, 0, 1) ** (1 / 2.2)).astype(np.uint8)
    return out


def _linear(encoded: NDArray[np.uint8]) -> Plane:
    return cast("Plane", (encoded.astype(np.float32) / 255) ** 2.2)


def _foot(solid: NDArray[np.bool_], footing: Footing) -> Plane:
    """Return for every column the row where product and ground meet, (width,)."""
    height, width = solid.shape
    filled = solid.any(axis=0)
    lowest = height - np.argmax(solid[::-1], axis=0).astype(np.float32)
    bottom = float(lowest[filled].max())
    if footing == "round":
        top = int(np.argmax(solid.any(axis=1)))
        filled &= lowest > bottom - FOOT_ZONE * (bottom - top)
    columns = np.arange(width)
    base = np.interp(columns, columns[filled], lowest[filled]).astype(np.float32)
    smooth = cv2.GaussianBlur(base[None, :], (0, 0), max(width / 400, 1.0))
    return cast("Plane", smooth[0])


def _flipped(product: Rgba, base: Plane) -> tuple[Plane, Plane]:
    """Return the mirror image (linear RGB and coverage) and each pixel's distance under the foot.

    The image gets softer with the distance: near the foot it is as sharp as the product.
    """
    height, width = product.shape[:2]
    row, column = np.mgrid[0:height, 0:width].astype(np.float32)
    under = row - base[None, :] + 1
    linear = np.dstack([_linear(product[..., :3]), product[..., 3].astype(np.float32) / 255])
    source = base[None, :] - under
    sharp = cv2.remap(linear, column, source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    reach = max(float(base.max()), 1.0)
    soft = cv2.GaussianBlur(sharp, (0, 0), max(SOFTEN * FADE * reach * 0.5, 0.6))
    mix = np.clip(under / (0.12 * reach), 0, 1)[..., None]
    return cast("Plane", sharp * (1 - mix) + soft * mix), np.maximum(under, 0)


def _polished(rig: Rig, gloss: Gloss) -> Plane:
    """Return where the frame sees the polished disc, (height, width) 0..1."""
    camera = rig.camera
    row, column = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float64) + 0.5
    pixels = np.stack([column.ravel(), row.ravel()], 1)
    ahead = camera.rays(pixels)[:, 2] < -1e-3
    distance = np.full(len(pixels), np.inf)
    ground = camera.on_ground(pixels[ahead])
    distance[ahead] = np.hypot(ground[:, 0] - gloss.center[0], ground[:, 1] - gloss.center[1])
    inside = np.clip((gloss.radius - distance) / RIM, 0, 1)
    return cast("Plane", inside.reshape(camera.height, camera.width).astype(np.float32))
