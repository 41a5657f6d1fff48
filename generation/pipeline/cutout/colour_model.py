"""The embedded cut-out: from colour, edges and a small learnt model that is carried along.

Several hypotheses about the outline are made, each blind in another way, and the one that the
photo supports best is taken with the chance that it is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import NoProductFound

from . import LEAST_AREA, CutOut, working_scale
from .confidence import Candidate, judged, variants
from .evidence import HIGH, Evidence, gather_evidence
from .features import overlap
from .glass import with_clear_part
from .hypotheses import HYPOTHESES, LEARNT, WITH_SHADOWS, Hypothesis
from .left_out import with_left_out, with_seen
from .matte import draw_edge
from .snap import FINE_SIDE, coverage, growth, resized, snapped

# An outline (H, W) and what is measured of it.
Measured = tuple[NDArray[np.bool_], NDArray[np.float64]]

# The outline is found in a picture with the area of a square of this side.
WORK_SIDE: Final = 400
# After this many hypotheses the rest are asked only where the best is less sure than this, or
# overlaps with no other one as much.
FIRST_ASKED: Final = 2
SURE, AGREED = 0.65, 0.95
# Parts are taken over from outlines that are at least this part as sure as the best one.
LIKELY: Final = 0.5
# Outlines that overlap as much are one, and vote on where it runs.
ALIKE: Final = 0.9


def cut_out_by_colour(rgb: NDArray[np.uint8]) -> CutOut:
    """Cut the product out of `rgb` (H, W, 3). Raises NoProductFound."""
    fine = shrunk(rgb, FINE_SIDE)
    small = shrunk(fine, WORK_SIDE)
    chosen = find_product(small, gather_evidence(small))
    lines = [line * growth(fine, rgb) for line in snapped(fine, chosen.mask)]
    rgba, box = draw_edge(rgb, coverage(lines, rgb.shape[:2]))
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
    for hypothesis, mask in _asked(small, evidence):
        found.append(variants(mask, evidence, shadows=hypothesis in WITH_SHADOWS))
        if len(found) < FIRST_ASKED:
            continue
        candidates = judged(found)
        best = max(candidates, key=_confidence, default=None)
        if best is not None and best.confidence >= SURE and best.agreement >= AGREED:
            break
    if best is None or best.mask.mean() < LEAST_AREA:
        raise NoProductFound("what stood out was not a solid thing")
    likely = [one for one in candidates if one.confidence > LIKELY * best.confidence]
    best = _rejudged(best, voted(best, likely), found, evidence)
    others = [one.mask for one in likely]
    seen = [own[0][0] for ask, own in zip(HYPOTHESES, found, strict=False) if own and ask in LEARNT]
    seen = [mask for mask in seen if any(mask is other for other in others)]
    best = _rejudged(best, with_seen(best.mask, seen, evidence), found, evidence)
    best = _rejudged(best, with_left_out(best.mask, others, evidence), found, evidence)
    best = _rejudged(best, with_clear_part(best.mask, evidence), found, evidence)
    openings = [_openings(mask) for mask, _ in found[0]]
    mask = best.mask & ~openings[0] if openings else best.mask
    return replace(best, mask=mask)


def _asked(
    small: NDArray[np.uint8], evidence: Evidence
) -> Iterator[tuple[Hypothesis, NDArray[np.bool_]]]:
    """Yield the hypotheses with their outlines; the first while the learnt model still looks, the
    later ones, if it comes to them, made at the same time.
    """
    for hypothesis in HYPOTHESES[:FIRST_ASKED]:
        yield hypothesis, hypothesis(small, evidence)
    later = HYPOTHESES[FIRST_ASKED:]
    with ThreadPoolExecutor(len(later)) as together:
        masks = list(together.map(lambda ask: ask(small, evidence), later))
    yield from zip(later, masks, strict=True)


def _confidence(found: Candidate) -> float:
    return found.confidence


def voted(best: Candidate, likely: Sequence[Candidate]) -> NDArray[np.bool_]:
    """Return what most of the outlines like the best one hold, by their confidence: (H, W).

    Each bites its own piece out of a rim, or takes its own along.
    """
    alike = [one for one in likely if overlap(one.mask, best.mask) >= ALIKE]
    votes = np.sum([one.confidence * one.mask for one in alike], axis=0)
    voted = votes > 0.5 * sum(one.confidence for one in alike)
    return voted if len(alike) > 2 else best.mask


def _rejudged(
    best: Candidate, whole: NDArray[np.bool_], found: list[list[Measured]], evidence: Evidence
) -> Candidate:
    """Return the best outline with what completes it, judged anew, or as it is."""
    if (whole == best.mask).all():
        return best
    return judged([*found, variants(whole, evidence)[:1]])[-1]


def _openings(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what `mask` (H, W) encloses: GrabCut takes a handle's opening for product."""
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(mask.shape, np.uint8), lines, -1, 1, cv2.FILLED)
    return np.asarray((filled > 0) & ~mask)
