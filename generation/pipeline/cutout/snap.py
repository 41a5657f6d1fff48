"""The outline laid on the photo's own edge: the best smooth line within reach of the first one.

The first outline is found in a small picture and wanders where colours are alike (a white cup's
foot) or where a shadow touches the product. Unrolled along the outline, the photo shows the true
edge as a line from end to end, found by dynamic programming (Amini, Weymouth and Jain, "Using
dynamic programming for solving variational problems in vision", PAMI 1990).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# How far the line may move, as a part of the product's mean diameter, and at most, px.
REACH, MOST_REACH = 0.05, 14
# Steps across the line, px.
ACROSS: Final = 0.5
# Outlines shorter than this, px, are left as they are.
SHORTEST: Final = 40
# The outline's corners are rounded over this many px before its normals are taken.
ROUNDING: Final = 2.0
# An edge this strong (Lab over 2 px) counts half; the strongest count no more than 1.
HALF_EDGE: Final = 4.0
# A step is taken over this many px to each side, and over as many more to see if it is sharp:
# of a shadow's edge less than SOFT happens near by, of a product's more than SHARP.
NEAR, WIDE = 1.0, 4.0
SOFT, SHARP = 0.3, 0.7
# What it costs to lie at the end of the reach, and to move by one step across for one along.
DISTANCE_COST: Final = 0.35
BEND_COST: Final = 0.3
MOST_BEND: Final = 2
# Rows that a path needs to forget where it began.
OVERLAP: Final = 60


def snapped(picture: Bytes, mask: Mask) -> Mask:
    """Return `mask` (H, W) with its outlines laid on the edges of `picture` (H, W, 3)."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    reach = min(REACH * float(mask.sum()) ** 0.5, MOST_REACH)
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    drawn = np.zeros(mask.shape, np.uint8)
    fixed = [_laid(lab, line[:, 0].astype(np.float32), reach) for line in lines]
    eighths = [np.round(line * 8).astype(np.int32) for line in fixed]
    cv2.fillPoly(drawn, eighths, 1, shift=3)
    return drawn.astype(bool)


def _laid(lab: Floats, line: Floats, reach: float) -> Floats:
    """Return the closed `line` (N, 2; x, y) on the strongest smooth edge within `reach` px."""
    if len(line) < SHORTEST:
        return line
    line = _smooth(line)
    tangent = np.roll(line, -2, 0) - np.roll(line, 2, 0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    steps = np.arange(-round(reach / ACROSS), round(reach / ACROSS) + 1)
    points = line[:, None] + (steps * ACROSS)[None, :, None] * normal[:, None]
    cost = 1 - _edge_strength(lab, points, normal)
    cost += DISTANCE_COST * np.abs(steps / max(steps[-1], 1))[None] ** 2
    chosen = _best_path(cost.astype(np.float32))
    return np.asarray(line + (steps[chosen] * ACROSS)[:, None] * normal, np.float32)


def _smooth(line: Floats) -> Floats:
    """Round off the pixel steps of a closed line."""
    reach = int(3 * ROUNDING)
    around = np.concatenate([line[-reach:], line, line[:reach]])
    soft = cv2.GaussianBlur(around, (1, 2 * reach + 1), ROUNDING)
    return np.asarray(soft[reach:-reach])


def _edge_strength(lab: Floats, points: Floats, normal: Floats) -> Floats:
    """Return 0..1 (N, S): how strongly and sharply the photo steps across the line there."""
    near, wide = (_step(lab, points, normal * np.float32(half)) for half in (NEAR, WIDE))
    sharp = np.clip((near / np.maximum(wide, 1e-3) - SOFT) / (SHARP - SOFT), 0, 1)
    return np.asarray(near / (near + HALF_EDGE) * sharp, np.float32)


def _step(lab: Floats, points: Floats, half: Floats) -> Floats:
    """Return the Lab difference (N, S) between both sides of every place, `half` (N, 2) off it."""
    one, other = (_sampled(lab, points + side * half[:, None]) for side in (-1, 1))
    along = cv2.blur(other - one, (1, 5), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.linalg.norm(along, axis=2), np.float32)


def _sampled(lab: Floats, points: Floats) -> Floats:
    """Return the colours (N, S, 3) at `points` (N, S, 2; x, y)."""
    x, y = (np.ascontiguousarray(points[..., axis], np.float32) for axis in (0, 1))
    return np.asarray(cv2.remap(lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _best_path(cost: Floats) -> NDArray[np.intp]:
    """Return for every row of `cost` (N, S) the column of the cheapest closed smooth path."""
    count, width = cost.shape
    # Begun before its start and walked past its end: by then the path forgot where it began.
    overlap = min(OVERLAP, count)
    rows = np.concatenate([cost[-overlap:], cost, cost[:overlap]])
    bends = np.arange(-MOST_BEND, MOST_BEND + 1)
    toll = (BEND_COST * np.abs(bends)).astype(np.float32)[:, None]
    total = np.full(width + 2 * MOST_BEND, np.inf, np.float32)
    total[MOST_BEND:-MOST_BEND] = rows[0]
    ways = np.lib.stride_tricks.sliding_window_view(total, width)
    back = np.empty(rows.shape, np.int8)
    for row in range(1, len(rows)):
        tolled = ways + toll
        back[row] = tolled.argmin(0)
        total[MOST_BEND:-MOST_BEND] = tolled.min(0) + rows[row]
    path = np.empty(len(rows), np.intp)
    path[-1] = int(total.argmin()) - MOST_BEND
    for row in range(len(rows) - 1, 0, -1):
        path[row - 1] = path[row] + back[row, path[row]] - MOST_BEND
    return path[overlap : overlap + count]
