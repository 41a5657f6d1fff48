"""What stands out as a whole thing: regions that some threshold closes off from the frame.

Source: Zhang and Sclaroff, "Saliency detection: a Boolean map approach", ICCV 2013. It asks nothing
smooth of the backdrop: planks and a horizon run to the frame, a product does not.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from . import working_scale

Floats = NDArray[np.float32]

# Side of the square with the area of the picture that is thresholded: shapes, not details.
SIDE: Final = 200
# Steps between thresholds, Lab; more of them than the noise after blurring.
STEP: Final = 3.0
# Hue tells a thing from its shadow: a and b count this many times as much as lightness.
HUE_WEIGHT: Final = 1.6
# Closed-off regions smaller than this part of the photo are specks.
LEAST_REGION: Final = 0.002


def surroundedness(lab: Floats) -> Floats:
    """Return how often a pixel of `lab` (H, W, 3) lies in a closed-off region; (H, W), 0..1."""
    scale = working_scale(lab.shape, SIDE)
    small = cv2.resize(lab, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 1.0)
    total = np.zeros(small.shape[:2], np.float32)
    for channel, weight in zip(cv2.split(small), (1.0, HUE_WEIGHT, HUE_WEIGHT), strict=True):
        low, high = np.percentile(channel, (0.5, 99.5))
        for threshold in np.arange(low + STEP / 2, high, STEP):
            above = np.asarray(channel > threshold)
            total += weight * (_closed_off(above) + _closed_off(~above))
    top = float(np.percentile(total, 99.5))
    spread = np.asarray(cv2.resize(total / max(top, 1e-6), lab.shape[1::-1]), np.float32)
    return np.asarray(np.clip(spread, 0, 1), np.float32)


def _closed_off(region: NDArray[np.bool_]) -> Floats:
    """Return 1 where `region` (H, W) does not reach the frame, else 0."""
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), None, 4)
    height, width = region.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    inside = (left > 0) & (top > 0)
    inside &= left + stats[:, cv2.CC_STAT_WIDTH] < width
    inside &= top + stats[:, cv2.CC_STAT_HEIGHT] < height
    inside &= stats[:, cv2.CC_STAT_AREA] > LEAST_REGION * region.size
    inside[0] = False
    return inside.astype(np.float32)[numbers] if count else np.zeros(region.shape, np.float32)
