"""The foot of a round product: where one side cannot be seen, the other side says where it is.

Cups, bottles and bowls are turned on a wheel: their picture is its own mirror image. A white cup's
foot on a white table may show on the side of the shadow alone.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Heights over the base, as parts of the product's, at which its sides tell the axis, and how far
# the middles may lie apart, as a part of its width.
SIDES: Final = np.linspace(0.08, 0.24, 9)
SAME_AXIS: Final = 0.005
# The foot is this part of the half width on each side of the axis: beyond it the sides begin.
FOOT: Final = 0.9
# Both sides of a foot lie no farther apart than this, as a part of the width: more is its shape.
NEARLY: Final = 0.03
# Mean strength of the side that is followed, and what part of it the other one has at most.
SEEN, UNSEEN = 0.4, 0.7
# Powers of the distance from the axis that a foot's curve is made of, how often it is fitted to the
# points that lie on it, and the weight of a point without an edge.
POWERS: Final = (0, 2, 4, 8)
ROUNDS: Final = 4
LEAST_STRENGTH: Final = 0.02
# Samples along half a foot, and over how many of them at its end the line goes over into itself.
SAMPLES, BLENDED = 120, 12


class _Half(NamedTuple):
    """One half of a foot, from the axis outwards: rows y and edge strengths (SAMPLES)."""

    y: Floats
    strength: Floats


def evened(line: Floats, strength: Floats) -> Floats:
    """Return the closed `line` (N, 2; x, y) with the unseen half of its foot like the seen one.

    `strength` (N) 0..1 is that of the photo's edge at the points. A line whose sides have no common
    axis, or whose halves differ by more than a slip, is returned as it is.
    """
    width = float(np.ptp(line[:, 0]))
    axis, half_width = _axis(line, width)
    if half_width == 0:
        return line
    reach = np.linspace(0, FOOT * half_width, SAMPLES)
    left, right = (_half(line, strength, axis + side * reach) for side in (-1, 1))
    if np.abs(left.y - right.y).max() > NEARLY * width:
        return line
    seen, other = (left, right) if _mean(left) > _mean(right) else (right, left)
    if _mean(seen) < SEEN or _mean(other) > UNSEEN * _mean(seen):
        return line
    curve = _curve(seen, reach / half_width)
    return _followed(line, axis, reach, curve)


def _mean(half: _Half) -> float:
    return float(half.strength.mean())


def _curve(half: _Half, out: NDArray[np.float64]) -> Floats:
    """Return the foot's fair curve (SAMPLES): even powers of the distance from the axis, nearest to
    the points by their strength, and by half as much to those that lie off it.
    """
    terms = out[:, None] ** np.array(POWERS)[None]
    weight = half.strength + np.float32(LEAST_STRENGTH)
    fitted = half.y
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        found, *_rest = np.linalg.lstsq(root * terms, root[:, 0] * half.y, rcond=None)
        fitted = np.asarray(terms @ found, np.float32)
        off = np.abs(half.y - fitted)
        weight = (half.strength + LEAST_STRENGTH) / (1 + off / max(float(np.median(off)), 1e-3))
    return fitted


def _axis(line: Floats, width: float) -> tuple[float, float]:
    """Return the column that both sides lie about, and half the foot's width; 0 for no axis."""
    x, y = line.T
    base, height = float(y.max()), float(np.ptp(y))
    middles, halves = [], []
    for row in base - SIDES * height:
        near = x[np.abs(y - row) <= 0.5 * height * float(SIDES[1] - SIDES[0])]
        if not near.size:
            return 0.0, 0.0
        middles.append((float(near.min()) + float(near.max())) / 2)
        halves.append(float(np.ptp(near)) / 2)
    axis = float(np.median(middles))
    if np.abs(np.array(middles) - axis).max() > SAME_AXIS * width:
        return 0.0, 0.0
    return axis, halves[0]


def _half(line: Floats, strength: Floats, columns: NDArray[np.float64]) -> _Half:
    """Return the lowest row of the line at each column, and the edge's strength there."""
    place = np.abs(line[:, 0][None] - columns[:, None])
    near = place <= max(1.5 * float(np.abs(np.diff(columns)).mean()), 2.0)
    rows = np.where(near, line[:, 1][None], -np.inf)
    lowest = rows.argmax(axis=1)
    return _Half(line[lowest, 1], strength[lowest])


def _followed(line: Floats, axis: float, reach: NDArray[np.float64], curve: Floats) -> Floats:
    """Return the line with its foot on the curve (SAMPLES) on both sides of the axis."""
    fade = np.ones(SAMPLES)
    fade[-BLENDED:] = np.linspace(1, 0, BLENDED)
    out, rows = np.abs(line[:, 0] - axis), line[:, 1]
    # The line passes each column twice: its lower course is the foot.
    on_foot = (out <= reach[-1]) & (rows > float(rows.max()) - 0.5 * float(np.ptp(rows)))
    share, wanted = (np.interp(out[on_foot], reach, values) for values in (fade, curve))
    evened_line = line.copy()
    evened_line[on_foot, 1] += (share * (wanted - rows[on_foot])).astype(np.float32)
    return evened_line
