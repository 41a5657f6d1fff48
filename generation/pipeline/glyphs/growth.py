"""Fatter or thinner letters that stay readable.

Strokes grow into open space, never across a narrow gap; or they shrink to a tube that never breaks.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from skimage.morphology import skeletonize

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

# How far (em) the middle of a stroke is looked for: a little more than a fat stroke's half-width;
# and the share of the resolution at which: widths change slowly.
STROKE_REACH: Final = 0.085
COARSE: Final = 0.25

# Half-width of the bridge over a break in a tube, as a share of the tube's. A neck that breaks in
# the mesh and just holds in the proof differs by no more: at 0.4 the proof refused such syllables.
BRIDGE: Final = 0.3

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
    if _pieces(thin) == _pieces(ink):
        return thin
    # Where a stroke's width changes fast (ㅊ over ㅜ, a solid star) this alone would break.
    return thin | _bridges(ink, thin, BRIDGE * radius * pixels_per_em)


def _pieces(ink: Bits) -> int:
    return int(cv2.connectedComponents(ink, connectivity=8)[0])


def _bridges(ink: Bits, thin: Bits, radius: float) -> Bits:
    """Return the ink within `radius` px of the middle lines that `thin` has lost.

    Those between two of its parts, or touching none: a line into a corner touches one, and would
    be another line in the mesh than in the proof.
    """
    line = skeletonize(ink > 0).astype(np.uint8)  # type: ignore[no-untyped-call]
    parts = cv2.connectedComponents(thin, connectivity=8)[1]
    count, gaps = cv2.connectedComponents(line & (1 - thin), connectivity=8)
    lost = np.zeros(ink.shape, np.uint8)
    for gap in range(1, count):
        here = (gaps == gap).astype(np.uint8)
        around = parts[cv2.dilate(here, np.ones((5, 5), np.uint8)) > 0]
        if len(np.unique(around[around > 0])) != 1:
            lost |= here
    away = cv2.distanceTransform(1 - lost, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray((ink > 0) & (lost.any() & (away <= radius)), np.uint8)
