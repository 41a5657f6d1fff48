"""The edge: soft alpha in a narrow band and the product's own colour under it.

In the band every pixel is taken as a mixture of the product's and the backdrop's nearby colours;
its place on the line between the two is its alpha (the compositing equation of Porter and Duff,
1984, solved along the colour line). Outside the band the photo's pixels are left as they are.
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

# Long side at which the outline is placed to within half a pixel before the full size.
PLACING_SIDE: Final = 1400
# Half width of the band, in px of the resolution that the outline comes from.
BAND: Final = 2.2
# Nearby colours are gathered in a picture of at most this long side, over this many px.
COLOUR_SIDE: Final = 700
GATHER: Final = 9
# Where product and backdrop differ by less (8-bit RGB distance), alpha is left to the geometry.
WEAK_CONTRAST, CLEAR_CONTRAST = 12.0, 40.0
# Off the line between both colours by this much, a pixel is a detail of the product.
DETAIL_FROM, DETAIL_SURE = 14.0, 34.0
# Alpha beyond these ends is snapped: no veil over the backdrop, no holes in the product.
SNAP_LOW, SNAP_HIGH = 0.05, 0.93
# Below this alpha a pixel says too little about the product's colour: its neighbours' is taken.
TRUST_FROM, TRUST_SURE = 0.35, 0.9


@dataclass(frozen=True)
class Band:
    """The N doubtful pixels: where they are, and the pure colours near them.

    `place` 0..1 runs from outside to inside, `colour`, `product`, `backdrop` are (N, 3), 0..255.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    place: Floats
    colour: Floats
    product: Floats
    backdrop: Floats


def draw_edge(
    rgb: Bytes, mask: NDArray[np.bool_] | Floats
) -> tuple[Bytes, tuple[int, int, int, int]]:
    """Return the product as RGBA (h, w, 4) at the resolution of `rgb`, and its box there.

    `rgb` (H, W, 3); `mask` the outline, or coverage 0..1, found at the same or a smaller size.
    """
    grown = cv2.dilate((mask > 0.05).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    scale = rgb.shape[0] / mask.shape[0], rgb.shape[1] / mask.shape[1]
    left, top, right, bottom = margin_box(grown, margin=6)
    rows = slice(round(top * scale[0]), round(bottom * scale[0]))
    columns = slice(round(left * scale[1]), round(right * scale[1]))
    crop = rgb[rows, columns]
    alpha = cv2.GaussianBlur(mask[top:bottom, left:right].astype(np.float32), (0, 0), 0.7)
    if max(crop.shape) > PLACING_SIDE:
        alpha, _ = _refined(_shrunk(crop, PLACING_SIDE), alpha)
    rgba = _decontaminated(crop, *_refined(crop, alpha))
    box = margin_box(rgba[..., 3] > 0)
    shifted = (
        columns.start + box[0],
        rows.start + box[1],
        columns.start + box[2],
        rows.start + box[3],
    )
    return np.ascontiguousarray(rgba[box[1] : box[3], box[0] : box[2]]), shifted


def _shrunk(picture: Bytes, side: int) -> Bytes:
    scale = side / max(picture.shape)
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _refined(photo: Bytes, outline: Floats) -> tuple[Floats, Band]:
    """Return alpha (H, W) 0..1 at the photo's size; only the band round `outline` is judged."""
    growth = max(max(photo.shape) / max(outline.shape), 1.0)
    prior = cv2.resize(outline, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    width = 2 * round(BAND * growth) + 1
    place = cv2.blur(prior, (width, width))
    band = _band(photo, place, growth)
    alpha = (place > 0.5).astype(np.float32)
    alpha[band.rows, band.columns] = _band_alpha(band, prior[band.rows, band.columns])
    return alpha, band


def _band(photo: Bytes, place: Floats, growth: float) -> Band:
    rows, columns = np.nonzero((place > 0.01) & (place < 0.99))
    # An enlarged outline means an oversampled photo: its noise is averaged before judging.
    quiet = cv2.GaussianBlur(photo, (3, 3), 0) if growth > 1.5 else photo
    small = _shrunk(photo, COLOUR_SIDE)
    where = cv2.resize(place, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    scale = small.shape[1] / photo.shape[1], small.shape[0] / photo.shape[0]
    points = (
        ((columns + 0.5) * scale[0] - 0.5).astype(np.float32),
        ((rows + 0.5) * scale[1] - 0.5).astype(np.float32),
    )
    asked = cv2.dilate(((where > 0.005) & (where < 0.995)).astype(np.uint8), np.ones((5, 5)))
    product = _sampled(_spread(small, where > 0.985, asked > 0), points)
    backdrop = _sampled(_spread(small, where < 0.015, asked > 0), points)
    colour = quiet[rows, columns].astype(np.float32)
    return Band(rows, columns, place[rows, columns], colour, product, backdrop)


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


def _band_alpha(band: Band, prior: Floats) -> Floats:
    axis = band.product - band.backdrop
    length = np.linalg.norm(axis, axis=1)
    offset = band.colour - band.backdrop
    share = (offset * axis).sum(1) / np.maximum(length**2, 1.0)
    off_line = np.linalg.norm(offset - np.clip(share, 0, 1)[:, None] * axis, axis=1)
    share = np.maximum(share, _ramp(off_line, DETAIL_FROM, DETAIL_SURE))
    trust = _ramp(length, WEAK_CONTRAST, CLEAR_CONTRAST)
    alpha = trust * np.clip(share, 0, 1) + (1 - trust) * prior
    # The outline is known to within the band: deep inside it is product, far outside it is not.
    alpha = np.clip(alpha, _ramp(band.place, 0.65, 0.95), _ramp(band.place, 0.03, 0.35))
    return np.asarray(_ramp(alpha, SNAP_LOW, SNAP_HIGH), np.float32)


def _ramp(value: Floats, start: float, end: float) -> Floats:
    return np.asarray(np.clip((value - start) / (end - start), 0, 1), np.float32)


def _decontaminated(crop: Bytes, alpha: Floats, band: Band) -> Bytes:
    """Take the backdrop's share out of the colours of half-covered pixels; join with alpha."""
    cover = np.round(alpha * 255).astype(np.uint8)
    rgba = np.dstack([crop, cover])
    rgba[cover == 0] = 0
    share = alpha[band.rows, band.columns]
    mixed = (share > 0) & (share < 1)
    rows, columns = band.rows[mixed], band.columns[mixed]
    share = share[mixed, None]
    photo = crop[rows, columns].astype(np.float32)
    own = (photo - (1 - share) * band.backdrop[mixed]) / np.maximum(share, TRUST_FROM)
    trust = _ramp(share, TRUST_FROM, TRUST_SURE)
    colour = trust * np.clip(own, 0, 255) + (1 - trust) * band.product[mixed]
    rgba[rows, columns, :3] = np.round(colour).astype(np.uint8)
    return rgba
