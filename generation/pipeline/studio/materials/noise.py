"""Smooth random patterns for painted materials: grain, fibres, worn edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .material import Floats

# Side of the table of random values; the pattern repeats after as many units.
TABLE: Final = 256


def noise(x: Floats, y: Floats, seed: int = 0) -> Floats:
    """Return value noise 0..1 with features about one unit wide at each (x, y); any shape."""
    import numpy as np

    table = np.random.default_rng(seed).random((TABLE, TABLE)).astype(np.float32)
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - column, y - row
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    left, right = column % TABLE, (column + 1) % TABLE
    low, high = row % TABLE, (row + 1) % TABLE
    lower = table[low, left] * (1 - fx) + table[low, right] * fx
    upper = table[high, left] * (1 - fx) + table[high, right] * fx
    return np.asarray(lower * (1 - fy) + upper * fy, np.float32)


def smooth_step(low: float, high: float, values: Floats) -> Floats:
    """Return 0 under `low`, 1 over `high`, and a smooth rise between them."""
    import numpy as np

    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
