"""The product's outline where the backdrop is smooth: all that the backdrop does not explain.

Hysteresis on the distance from the backdrop's surfaces finds it; a cast shadow is told from it by
its hue and its soft edge.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from . import LEAST_AREA
from .evidence import Evidence

Mask = NDArray[np.bool_]

# Steps of lightness over 3 px: a soft shadow's outer edge stays below, a product's goes above.
SOFT_EDGE: Final = 3.5
# An outline has at least this part of its 9 px step within 3 px; a deep soft shadow has a third.
ABRUPT: Final = 0.45
# Parts smaller than this share of the largest are dust, crumbs and reflections.
LEAST_PART: Final = 0.02
# An enclosed patch of pure backdrop is a real hole (a handle) when it is at least this part of the
# product, at most that, close to the outside, and with sharp edges along its outline; otherwise it
# is a label, or a place where a white cup is as bright as the wall, and is filled.
HOLE_LEAST, HOLE_MOST = 0.004, 0.25
HOLE_OUTLINED: Final = 0.4
# How much of what lies round a hole is outside, at least: of one found by its colour, and of one
# that the learnt model is sure of. A label is inside the product.
HOLE_BESIDE, HOLE_SEEN_BESIDE = 0.12, 0.03
# An outline may be this many px off an edge and still be its.
EDGE_REACH: Final = 2


def outline(evidence: Evidence, strictness: float = 1.0) -> Mask:
    """Return the product's filled mask (H, W); `strictness` scales both thresholds."""
    low, high = evidence.low * strictness, evidence.high * strictness
    body = ~_open_ground(evidence, low, SOFT_EDGE * strictness)
    count, parts = cv2.connectedComponents(body.astype(np.uint8))
    seeds = np.bincount(parts[(evidence.backdrop.distance > high) & body], minlength=count)
    grown = (seeds > max(8, LEAST_AREA * body.size / 4))[parts] & body
    closed = cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_CLOSE, disc(2))
    filled = fill_holes(closed.astype(bool), evidence)
    opened = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_OPEN, disc(2))
    return main_parts(opened.astype(bool))


def _open_ground(evidence: Evidence, low: float, soft_edge: float) -> Mask:
    """Return the backdrop with its cast shadows (H, W).

    A shadow is backdrop dimmed: it can be walked into from the lit backdrop without crossing an
    edge. A grey product has the same hue and is shut off by its outline.
    """
    light = cv2.GaussianBlur(evidence.lab[..., 0], (0, 0), 0.8)
    near, wide = (
        cv2.morphologyEx(light, cv2.MORPH_GRADIENT, np.ones((side, side), np.uint8))
        for side in (3, 9)
    )
    steep = (near > max(soft_edge, 3 * evidence.backdrop.sigma)) & (near > ABRUPT * wide)
    edge = steep.astype(np.uint8)
    edge = cv2.morphologyEx(edge, cv2.MORPH_CLOSE, disc(2)).astype(bool)
    lit = evidence.backdrop.distance <= low
    open_ground = lit | (evidence.colour <= low) & ~edge
    count, patches = cv2.connectedComponents(open_ground.astype(np.uint8), connectivity=4)
    lit_share = np.bincount(patches[lit], minlength=count) / np.maximum(
        np.bincount(patches.ravel(), minlength=count), 1
    )
    frame = np.concatenate([patches[0], patches[-1], patches[:, 0], patches[:, -1]])
    reached = np.zeros(count, bool)
    reached[np.unique(frame)] = True
    # Backdrop seen through a handle is not connected to the rest; `fill_holes` judges it.
    reached |= lit_share > 0.5
    reached[0] = False
    return np.asarray(reached[patches])


def fill_holes(
    mask: Mask,
    evidence: Evidence,
    outlined: float = HOLE_OUTLINED,
    seen_through: Mask | None = None,
) -> Mask:
    """Fill what the product encloses, but for real holes such as a handle's.

    `outlined` 0..1: how much of a real hole's outline lies on sharp edges. `seen_through` (H, W):
    what is no product for sure, if that is known; a hole with such pixels may show anything.
    """
    count, patches, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), None, 4)
    border = np.unique(np.concatenate([patches[0], patches[-1], patches[:, 0], patches[:, -1]]))
    outside = np.isin(patches, border) & ~mask
    filled = ~outside
    for index in range(1, count):
        if index in border or stats[index, cv2.CC_STAT_AREA] < HOLE_LEAST * filled.sum():
            continue
        hole = patches == index
        seen = seen_through is not None and bool((hole & seen_through).any())
        open_to = seen and _open_to(outside, hole) > HOLE_SEEN_BESIDE
        if open_to or _is_opening(hole, outside, filled, evidence, outlined):
            filled &= ~hole
    return filled


def _is_opening(
    hole: Mask, outside: Mask, filled: Mask, evidence: Evidence, outlined: float
) -> bool:
    area = int(hole.sum())
    if area > HOLE_MOST * filled.sum():
        return False
    if np.percentile(evidence.backdrop.distance[hole], 75) > evidence.low:
        return False
    if edge_support(hole, evidence) < outlined:
        return False
    return _open_to(outside, hole) > HOLE_BESIDE


def _open_to(outside: Mask, hole: Mask) -> float:
    """Return how much of what lies round a hole, over a handle's width, is `outside`; 0..1."""
    reach = disc(round(0.6 * float(hole.sum()) ** 0.5))
    rim = cv2.dilate(hole.astype(np.uint8), reach).astype(bool) & ~hole
    return float((rim & outside).sum() / max(int(rim.sum()), 1))


def edge_support(mask: Mask, evidence: Evidence) -> float:
    """Return the part of the outline of `mask` (H, W), within the frame, on a sharp edge; 0..1."""
    on_edge = cv2.dilate(evidence.edges.astype(np.uint8), disc(EDGE_REACH)).astype(bool)
    line = rim_of(mask)
    line[[0, -1]] = line[:, [0, -1]] = False
    return float((line & on_edge).sum() / max(int(line.sum()), 1))


def rim_of(mask: Mask) -> Mask:
    """Return the outermost pixels of `mask` (H, W)."""
    return np.asarray(mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0))


def main_parts(mask: Mask) -> Mask:
    """Keep the largest part and those not much smaller."""
    _count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.asarray((areas >= max(LEAST_PART * areas.max(), 1))[parts]) & mask


def disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
