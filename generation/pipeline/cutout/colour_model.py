"""The cut-out from colour and edges alone, without any learnt picture model.

Several hypotheses about the outline are made, each blind in another way, and the one that the
photo supports best is taken with the chance that it is right.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import NoProductFound

from . import LEAST_AREA, CutOut, working_scale
from .confidence import Candidate, judged, variants
from .evidence import HIGH, Evidence, gather_evidence
from .hypotheses import HYPOTHESES
from .matte import draw_edge

# The outline is found in a picture with the area of a square of this side.
WORK_SIDE: Final = 320
# After this many hypotheses the rest are asked only where the best is less sure than this.
FIRST_ASKED: Final = 3
SURE: Final = 0.85


def cut_out_by_colour(rgb: NDArray[np.uint8]) -> CutOut:
    """Cut the product out of `rgb` (H, W, 3). Raises NoProductFound."""
    scale = working_scale(rgb.shape, WORK_SIDE)
    size = (max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    chosen = find_product(small, gather_evidence(small))
    rgba, box = draw_edge(rgb, chosen.mask)
    return CutOut(rgba, box, chosen.confidence, "colour_model")


def find_product(small: NDArray[np.uint8], evidence: Evidence) -> Candidate:
    """Return the best supported outline in `small` (H, W, 3). Raises NoProductFound."""
    if (evidence.backdrop.distance > HIGH).mean() < LEAST_AREA / 4 and not evidence.edges.any():
        raise NoProductFound("nothing stands out from the backdrop")
    found: list[list[tuple[NDArray[np.bool_], NDArray[np.float64]]]] = []
    best: Candidate | None = None
    for hypothesis in HYPOTHESES:
        found.append(variants(hypothesis(small, evidence), evidence))
        if len(found) < FIRST_ASKED:
            continue
        best = max(judged(found), key=_confidence, default=None)
        if best is not None and best.confidence >= SURE:
            break
    if best is None or best.mask.mean() < LEAST_AREA:
        raise NoProductFound("what stood out was not a solid thing")
    return best


def _confidence(found: Candidate) -> float:
    return found.confidence
