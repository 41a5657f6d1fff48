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
# right angle, 0 half-way between parallel strokes; under this it is a gap's middle line.
MIDDLE_SLOPE: Final = 0.45

# Blur (em) of the distance before its slope is taken: the pixel grid's own facets vanish.
SLOPE_BLUR: Final = 0.004


def grown(ink: Bits, pixels_per_em: float, swell: float) -> Bits:
    """Return `ink` (H, W), 0 or 1, with its strokes up to `swell` em wider on each side.

    An edge moves by `swell` in open space; between two strokes it moves by SHARE_OF_GAP of the way
    to their middle line. Both distances are continuous, so the new outline is as smooth as the old
    one. The caller pads `ink` by more than `swell`.
    """
    if swell <= 0:
        return ink
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
