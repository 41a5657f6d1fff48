"""GrabCut: for the doubtful band of an outline, and for pictures made to show one thing alone.

Source: Rother, Kolmogorov, Blake, "GrabCut", SIGGRAPH 2004; OpenCV's implementation.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from . import margin_box
from .evidence import Evidence
from .outline import disc, fill_holes, main_parts

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# The band GrabCut decides, as a part of the product's mean diameter.
BAND: Final = 0.03
BAND_ROUNDS: Final = 2


def settle_edge(small: Bytes, mask: Mask, evidence: Evidence) -> Mask:
    """Let GrabCut decide the band along `mask` (H, W) that colour distance leaves open."""
    reach = max(2, round(BAND * float(mask.sum()) ** 0.5))
    solid = mask.astype(np.uint8)
    inside = cv2.erode(solid, disc(reach)).astype(bool)
    reachable = cv2.dilate(solid, disc(reach)).astype(bool)
    sure = mask & (evidence.colour > evidence.high)
    never = ~reachable | ((evidence.backdrop.distance < 0.6 * evidence.low) & ~mask)
    trimap = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[inside | sure] = cv2.GC_FGD
    trimap[never] = cv2.GC_BGD
    left, top, right, bottom = margin_box(reachable, margin=4 * reach)
    window = (slice(top, bottom), slice(left, right))
    settled = np.zeros_like(mask)
    settled[window] = run_grabcut(small[window], trimap[window], BAND_ROUNDS)
    smooth = cv2.medianBlur(settled.astype(np.uint8), 3).astype(bool)
    return main_parts(fill_holes(smooth, evidence))


def run_grabcut(picture: Bytes, trimap: Bytes, rounds: int) -> Mask:
    """Return what is product (H, W); a trimap without both sides is returned as it stands."""
    decided = np.ascontiguousarray(trimap)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    known = np.isin(decided, (cv2.GC_BGD, cv2.GC_PR_BGD))
    if known.any() and not known.all():
        cv2.setRNGSeed(0)
        crop = np.ascontiguousarray(picture)
        mode = cv2.GC_INIT_WITH_MASK
        cv2.grabCut(crop, decided, None, background, foreground, rounds, mode)
    return np.asarray((decided == cv2.GC_FGD) | (decided == cv2.GC_PR_FGD))
