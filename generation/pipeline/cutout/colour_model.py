"""The embedded cut-out: from colour, edges and a small learnt model that is carried along.

Several hypotheses about the outline are made, each blind in another way, and the one that the
photo supports best is taken with the chance that it is right.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import NoProductFound

from . import LEAST_AREA, CutOut, working_scale
from .choice import Choice
from .confidence import Candidate
from .evidence import HIGH, Evidence, gather_evidence
from .matte import draw_edge
from .snap import FINE_SIDE, coverage, growth, resized, snapped

# The outline is found in a picture with the area of a square of this side.
WORK_SIDE: Final = 400


def cut_out_by_colour(rgb: NDArray[np.uint8]) -> CutOut:
    """Cut the product out of `rgb` (H, W, 3). Raises NoProductFound."""
    fine = shrunk(rgb, FINE_SIDE)
    small = shrunk(fine, WORK_SIDE)
    chosen = find_product(small, gather_evidence(small, fine))
    lines = [line * growth(fine, rgb) for line in snapped(fine, chosen.mask, chosen.seen)]
    rgba, box = draw_edge(rgb, coverage(lines, rgb.shape[:2]))
    return CutOut(rgba, box, chosen.confidence, "colour_model")


def shrunk(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return `rgb` (H, W, 3) with at most the area of a square of `side` px."""
    return resized(rgb, working_scale(rgb.shape, side))


def find_product(small: NDArray[np.uint8], evidence: Evidence) -> Candidate:
    """Return the best supported outline in `small` (H, W, 3). Raises NoProductFound."""
    if (evidence.backdrop.distance > HIGH).mean() < LEAST_AREA / 4 and not evidence.edges.any():
        raise NoProductFound("nothing stands out from the backdrop")
    best = Choice(small, evidence).made()
    if best is None or best.mask.mean() < LEAST_AREA:
        raise NoProductFound("what stood out was not a solid thing")
    return best
