"""The cut-out from colour alone, without any learnt model.

A smooth backdrop is fitted and what it does not explain is the product; where that evidence is
weak, what sharp edges enclose and what GrabCut makes of the whole photo are tried too, and the
outline that the photo supports best is taken.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import NoProductFound

from . import LEAST_AREA, CutOut
from .confidence import (
    Candidate,
    backdrop_candidate,
    closed_candidate,
    whole_photo_candidate,
)
from .evidence import HIGH, Evidence, gather_evidence
from .matte import draw_edge

# Long side of the picture in which the outline is found.
WORK_SIDE: Final = 512
# Confidence from which no second opinion is asked for.
GOOD: Final = 0.75
# Confidence from which the whole photo, the dearest and last opinion, is not asked.
FAIR: Final = 0.6


def cut_out_by_colour(rgb: NDArray[np.uint8]) -> CutOut:
    """Cut the product out of `rgb` (H, W, 3). Raises NoProductFound."""
    scale = min(WORK_SIDE / max(rgb.shape[:2]), 1.0)
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    chosen = find_product(small, gather_evidence(small))
    rgba, box = draw_edge(rgb, chosen.mask)
    return CutOut(rgba, box, chosen.confidence, "colour_model")


def find_product(small: NDArray[np.uint8], evidence: Evidence) -> Candidate:
    """Return the best supported outline in `small` (H, W, 3). Raises NoProductFound."""
    if (evidence.backdrop.distance > HIGH).mean() < LEAST_AREA / 4 and not evidence.edges.any():
        raise NoProductFound("nothing stands out from the backdrop")
    best = backdrop_candidate(small, evidence)
    if best.confidence < GOOD:
        best = max(closed_candidate(small, evidence), best, key=_confidence)
    if best.confidence < FAIR:
        # On equal confidence the whole photo's: it never follows from a backdrop that is none.
        best = max(whole_photo_candidate(small, evidence), best, key=_confidence)
    if best.mask.mean() < LEAST_AREA:
        raise NoProductFound("what stood out was not a solid thing")
    return best


def _confidence(found: Candidate) -> float:
    return found.confidence
