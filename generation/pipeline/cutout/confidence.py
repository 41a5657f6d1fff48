"""How far a cut-out can be trusted: the chance, by the evidence, that its outline is right.

A logistic regression on what `features` measures and on how far hypotheses that fail differently
agree. Fitted by `python -m bench.cutout_fit` on rendered and drawn photos; the goods that
`bench.cutout_photos` holds out were never shown to it.
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

# What an outline is measured by beyond `features.NAMES`.
AGREEMENT_NAMES: Final = ("best_agreement", "second_agreement", "shadow_shed")
# In the order of features.NAMES and AGREEMENT_NAMES; printed by bench.cutout_fit.
WEIGHTS: Final = np.array(
    (
        0.000,  # edge_agreement
        8.055,  # edge_support
        -4.072,  # edges_beyond
        -3.292,  # border_contact
        0.000,  # area
        -0.403,  # left_out
        1.407,  # plain_surround
        0.000,  # colour_overlap
        -6.808,  # busyness
        0.000,  # salient_inside
        0.000,  # salient_ring
        0.000,  # salient_share
        0.000,  # salient_hole
        0.000,  # off_centre
        8.457,  # solidity
        -5.356,  # backdrop_spread
        0.000,  # backdrop_coverage
        -1.730,  # raggedness
        1.527,  # best_agreement
        3.210,  # second_agreement
        0.000,  # shadow_shed
    )
)
BIAS: Final = -18.731


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
    chosen = [mask, lit] if (lit != mask).any() else [mask]
    return [(one, measure(one, evidence)) for one in chosen]


def vectors(
    hypotheses: Sequence[Sequence[tuple[Mask, NDArray[np.float64]]]],
) -> list[tuple[int, Mask, NDArray[np.float64]]]:
    """Return (number of its hypothesis, outline, all that is known of it) of every variant."""
    found = []
    for number, own in enumerate(hypotheses):
        others = [group for index, group in enumerate(hypotheses) if index != number and group]
        for shed, (mask, measured) in enumerate(own):
            agreement = sorted(max(overlap(mask, other) for other, _ in group) for group in others)
            second, best = ([0.0, 0.0, *agreement])[-2:]
            found.append((number, mask, np.array([*measured, best, second, float(shed)])))
    return found


def judged(
    hypotheses: Sequence[Sequence[tuple[Mask, NDArray[np.float64]]]],
) -> list[Candidate]:
    """Return every variant of the hypotheses with its chance of being right."""
    return [Candidate(mask, probability(vector)) for _, mask, vector in vectors(hypotheses)]


def probability(vector: NDArray[np.float64]) -> float:
    """Return the chance that an outline with this evidence is right, 0..1."""
    return float(1 / (1 + np.exp(-np.clip(vector @ WEIGHTS + BIAS, -30, 30))))
