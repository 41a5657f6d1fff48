"""Fatter letters that stay readable: strokes grow into open space, never across a narrow gap."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]

# Pixels per em at which letters are drawn before they swell, for mesh and proof alike: narrow gaps
# come out a little different at other resolutions.
RESOLUTION: Final = 400

# Share of a gap's half-width that each of its two strokes may take.
SHARE_OF_GAP: Final = 0.36

# The slope of the distance to the nearest stroke is 1 in open space, 0.71 on the bisector of a
# right angle, 0 half-way between parallel strokes; under these it is a gap's middle line. One that
# is only under the second or third counts as this share of the reach farther away: in a corner of
# just about that angle (the shoulder of a Jua ㅈ) mesh and proof would else grow differently.
MIDDLE_SLOPES: Final = ((0.36, 0.0), (0.45, 0.15), (0.54, 0.5))

# Side (em) of the largest hole that is none of the font's own: less than a pixel in any ad.
PINHOLE: Final = 0.012

# Blur (em) of the distance before its slope is taken: the pixel grid's own facets vanish.
SLOPE_BLUR: Final = 0.004


def grown(ink: Bits, pixels_per_em: float, swell: float) -> Bits:
    """Return `ink` (H, W), 0 or 1, with its strokes up to `swell` em wider on each side.

    An edge moves by `swell` in open space; between two strokes it moves by SHARE_OF_GAP of the way
    to their middle line. Both distances are continuous, so the new outline is as smooth as the old
    one. The caller pads `ink` by more than `swell`. Raises ValueError for a negative `swell`:
    thinned strokes break where they are thin already.
    """
    if swell < 0:
        raise ValueError(f"strokes cannot be thinned: {swell}")
    if swell == 0:
        return ink
    outside = cv2.distanceTransform(1 - ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) - 0.5
    blurred = cv2.GaussianBlur(outside, (0, 0), max(SLOPE_BLUR * pixels_per_em, 1.0))
    down, across = np.gradient(blurred)
    reach = swell * pixels_per_em / SHARE_OF_GAP
    slope = np.where((outside > 1) & (outside < reach), np.hypot(down, across), 1.0)
    growth = np.full(ink.shape, swell * pixels_per_em, np.float32)
    for limit, farther in MIDDLE_SLOPES:
        middle = slope < limit
        if middle.any():
            to_middle = cv2.distanceTransform(
                1 - middle.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
            )
            room = SHARE_OF_GAP * (outside + to_middle + np.float32(farther * reach))
            growth = np.minimum(growth, room)
    fatter: Bits = ((ink > 0) | (outside < growth)).astype(np.uint8)
    return _without_pinholes(fatter, PINHOLE * pixels_per_em)


def _without_pinholes(ink: Bits, side: float) -> Bits:
    """Fill the holes smaller than a square of `side` px, that a corner's slope leaves."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats(1 - ink, connectivity=4)
    tiny = np.flatnonzero(facts[:count, cv2.CC_STAT_AREA] < side * side)
    if len(tiny) == 0:
        return ink
    return np.asarray(ink | np.isin(labels, tiny), np.uint8)
