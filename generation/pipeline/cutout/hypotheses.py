"""The outlines a photo may have, each found in a way that fails on other photos than the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .closure import closed_outline, fenced, restore
from .evidence import Evidence
from .grabcut import settle_edge, whole_photo
from .outline import outline
from .shadow import coloured

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def unexplained(small: Bytes, evidence: Evidence) -> Mask:
    """What the backdrop's surfaces do not explain in `small` (H, W, 3)."""
    return _settled(outline(evidence), small, evidence)


def closed_off(small: Bytes, evidence: Evidence) -> Mask:
    """What sharp edges enclose: white on white."""
    body = fenced(evidence)
    if not body.any():
        return body
    mask = closed_outline(evidence, body)
    return restore(settle_edge(small, mask, evidence), body, evidence) if mask.any() else mask


def frame_against_middle(small: Bytes, evidence: Evidence) -> Mask:
    """What GrabCut makes of the whole photo."""
    return _settled(whole_photo(small, evidence), small, evidence)


def shadowless(small: Bytes, evidence: Evidence) -> Mask:
    """What stands out when the photo's shadows, and a table's planks, are taken away."""
    return _settled(coloured(evidence), small, evidence)


# The first two are enough where one of them is sure; the others are asked where neither is.
HYPOTHESES: Final[tuple[Callable[[Bytes, Evidence], Mask], ...]] = (
    unexplained,
    frame_against_middle,
    shadowless,
    closed_off,
)


def _settled(mask: Mask, small: Bytes, evidence: Evidence) -> Mask:
    return settle_edge(small, mask, evidence) if mask.any() else mask
