"""The product's outline where its colour is nearly the backdrop's: a white cup on a white table.

Every sharp edge of the photo is a fence, gaps are too narrow to pass, and what cannot be reached
from the frame is the product. GrabCut on the magnified difference from the backdrop then settles
its outline: there a difference of two Lab units is as plain as one of twenty in the photo.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .grabcut import run_grabcut
from .outline import EDGE_REACH, disc, fill_holes, main_parts

Mask = NDArray[np.bool_]

# Openings narrower than twice this many px are gaps of the fence.
GAP: Final = 8
# Spurs that the gap closing leaves on a horizon are thinner than twice this many px.
SPUR: Final = 4
# Beyond this many px from the convex hull of the fenced part nothing is product.
BEYOND: Final = 12
# This deep inside, in px, what differs from the backdrop is product.
DEEP: Final = 5
# 8-bit steps per Lab unit of difference; a restless backdrop is magnified less.
GAIN: Final = 8.0
CALM: Final = 0.8
ROUNDS: Final = 3
# A fenced piece that GrabCut gave up is product when this part of its outer side is a sharp edge.
OUTLINED: Final = 0.6
# Pieces smaller than this part of the product are the width of the fence itself.
LEAST_PIECE: Final = 0.004


def fenced(evidence: Evidence) -> Mask:
    """Return what the photo's sharp edges and clear colours enclose (H, W), with a ragged rim."""
    return _fenced(evidence.edges | (evidence.colour > evidence.low))


def restore(mask: Mask, body: Mask, evidence: Evidence) -> Mask:
    """Return `mask` with the pieces of the fenced `body` that sharp edges close off outside."""
    pieces = cv2.morphologyEx((body & ~mask).astype(np.uint8), cv2.MORPH_OPEN, disc(2))
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(pieces)
    outside = cv2.dilate((~body & ~mask).astype(np.uint8), disc(2)).astype(bool)
    on_edge = cv2.dilate(evidence.edges.astype(np.uint8), disc(EDGE_REACH)).astype(bool)
    restored = mask.copy()
    for number in range(1, count):
        piece = numbers == number
        side = piece & outside
        if stats[number, cv2.CC_STAT_AREA] < LEAST_PIECE * mask.sum() or not side.any():
            continue
        if (side & on_edge).sum() > OUTLINED * side.sum():
            restored |= piece
    closed = cv2.morphologyEx(restored.astype(np.uint8), cv2.MORPH_CLOSE, disc(2)).astype(bool)
    return fill_holes(closed, evidence)


def closed_outline(evidence: Evidence, body: Mask) -> Mask:
    """Return the settled outline (H, W) of the fenced `body`, which is not empty."""
    hull = np.zeros(body.shape, np.uint8)
    points = cv2.findNonZero(body.astype(np.uint8))
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    trimap = np.where(body, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    deep = cv2.erode(body.astype(np.uint8), disc(DEEP)).astype(bool)
    trimap[deep & (evidence.colour > evidence.low)] = cv2.GC_FGD
    trimap[cv2.dilate(hull, disc(BEYOND)) == 0] = cv2.GC_BGD
    settled = run_grabcut(_magnified(evidence), trimap, ROUNDS)
    smooth = cv2.morphologyEx(settled.astype(np.uint8), cv2.MORPH_OPEN, disc(2)).astype(bool)
    return main_parts(fill_holes(smooth, evidence)) if smooth.any() else smooth


def _fenced(fence: Mask) -> Mask:
    """Return what a disc of radius GAP that comes from the frame cannot cover (H, W)."""
    room = GAP + 1
    open_ground = np.pad((~fence).astype(np.uint8), room, constant_values=1)
    passable = cv2.erode(open_ground, disc(GAP))
    _count, grounds = cv2.connectedComponents(passable, connectivity=4)
    reached = (grounds == grounds[0, 0]) & (passable > 0)
    covered = cv2.dilate(reached.astype(np.uint8), disc(GAP))[room:-room, room:-room]
    body = cv2.morphologyEx(1 - covered, cv2.MORPH_OPEN, disc(SPUR)).astype(bool)
    return main_parts(body) if body.any() else body


def _magnified(evidence: Evidence) -> NDArray[np.uint8]:
    gain = GAIN / max(1.0, evidence.backdrop.sigma / CALM)
    difference = evidence.lab - evidence.backdrop.lab
    return np.asarray(np.clip(128 + gain * difference, 0, 255), np.uint8)
