"""Fatter or thinner letters that stay readable.

Strokes grow into open space, never across a narrow gap; or they shrink to a tube that never breaks.
"""

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
# right angle, 0 half-way between parallel strokes; under this it is a gap's middle line.
MIDDLE_SLOPE: Final = 0.45

# How far (em) the middle of a stroke is looked for: a little more than a fat stroke's half-width;
# and the share of the resolution at which: widths change slowly.
STROKE_REACH: Final = 0.085
COARSE: Final = 0.25

# Blur (em) of the distance before its slope is taken: the pixel grid's own facets vanish.
SLOPE_BLUR: Final = 0.004


def grown(ink: Bits, pixels_per_em: float, swell: float) -> Bits:
    """Return `ink` (H, W), 0 or 1, with its strokes up to `swell` em wider on each side.

    A negative `swell` thins them to tubes of that half-width; what is thinner stays as it is.

    An edge moves by `swell` in open space; between two strokes it moves by SHARE_OF_GAP of the way
    to their middle line. Both distances are continuous, so the new outline is as smooth as the old
    one. The caller pads `ink` by more than `swell`.
    """
    if swell == 0:
        return ink
    if swell < 0:
        return _thinned(ink, pixels_per_em, -swell)
    outside = cv2.distanceTransform(1 - ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) - 0.5
    blurred = cv2.GaussianBlur(outside, (0, 0), max(SLOPE_BLUR * pixels_per_em, 1.0))
    down, across = np.gradient(blurred)
    reach = swell * pixels_per_em / SHARE_OF_GAP
    middle = (np.hypot(down, across) < MIDDLE_SLOPE) & (outside > 1) & (outside < reach)
    if middle.any():
        to_middle = cv2.distanceTransform(
            1 - middle.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
        )
        growth = np.minimum(swell * pixels_per_em, SHARE_OF_GAP * (outside + to_middle))
    else:
        growth = np.full(ink.shape, swell * pixels_per_em, np.float32)
    fatter: Bits = ((ink > 0) | (outside < growth)).astype(np.uint8)
    return fatter


def _thinned(ink: Bits, pixels_per_em: float, radius: float) -> Bits:
    """Return `ink` with every stroke narrowed to the same half-width, its middle line unbroken.

    A point's stroke is as wide as the deepest ink within reach; the outline moves in by what that
    is over `radius`, so that the middle line of the stroke always keeps a tube round it.
    """
    inside = cv2.distanceTransform(ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) - 0.5
    small = cv2.resize(inside, None, fx=COARSE, fy=COARSE, interpolation=cv2.INTER_AREA)
    side = 2 * round(STROKE_REACH * pixels_per_em * COARSE) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    deepest = cv2.GaussianBlur(cv2.dilate(small, disc), (0, 0), side / 8)
    half = cv2.resize(deepest, ink.shape[::-1], interpolation=cv2.INTER_LINEAR)
    moved = np.maximum(half - radius * pixels_per_em, 0)
    thin: Bits = ((ink > 0) & (inside > moved)).astype(np.uint8)
    return thin
