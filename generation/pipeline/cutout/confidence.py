"""How far a cut-out can be trusted: the chance, by the evidence, that its outline is right.

A logistic regression on what `features` measures and on how far hypotheses that fail differently
agree. Fitted by `python -m bench.cutout_fit` on rendered and drawn photos at the working size,
without the goods that `bench.cutout_photos` holds out; the methods were made with all in view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .features import NAMES, measure, overlap
from .shadow import lit_outlines

Mask = NDArray[np.bool_]

# What an outline is measured by: its own features, what of its shadow was decided, and the best
# overlap with another hypothesis.
MEASURED: Final = (*NAMES, "shadow_left", "product_lost", "agreement")
# In the order of MEASURED; printed by bench.cutout_fit.
WEIGHTS: Final = np.array(
    (
        2.984,  # edge_agreement
        4.185,  # edge_support
        -2.876,  # edges_beyond
        -13.514,  # border_contact
        -3.735,  # left_out
        3.013,  # plain_surround
        -5.741,  # busyness
        8.609,  # solidity
        -0.689,  # backdrop_spread
        5.206,  # backdrop_coverage
        -1.822,  # raggedness
        -3.155,  # smallness
        -3.654,  # shadow_left
        -3.780,  # product_lost
        2.186,  # agreement
    )
)
BIAS: Final = -21.712
# An outline without its shadow is another one when at least this part of it is gone.
LEAST_SHED: Final = 0.005


@dataclass(frozen=True)
class Candidate:
    """An outline (H, W) at the evidence's size and the chance that it is right, 0..1.

    `edges_beyond`: how much sharp edge it leaves unexplained, as `features` measures it.
    """

    mask: Mask
    confidence: float
    edges_beyond: float


def variants(mask: Mask, evidence: Evidence) -> list[tuple[Mask, NDArray[np.float64]]]:
    """Return one hypothesis' outline and those without its shadow, where they differ; measured."""
    if not mask.any():
        return []
    outlines = lit_outlines(mask, evidence)
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
            found.append((mask, np.array([*measured, agreement])))
    return found


def judged(
    hypotheses: Sequence[Sequence[tuple[Mask, NDArray[np.float64]]]],
) -> list[Candidate]:
    """Return every variant of the hypotheses with its chance of being right."""
    beyond = MEASURED.index("edges_beyond")
    return [
        Candidate(mask, probability(vector), float(vector[beyond]))
        for mask, vector in vectors(hypotheses)
    ]


def probability(vector: NDArray[np.float64]) -> float:
    """Return the chance that an outline with this evidence is right, 0..1."""
    return float(1 / (1 + np.exp(-np.clip(vector @ WEIGHTS + BIAS, -30, 30))))
