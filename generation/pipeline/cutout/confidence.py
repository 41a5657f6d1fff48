"""How far a cut-out can be trusted: the chance, by the evidence, that its outline is right.

A logistic regression on what `features` measures and on how far hypotheses that fail differently
agree. Fitted by the method of `python -m bench.cutout_fit` on rendered and drawn photos at the
working size, without the goods that `bench.cutout_photos` holds out, some outlines laid on the
photo's edge and some not; the methods were made with all photos seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .features import NAMES, measure, overlap
from .shadow import Lit, lit_outlines

Mask = NDArray[np.bool_]

# What an outline is measured by: its own features, what of its shadow was decided, and how far the
# other hypotheses agree on average, before a smooth backdrop and in clutter.
MEASURED: Final = (
    *NAMES, "shadow_left", "product_lost", "agreement", "agreement_in_clutter"
)  # fmt: skip
SMOOTHNESS, CONTACT = NAMES.index("smoothness"), NAMES.index("border_contact")
# In the order of MEASURED.
WEIGHTS: Final = np.array(
    (
        2.296,  # edge_support
        -1.140,  # border_contact
        8.800,  # solidity
        0.891,  # plain_surround
        -2.658,  # raggedness
        -4.137,  # smallness
        -1.672,  # edges_beyond
        0.000,  # edges_in_clutter
        -0.940,  # left_out
        1.451,  # learnt
        1.707,  # learnt_in_clutter
        0.000,  # smoothness
        -7.543,  # shadow_left
        -8.457,  # product_lost
        2.792,  # agreement
        0.000,  # agreement_in_clutter
    )
)
BIAS: Final = -10.608
# Log-odds that an outline loses which holds the photo's frame, as the ground does: the photos of
# the fit have goods there and no ground that is taken for one, so this is told and not learnt.
FRAMED: Final = 4.0
# What counts for the chosen outline's confidence: its log-odds, the fourth powers of how far two
# looks from nearby see the same (as it is, and mirrored before a plain backdrop), and how plain it
# is all round: a label on a product that fills the photo is a thing by the rest.
ODDS_COUNT, NEARBY_COUNTS, SURROUND_COUNT = 0.504, (1.455, 2.359), 2.439
CONFIRMED_BIAS: Final = -4.602
# A broken product in an ad costs a merchant this many times what a card for a good one costs; in
# clutter, where nothing tells a neighbour from a part, the chance is as many times less again.
PRUDENCE, IN_CLUTTER = 1.6, 3.0
LEAST_CHANCE: Final = 1e-4
# An outline without its shadow is another one when at least this part of it is gone.
LEAST_SHED: Final = 0.005


@dataclass(frozen=True)
class Candidate:
    """An outline (H, W) at the evidence's size and the chance that it is right, 0..1.

    `agreement`: its overlap with what the other hypotheses have that is most like it, on average,
    0..1. `seen`: what the learnt model sees of it from nearby, (H, W) 0..1, where that is known.
    `chance`, `nearby` and `surround`: what the confidence of a chosen outline was made of.
    """

    mask: Mask
    confidence: float
    agreement: float
    seen: NDArray[np.float32] | None = None
    chance: float = 0.0
    nearby: tuple[float, float] = (1.0, 1.0)
    surround: float = 1.0


def variants(
    mask: Mask, evidence: Evidence, shadows: bool = True
) -> list[tuple[Mask, NDArray[np.float64]]]:
    """Return one outline of a hypothesis and those without its shadow, where they differ; measured.

    Without `shadows` the outline alone: its hypothesis is not deceived by them.
    """
    if not mask.any():
        return []
    outlines = lit_outlines(mask, evidence) if shadows else [Lit(mask)]
    changed = [one for one in outlines[1:] if (one.mask != mask).sum() > LEAST_SHED * mask.sum()]
    return [
        (one.mask, np.array([*measure(one.mask, evidence), one.shadow_left, one.product_lost]))
        for one in (outlines[0], *changed)
    ]


def vectors(
    hypotheses: Sequence[Sequence[tuple[Mask, NDArray[np.float64]]]],
) -> list[tuple[Mask, NDArray[np.float64]]]:
    """Return (outline, all that is known of it) of every variant of the hypotheses."""
    found = []
    for number, own in enumerate(hypotheses):
        others = (*hypotheses[:number], *hypotheses[number + 1 :])
        for mask, measured in own:
            agreement = sum(_nearest(mask, other) for other in others) / max(len(others), 1)
            smooth = measured[SMOOTHNESS]
            both = (smooth * agreement, (1 - smooth) * agreement)
            found.append((mask, np.array([*measured, *both])))
    return found


def _nearest(mask: Mask, outlines: Sequence[tuple[Mask, NDArray[np.float64]]]) -> float:
    return max((overlap(mask, other) for other, _ in outlines), default=0.0)


def judged(
    hypotheses: Sequence[Sequence[tuple[Mask, NDArray[np.float64]]]],
) -> list[Candidate]:
    """Return every variant of the hypotheses with its chance of being right."""
    both = [MEASURED.index(name) for name in ("agreement", "agreement_in_clutter")]
    return [
        Candidate(mask, probability(vector), float(vector[both].sum()))
        for mask, vector in vectors(hypotheses)
    ]


def probability(vector: NDArray[np.float64]) -> float:
    """Return the chance that an outline with this evidence is right, 0..1."""
    odds = vector @ WEIGHTS + BIAS - FRAMED * vector[CONTACT] ** 2
    return _chance(odds)


def confirmed(chance: float, nearby: tuple[float, float], surround: float, smooth: float) -> float:
    """Return the confidence in an outline of that `chance`, 0..1, told prudently.

    `nearby`: how far what the learnt model sees from nearby overlaps it, as it is and mirrored.
    `surround`: how much of what lies round it is plain. `smooth`: the backdrop's smoothness.
    """
    odds = np.log(max(chance, LEAST_CHANCE) / max(1 - chance, LEAST_CHANCE))
    seen = sum(count * each**4 for count, each in zip(NEARBY_COUNTS, nearby, strict=True))
    told = ODDS_COUNT * odds + seen + SURROUND_COUNT * surround + CONFIRMED_BIAS
    return _chance(told - np.log(PRUDENCE) - (1 - smooth) * np.log(IN_CLUTTER))


def _chance(odds: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
