"""The edge: soft alpha along the outline and the product's own colour under it.

The outline gives alpha; where it is soft, a pixel of the photo is a mixture of the product's and
the backdrop's nearby colours (the compositing equation of Porter and Duff, 1984), and the
backdrop's share is taken out. What lies within the edge is the photo, value for value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from . import margin_box

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

# How soft a photo's edges are: this sigma in px in a picture of this size, more in a larger one.
SOFTNESS, SOFTNESS_SIDE = 0.5, 700.0
# Nearby colours are gathered in a picture of at most this long side, over this many px.
COLOUR_SIDE: Final = 700
GATHER: Final = 9
# Where product and backdrop differ by less (8-bit RGB distance), a pixel's share of the product is
# its alpha; where they differ by more, it is its place between both colours if that is less.
WEAK_CONTRAST, CLEAR_CONTRAST = 12.0, 40.0
# Alpha below this (of 255) is no product, above that all product.
LEAST, MOST = 6, 249
_PLAIN: Final = np.array([0 if a < LEAST else 255 if a > MOST else a for a in range(256)], np.uint8)
# A pixel with less of the product says too little about its colour: its neighbours' is taken.
TRUST_FROM, TRUST_SURE = 0.35, 0.9


@dataclass(frozen=True)
class Band:
    """The N pixels of the edge: where they are, and the pure colours near them.

    `alpha` is 0..1; `photo`, `product` and `backdrop` are (N, 3), 0..255.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    alpha: Floats
    photo: Floats
    product: Floats
    backdrop: Floats


def draw_edge(rgb: Bytes, cover: Bytes | Floats) -> tuple[Bytes, tuple[int, int, int, int]]:
    """Return the product as RGBA (h, w, 4) at the resolution of `rgb`, and its box there.

    `rgb` (H, W, 3); `cover` how far each pixel lies within the outline, somewhere more than half:
    0..255 (H, W), or 0..1 of any size.
    """
    if cover.dtype != np.uint8:
        whole = cv2.resize(cover, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        cover = np.round(255 * np.clip(whole, 0, 1)).astype(np.uint8)
    sigma = SOFTNESS * max((rgb.shape[0] * rgb.shape[1]) ** 0.5 / SOFTNESS_SIDE, 1.0)
    left, top, right, bottom = margin_box(cover > 0, margin=4 + round(3 * sigma))
    window = (slice(top, bottom), slice(left, right))
    crop = rgb[window]
    alpha = np.asarray(cv2.LUT(cv2.GaussianBlur(cover[window], (0, 0), sigma), _PLAIN))
    rgba = cv2.cvtColor(crop, cv2.COLOR_RGB2RGBA)
    rgba[..., 3] = alpha
    rgba = np.asarray(cv2.bitwise_and(rgba, rgba, mask=alpha))
    _decontaminate(rgba, _band(crop, alpha))
    inner = margin_box(alpha > 0)
    shifted = (left + inner[0], top + inner[1], left + inner[2], top + inner[3])
    return np.ascontiguousarray(rgba[inner[1] : inner[3], inner[0] : inner[2]]), shifted


def _band(crop: Bytes, alpha: Bytes) -> Band:
    rows, columns = np.nonzero((alpha > 0) & (alpha < 255))
    scale = min(COLOUR_SIDE / max(crop.shape), 1.0)
    size = (max(round(crop.shape[1] * scale), 1), max(round(crop.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA))
    where = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    # A pixel away from the edge: what blur and a sharpening lens leave beside it is no pure colour.
    kernel = np.ones((3, 3), np.uint8)
    inside, outside = cv2.erode(where, kernel) == 255, cv2.dilate(where, kernel) == 0
    asked = cv2.dilate(((where > 0) & (where < 255)).astype(np.uint8), kernel) > 0
    points = tuple(
        ((axis + 0.5) * (small.shape[k] / crop.shape[k]) - 0.5).astype(np.float32)
        for k, axis in ((1, columns), (0, rows))
    )
    product, backdrop = (
        _sampled(_spread(small, known, asked), (points[0], points[1]))
        for known in (inside, outside)
    )
    share = (alpha[rows, columns] / np.float32(255)).astype(np.float32)
    photo = crop[rows, columns].astype(np.float32)
    return Band(rows, columns, share, photo, product, backdrop)


def _spread(picture: Bytes, known: NDArray[np.bool_], asked: NDArray[np.bool_]) -> Floats:
    """Return the mean of known colours near every pixel `asked`, from wider and wider windows."""
    weight = known.astype(np.float32)
    colours = picture.astype(np.float32) * weight[..., None]
    result = np.zeros_like(colours)
    missing = asked.copy()
    for size in (GATHER, 3 * GATHER, 9 * GATHER, 2 * max(known.shape) + 1):
        window = (min(size, 2 * max(known.shape) + 1),) * 2
        near = cv2.blur(weight, window, borderType=cv2.BORDER_CONSTANT)
        mean = cv2.blur(colours, window, borderType=cv2.BORDER_CONSTANT)
        use = missing & (near > 1e-6)
        result[use] = mean[use] / near[use, None]
        missing &= ~use
        if not missing.any():
            break
    return result


def _sampled(picture: Floats, points: tuple[Floats, Floats]) -> Floats:
    # remap takes at most 32,767 px a side, so the list of points is folded into a square.
    count = len(points[0])
    side = int(np.ceil(count**0.5)) or 1
    folded = [np.resize(axis, (side, side)) for axis in points]
    found = cv2.remap(
        picture, folded[0], folded[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(found.reshape(-1, 3)[:count])


def _decontaminate(rgba: Bytes, band: Band) -> None:
    """Take the backdrop's share out of the colours of the edge's pixels in `rgba`."""
    axis = band.product - band.backdrop
    length = np.linalg.norm(axis, axis=1)
    between = ((band.photo - band.backdrop) * axis).sum(1) / np.maximum(length**2, 1.0)
    seen = np.minimum(np.clip(between, 0, 1), band.alpha)
    clear = _ramp(length, WEAK_CONTRAST, CLEAR_CONTRAST)
    share = (clear * seen + (1 - clear) * band.alpha)[:, None]
    own = (band.photo - (1 - share) * band.backdrop) / np.maximum(share, TRUST_FROM)
    trust = _ramp(share, TRUST_FROM, TRUST_SURE)
    colour = trust * np.clip(own, 0, 255) + (1 - trust) * band.product
    rgba[band.rows, band.columns, :3] = np.round(colour).astype(np.uint8)


def _ramp(value: Floats, start: float, end: float) -> Floats:
    return np.asarray(np.clip((value - start) / (end - start), 0, 1), np.float32)
