"""GrabCut, twice: for the doubtful band of an outline, and for a whole photo as a last resort.

Source: Rother, Kolmogorov, Blake, "GrabCut", SIGGRAPH 2004; OpenCV's implementation.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from . import margin_box, working_scale
from .evidence import Evidence
from .outline import disc, fill_holes, main_parts

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# The band GrabCut decides, as a part of the product's mean diameter.
BAND: Final = 0.03
BAND_ROUNDS: Final = 2
# A whole photo is first cut at the area of a square of this side: the colours need no more.
WHOLE_SIDE: Final = 224
WHOLE_ROUNDS: Final = 5
# The frame that is taken for backdrop, and the half axes of the ellipse taken for product, as
# parts of the photo's sides: merchants put the product in the middle.
FRAME: Final = 0.03
MIDDLE: Final = 0.3


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


def whole_photo(small: Bytes, evidence: Evidence, middle: float = MIDDLE) -> Mask:
    """Cut a photo whose backdrop is no smooth surface: frame against middle. (H, W)."""
    height, width = small.shape[:2]
    scale = working_scale(small.shape, WHOLE_SIDE)
    tiny = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    y, x = (np.linspace(-0.5, 0.5, n) for n in tiny.shape[:2])
    central = (x[None] / middle) ** 2 + (y[:, None] / middle) ** 2 < 1
    far = cv2.resize(evidence.backdrop.distance, tiny.shape[1::-1], interpolation=cv2.INTER_AREA)
    trimap = np.where(central | (far > evidence.high), cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    frame = np.maximum(np.abs(x[None]), np.abs(y[:, None])) > 0.5 - FRAME
    trimap[frame] = cv2.GC_BGD
    rough = run_grabcut(tiny, trimap.astype(np.uint8), WHOLE_ROUNDS)
    grown = cv2.resize(rough.astype(np.float32), (width, height)) > 0.5
    opened = cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_OPEN, disc(3)).astype(bool)
    return main_parts(fill_holes(opened, evidence)) if opened.any() else opened


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
