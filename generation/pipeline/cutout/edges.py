"""Where a photo steps sharply: outlines and prints, told from the soft edges of shadows."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .backdrop import border_pixels

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# An edge: a step of this much Lab over 3 px, and this many times the border's own 95th percentile.
LEAST_STEP: Final = 1.4
ABOVE_BORDER: Final = 1.25
# Noise is averaged over this many px (sigma) first.
QUIET: Final = 0.8
# The part of the 9 px step that lies within 3 px: along an edge, and somewhere on it. The edge of
# a soft shadow stays below.
ALONG, SOMEWHERE = 0.3, 0.45
# A horizon may be out of its modelled place by this many px.
JOINT_REACH: Final = 8


def sharp_edges(lab: Floats, coloured: Mask) -> Mask:
    """Return the sharp edges of `lab` (H, W, 3), thresholds raised to the border's own unrest.

    Where `coloured` (H, W) no shadow is possible, and a soft edge counts too.
    """
    quiet = cv2.GaussianBlur(lab, (0, 0), QUIET)
    near, wide = _steps(quiet, 3), _steps(quiet, 9)
    border = float(np.percentile(near[border_pixels(*near.shape)], 95))
    least = max(LEAST_STEP, ABOVE_BORDER * border)
    weak = (near > least) & ((near > ALONG * wide) | coloured)
    strong = weak & (near > 2 * least) & ((near > SOMEWHERE * wide) | coloured)
    count, lines = cv2.connectedComponents(weak.astype(np.uint8))
    keep = np.zeros(count, bool)
    keep[np.unique(lines[strong])] = True
    keep[0] = False
    return np.asarray(keep[lines])


def joints(backdrop: Floats) -> Mask:
    """Return where the surfaces of a backdrop (H, W, 3) meet, widely (H, W)."""
    step = (_steps(backdrop, 3) > LEAST_STEP).astype(np.uint8)
    size = 2 * JOINT_REACH + 1
    return np.asarray(cv2.dilate(step, np.ones((size, size), np.uint8)).astype(bool))


def _steps(lab: Floats, side: int) -> Floats:
    """Return how far the colour ranges within `side` px (H, W), Lab."""
    kernel = np.ones((side, side), np.uint8)
    ranges = cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, kernel)
    return np.asarray(np.linalg.norm(ranges, axis=2), np.float32)
