"""The cut-out from colour and edges alone, without any learnt picture model.

Several hypotheses about the outline are made, each blind in another way, and the one that the
photo supports best is taken with the chance that it is right.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import NoProductFound

from . import LEAST_AREA, CutOut, working_scale
from .confidence import Candidate, judged, variants
from .evidence import HIGH, Evidence, gather_evidence
from .glass import with_clear_part
from .hypotheses import HYPOTHESES
from .matte import draw_edge
from .snap import coverage, resized, snapped

# An outline (H, W) and what is measured of it.
Measured = tuple[NDArray[np.bool_], NDArray[np.float64]]

# The outline is found in a picture with the area of a square of this side.
WORK_SIDE: Final = 400
# After this many hypotheses the rest are asked only where the best is less sure than this.
FIRST_ASKED: Final = 2
SURE: Final = 0.85
# An outline that holds this part of the best one, and is larger by this much, is taken instead
# when it is nearly as sure, or when it explains so much more of the sharp edges and is not much
# less sure: edges close it off, and the best one left out a white cup's foot.
HOLDS, LARGER, NEARLY = 0.97, 1.05, 0.8
EXPLAINS, NOT_MUCH_LESS = 0.2, 0.4


def cut_out_by_colour(rgb: NDArray[np.uint8]) -> CutOut:
    """Cut the product out of `rgb` (H, W, 3). Raises NoProductFound."""
    small = shrunk(rgb, WORK_SIDE)
    chosen = find_product(small, gather_evidence(small))
    rgba, box = draw_edge(rgb, coverage(snapped(rgb, chosen.mask), rgb.shape[:2]))
    return CutOut(rgba, box, chosen.confidence, "colour_model")


def shrunk(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return `rgb` (H, W, 3) with at most the area of a square of `side` px."""
    return resized(rgb, working_scale(rgb.shape, side))


def find_product(small: NDArray[np.uint8], evidence: Evidence) -> Candidate:
    """Return the best supported outline in `small` (H, W, 3). Raises NoProductFound."""
    if (evidence.backdrop.distance > HIGH).mean() < LEAST_AREA / 4 and not evidence.edges.any():
        raise NoProductFound("nothing stands out from the backdrop")
    found: list[list[Measured]] = []
    best: Candidate | None = None
    candidates: list[Candidate] = []
    for hypothesis in HYPOTHESES:
        found.append(variants(hypothesis(small, evidence), evidence))
        if len(found) < FIRST_ASKED:
            continue
        candidates = judged(found)
        best = max(candidates, key=_confidence, default=None)
        if best is not None and best.confidence >= SURE:
            break
    else:
        best = _whole(best, candidates[-len(found[-1]) :] if found[-1] else [])
    if best is None or best.mask.mean() < LEAST_AREA:
        raise NoProductFound("what stood out was not a solid thing")
    best = _with_clear_part(best, found, evidence)
    openings = [_openings(mask) for mask, _ in found[0]]
    mask = best.mask & ~openings[0] if openings else best.mask
    return replace(best, mask=mask)


def _confidence(found: Candidate) -> float:
    return found.confidence


def _whole(best: Candidate | None, closed_off: list[Candidate]) -> Candidate | None:
    """Return the closed off outline that the best one is only a part of, or the best one."""
    for one in closed_off:
        if best is None:
            continue
        explains = best.edges_beyond - one.edges_beyond > EXPLAINS
        if one.confidence < (NOT_MUCH_LESS if explains else NEARLY) * best.confidence:
            continue
        held, grown = (one.mask & best.mask).sum() / best.mask.sum(), one.mask.sum()
        if held > HOLDS and grown > LARGER * best.mask.sum():
            return one
    return best


def _with_clear_part(best: Candidate, found: list[list[Measured]], evidence: Evidence) -> Candidate:
    """Return the outline with the clear glass above it, judged anew, or as it is."""
    whole = with_clear_part(best.mask, evidence)
    if not (whole & ~best.mask).any():
        return best
    return judged([*found, variants(whole, evidence)[:1]])[-1]


def _openings(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what `mask` (H, W) encloses: GrabCut takes a handle's opening for product."""
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(mask.shape, np.uint8), lines, -1, 1, cv2.FILLED)
    return np.asarray((filled > 0) & ~mask)
