"""The clear upper part of a glass: nearly the backdrop's colour, but not quite.

A glass half full is found as far as it is filled. What is left of it stands above as a faint veil
before the backdrop, a few Lab units off it, and no cast shadow falls up there. Each row is
compared with the backdrop to the left and right of the product, which no fitted surface matches.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .outline import disc

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

# How far the glass may reach above what fills it, as a part of that one's height, and beside it, as
# a part of its width. Beyond that the backdrop is looked up, over as much again.
ABOVE, BESIDE = 0.8, 0.15
# Below this part of its height shadows lie.
SHADOWS_BELOW: Final = 0.65
# Noise is averaged over this many px (sigma).
QUIET: Final = 1.5
# A veil is off the backdrop by this much Lab, and by so many times what the backdrop's sides vary.
LEAST_VEIL, VARIATIONS = 1.2, 4.0
# A veil reaches at least so far above, as a part of the product's height, and with it the product
# fills this part of its convex hull, as glasses do.
LEAST_ABOVE, COVERED = 0.1, 0.9
# Spurs on a veil are thinner than twice this part of the product's width.
SPUR: Final = 0.06


def with_clear_part(mask: Mask, evidence: Evidence) -> Mask:
    """Return `mask` (H, W), not empty, with the clear glass above it, or as it is."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    top, height = int(rows[0]), int(rows[-1] - rows[0] + 1)
    left, width = int(columns[0]), int(columns[-1] - columns[0] + 1)
    room = round(BESIDE * width)
    first, last = top - round(ABOVE * height), top + round(SHADOWS_BELOW * height)
    if left < 2 * room or left + width + 2 * room > mask.shape[1] or room < 3:
        return mask
    window = (slice(max(first, 0), last), slice(left - 2 * room, left + width + 2 * room))
    veil = np.zeros_like(mask)
    veil[window] = _veil(evidence, window, room)
    return _joined(mask, veil, round(SPUR * width))


def _veil(evidence: Evidence, window: tuple[slice, slice], room: int) -> Mask:
    """Return where rows of `window` differ from their outermost `room` px on both sides."""
    off = evidence.lab[window] - evidence.backdrop.lab[window]
    quiet = cv2.GaussianBlur(off, (0, 0), QUIET)
    sides = (quiet[:, :room], quiet[:, -room:])
    one, other = (side.mean(1, keepdims=True) for side in sides)
    across = np.linspace(0, 1, quiet.shape[1], dtype=np.float32)[None, :, None]
    rest = np.linalg.norm(quiet - (1 - across) * one - across * other, axis=2)
    varies = float(np.percentile(np.concatenate([rest[:, :room], rest[:, -room:]]), 90))
    veil = rest > max(LEAST_VEIL, VARIATIONS * varies / 2)
    veil[:, :room] = veil[:, -room:] = False
    return np.asarray(veil)


def _joined(mask: Mask, veil: Mask, spur: int) -> Mask:
    """Return the hull of `mask` and the part of `veil` that stands on it, or `mask` as it is."""
    solid = cv2.morphologyEx((veil | mask).astype(np.uint8), cv2.MORPH_OPEN, disc(2))
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, disc(3))
    _count, parts = cv2.connectedComponents(solid)
    own = np.unique(parts[mask & (solid > 0)])
    upper = np.isin(parts, own[own > 0])
    rows = np.flatnonzero(mask.any(1))
    upper[rows[0] :] = False
    upper = cv2.morphologyEx(upper.astype(np.uint8), cv2.MORPH_OPEN, disc(spur)).astype(bool)
    if np.count_nonzero(upper.any(1)) < LEAST_ABOVE * np.ptp(rows):
        return mask
    hull = np.zeros(mask.shape, np.uint8)
    points = cv2.findNonZero((upper | mask).astype(np.uint8))
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    covered = (upper | mask).sum() >= COVERED * hull.sum()
    return hull.astype(bool) if covered else mask
