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

# What an outline is measured by: its own features, what of its shadow was decided, and the best
# overlap with another hypothesis, before a smooth backdrop and in clutter.
MEASURED: Final = (
    *NAMES, "shadow_left", "product_lost", "agreement", "agreement_in_clutter"
)  # fmt: skip
SMOOTHNESS, CONTACT = NAMES.index("smoothness"), NAMES.index("border_contact")
# In the order of MEASURED.
WEIGHTS: Final = np.array(
    (
        2.217,  # edge_support
        0.000,  # border_contact
        7.590,  # solidity
        4.719,  # plain_surround
        -2.359,  # raggedness
        -3.402,  # smallness
        -1.362,  # edges_beyond
        -0.184,  # edges_in_clutter
        -0.697,  # left_out
        3.707,  # learnt
        3.094,  # learnt_in_clutter
        0.000,  # smoothness
        -7.738,  # shadow_left
        -4.475,  # product_lost
        2.080,  # agreement
        0.000,  # agreement_in_clutter
    )
)
BIAS: Final = -15.190
# A broken product in an ad costs a merchant this many times what a card for a good one costs; in
# clutter, where nothing tells a neighbour from a part, the chance is as many times less again.
PRUDENCE, IN_CLUTTER = 1.6, 2.0
# Log-odds that an outline loses which holds the photo's frame, as the ground does: the photos of
# the fit have goods there and no ground that is taken for one, so this is told and not learnt.
FRAMED: Final = 4.0
# An outline without its shadow is another one when at least this part of it is gone.
LEAST_SHED: Final = 0.005


@dataclass(frozen=True)
class Candidate:
    """An outline (H, W) at the evidence's size and the chance that it is right, 0..1.

    `agreement`: its best overlap with the outline of another hypothesis, 0..1.
    """

    mask: Mask
    confidence: float
    agreement: float


def variants(
    mask: Mask, evidence: Evidence, shadows: bool = True
) -> list[tuple[Mask, NDArray[np.float64]]]:
    """Return one hypothesis' outline and those without its shadow, where they differ; measured.

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
        others = [
            one for other in (*hypotheses[:number], *hypotheses[number + 1 :]) for one in other
        ]
        for mask, measured in own:
            agreement = max((overlap(mask, other) for other, _ in others), default=0.0)
            smooth = measured[SMOOTHNESS]
            both = (smooth * agreement, (1 - smooth) * agreement)
            found.append((mask, np.array([*measured, *both])))
    return found


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
    """Return the chance that an outline with this evidence is right, 0..1, told prudently."""
    clutter = 1 - vector[SMOOTHNESS]
    odds = vector @ WEIGHTS + BIAS - np.log(PRUDENCE) - clutter * np.log(IN_CLUTTER)
    odds -= FRAMED * vector[CONTACT] ** 2
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
