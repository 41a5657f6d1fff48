"""Which outline of a photo is taken, and what completes it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .confidence import Candidate, confirmed, judged, variants
from .evidence import Evidence
from .features import overlap, plain_surround, smoothness
from .glass import with_clear_part
from .hypotheses import Hypothesis, first_hypotheses, later_hypotheses, made_out
from .left_out import with_left_out, with_seen

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
# An outline (H, W) and what is measured of it.
Measured = tuple[Mask, NDArray[np.float64]]

# The later hypotheses are asked only where the best of the first is less sure than this, or they
# overlap less.
SURE, AGREED = 0.79, 0.95
# Parts are taken over from outlines that are at least this part as sure as the best one.
LIKELY: Final = 0.5
# What the learnt model sees from nearby is drawn finer, and taken if it is nearly as sure.
FINER: Final = 0.8
# Outlines that overlap as much are one, and vote on where it runs.
ALIKE: Final = 0.9
# Where there is no nearer look, it says as much as one that overlaps the outline so far.
UNSEEN: Final = 0.9
# The rim of what is voted for is rounded over this many px.
ROUNDED: Final = 1.0


@dataclass
class Choice:
    """The outlines of a `small` picture (H, W, 3), and the best of them."""

    small: Bytes
    evidence: Evidence
    hypotheses: list[Hypothesis] = field(default_factory=list)
    found: list[list[Measured]] = field(default_factory=list)
    doubted: bool = False

    def made(self) -> Candidate | None:
        """Return the best outline, completed, with its confidence; None where there is none."""
        candidates = self._ask(first_hypotheses(self.small, self.evidence))
        best = max(candidates, key=_confidence, default=None)
        self.doubted = best is None or best.confidence < SURE or best.agreement < AGREED
        if self.doubted:
            candidates = self._ask(later_hypotheses(self.small, self.evidence))
            best = max(candidates, key=_confidence, default=None)
        return best and self._confirmed(self._completed(best, candidates))

    def _ask(self, hypotheses: list[Hypothesis]) -> list[Candidate]:
        self.hypotheses += hypotheses
        with ThreadPoolExecutor(2) as together:
            self.found += together.map(lambda one: measured(one, self.evidence), hypotheses)
        return judged(self.found)

    def _completed(self, best: Candidate, candidates: Sequence[Candidate]) -> Candidate:
        """Return the best outline with the parts that others have and it left out."""
        likely = [one for one in candidates if one.confidence > LIKELY * best.confidence]
        others = [one.mask for one in likely]
        learnt = [mask for one in self.hypotheses if one.learnt for mask in one.masks]
        seen = [mask for mask in learnt if any(mask is other for other in others)]
        whole = with_seen(voted(best, likely), seen, self.evidence)
        return self._rejudged(best, with_left_out(whole, others, self.evidence))

    def _confirmed(self, best: Candidate) -> Candidate:
        """Return the best outline as it is seen from nearby, with the confidence that is left."""
        finer, nearby = self._from_nearby(best)
        whole = with_clear_part(best.mask, self.evidence)
        # The learnt model does not see clear glass: it has nothing to say of its edge.
        clear = bool((whole != best.mask).any())
        best = self._rejudged(best, whole) if clear else finer
        openings = [_openings(mask) for mask, _ in self.found[0]]
        mask = best.mask & ~openings[0] if openings else best.mask
        surround, smooth = plain_surround(mask, self.evidence), smoothness(self.evidence)
        told = confirmed(best.confidence, nearby, surround, smooth)
        return replace(
            best,
            mask=mask,
            confidence=told,
            chance=best.confidence,
            nearby=nearby,
            surround=surround,
        )

    def _from_nearby(self, best: Candidate) -> tuple[Candidate, tuple[float, float]]:
        """Return the best outline as it is seen from nearby, if that is the same product, and how
        far two such looks overlap it.
        """
        seen, mirrored = self._looks(best.mask)
        if seen is None or mirrored is None:
            return best, (UNSEEN, UNSEEN)
        mask = made_out(seen, self.evidence)
        alike = overlap(mask, best.mask)
        again = overlap(made_out(mirrored, self.evidence), best.mask)
        if alike < ALIKE:
            return best, (alike, again)
        finer = self._rejudged(best, mask)
        finest = finer if finer.confidence > FINER * best.confidence else best
        return replace(finest, seen=seen), (alike, again)

    def _looks(self, mask: Mask) -> tuple[Floats | None, Floats | None]:
        """Return two looks from nearby: in doubt both afresh, as it is and mirrored."""
        near = self.evidence.near
        if not self.doubted:
            seen = near.at(mask)
            return seen, seen
        with ThreadPoolExecutor(1) as aside:
            mirrored = aside.submit(self.evidence.again.at, mask, afresh=True)
            return near.at(mask, afresh=True), mirrored.result()

    def _rejudged(self, best: Candidate, whole: Mask) -> Candidate:
        """Return the best outline with what completes it, judged anew, or as it is."""
        if (whole == best.mask).all():
            return best
        return judged([*self.found, variants(whole, self.evidence)[:1]])[-1]


def measured(hypothesis: Hypothesis, evidence: Evidence) -> list[Measured]:
    """Return every outline of a hypothesis, with and without its shadow, and its evidence."""
    return [
        one
        for mask in hypothesis.masks
        for one in variants(mask, evidence, shadows=hypothesis.shaded)
    ]


def _confidence(found: Candidate) -> float:
    return found.confidence


def voted(best: Candidate, likely: Sequence[Candidate]) -> Mask:
    """Return what most of the outlines like the best one hold, by their confidence: (H, W).

    Each bites its own piece out of a rim, or takes its own along.
    """
    alike = [one for one in likely if overlap(one.mask, best.mask) >= ALIKE]
    votes = np.sum([one.confidence * one.mask for one in alike], axis=0, dtype=np.float32)
    votes = cv2.GaussianBlur(votes, (0, 0), ROUNDED)
    voted = votes > 0.5 * sum(one.confidence for one in alike)
    return voted if len(alike) > 2 else best.mask


def _openings(mask: Mask) -> Mask:
    """Return what `mask` (H, W) encloses: GrabCut takes a handle's opening for product."""
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(mask.shape, np.uint8), lines, -1, 1, cv2.FILLED)
    return np.asarray((filled > 0) & ~mask)
