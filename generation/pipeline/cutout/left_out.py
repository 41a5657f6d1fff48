"""The parts that an outline leaves out though the photo closes them off: a cup's foot, a bowl's.

The learnt model gives up a foot of the ground's colour; another outline may have it. Before a
smooth backdrop what is product there has a sharp outer edge, and a shadow has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .backdrop import LEAST_COVERAGE
from .evidence import Evidence
from .outline import EDGE_REACH, disc, fill_holes

Mask = NDArray[np.bool_]

# A piece is product when this part of its outer side is a sharp edge.
OUTLINED: Final = 0.7
# Pieces smaller than this part of the product are the width of an edge, larger than that its shadow
# or a neighbour.
LEAST_PIECE, MOST_PIECE = 0.004, 0.2
# A larger piece that the learnt model sees needs no edge where the ground is not dimmed by more
# than this (Lab): there it is no shadow.
SEEN_PIECE, DIMMED = 0.02, 3.0


def with_seen(mask: Mask, seen: Iterable[Mask], evidence: Evidence) -> Mask:
    """Return `mask` (H, W), not empty, with what else the learnt model has `seen` and is as light
    as the ground: a white cup's foot before white shows no edge to close it off.
    """
    whole = mask.copy()
    if evidence.backdrop.coverage < LEAST_COVERAGE:
        return whole
    lighter = evidence.lab[..., 0] - evidence.backdrop.lab[..., 0]
    for other in seen:
        pieces = cv2.morphologyEx((other & ~mask).astype(np.uint8), cv2.MORPH_OPEN, disc(2))
        count, numbers, stats, _ = cv2.connectedComponentsWithStats(pieces)
        for number in range(1, count):
            piece = numbers == number
            large = stats[number, cv2.CC_STAT_AREA] >= SEEN_PIECE * mask.sum()
            if large and np.median(lighter[piece]) > -DIMMED:
                whole |= piece
    closed = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_CLOSE, disc(2)).astype(bool)
    return np.asarray(closed if (whole != mask).any() else mask)


def with_left_out(mask: Mask, others: Iterable[Mask], evidence: Evidence) -> Mask:
    """Return `mask` (H, W), not empty, with the pieces of `others` that sharp edges close off."""
    if evidence.backdrop.coverage < LEAST_COVERAGE:
        return mask
    on_edge = cv2.dilate(evidence.edges.astype(np.uint8), disc(EDGE_REACH)).astype(bool)
    whole = mask.copy()
    for other in others:
        pieces = cv2.morphologyEx((other & ~mask).astype(np.uint8), cv2.MORPH_OPEN, disc(2))
        count, numbers, stats, _ = cv2.connectedComponentsWithStats(pieces)
        outside = cv2.dilate((~other & ~mask).astype(np.uint8), disc(2)).astype(bool)
        for number in range(1, count):
            side = (numbers == number) & outside
            part = stats[number, cv2.CC_STAT_AREA] / mask.sum()
            if not LEAST_PIECE <= part <= MOST_PIECE or not side.any():
                continue
            if (side & on_edge).sum() > OUTLINED * side.sum():
                whole |= numbers == number
    if (whole == mask).all():
        return mask
    closed = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_CLOSE, disc(2)).astype(bool)
    # Holes of the outline stay as they were judged.
    return np.asarray(whole | (fill_holes(closed, evidence) & closed))
