"""How far a cut-out can be trusted: the chance, by the evidence, that its outline is right.

A logistic regression on what `features` measures and on how far hypotheses that fail differently
agree. Fitted by `python -m bench.cutout_fit` on rendered and drawn photos at 320 px, without the
goods that `bench.cutout_photos` holds out; the methods themselves were made with all in view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .features import measure, overlap
from .shadow import shed_shadow

Mask = NDArray[np.bool_]

# What an outline is measured by beyond `features.NAMES`: the best overlap with another hypothesis.
AGREEMENT: Final = "agreement"
# In the order of features.NAMES and AGREEMENT; printed by bench.cutout_fit.
WEIGHTS: Final = np.array(
    (
        3.814,  # edge_agreement
        5.798,  # edge_support
        -3.055,  # edges_beyond
        -10.895,  # border_contact
        -2.656,  # left_out
        0.207,  # plain_surround
        -3.897,  # busyness
        9.103,  # solidity
        -0.946,  # backdrop_spread
        4.362,  # backdrop_coverage
        -1.925,  # raggedness
        2.239,  # agreement
    )
)
BIAS: Final = -21.745
# An outline without its shadow is another one when at least this part of it is gone.
LEAST_SHED: Final = 0.005


@dataclass(frozen=True)
class Candidate:
    """An outline (H, W) at the evidence's size and the chance that it is right, 0..1."""

    mask: Mask
    confidence: float


def variants(mask: Mask, evidence: Evidence) -> list[tuple[Mask, NDArray[np.float64]]]:
    """Return one hypothesis' outline and, if it differs, the one without its shadow; measured."""
    if not mask.any():
        return []
    lit = shed_shadow(mask, evidence)
    shed = (lit != mask).sum() > LEAST_SHED * mask.sum()
    chosen = [mask, lit] if shed else [mask]
    return [(one, measure(one, evidence)) for one in chosen]


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
    return [Candidate(mask, probability(vector)) for mask, vector in vectors(hypotheses)]


def probability(vector: NDArray[np.float64]) -> float:
    """Return the chance that an outline with this evidence is right, 0..1."""
    return float(1 / (1 + np.exp(-np.clip(vector @ WEIGHTS + BIAS, -30, 30))))
