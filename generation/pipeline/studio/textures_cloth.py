"""Woven patterns as bitmaps: the cloud damask of Korean silk (구름문)."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .textures import HeightMap

# Pixels of one repeat: two clouds, the second turned round and half a repeat lower.
REPEAT: Final = 512
# A cloud: its curls as (x, y, radius, turns, first angle in degrees, direction), in tenths of the
# repeat round its middle, and the tails that trail from it as curves of four points.
CURLS: Final = (
    (-1.15, 0.10, 0.80, 1.35, 90, -1),
    (1.15, 0.10, 0.80, 1.35, 90, 1),
    (0.0, -0.75, 0.95, 1.30, 90, -1),
)
TAILS: Final = (
    ((-1.1, 0.9), (-0.2, 1.5), (1.2, 0.9), (2.9, 1.35)),
    ((1.1, 0.9), (0.3, 1.2), (-1.4, 1.2), (-2.7, 1.75)),
    ((-0.2, 1.75), (0.8, 2.05), (1.4, 1.65), (2.2, 1.95)),
)
STROKE: Final = 0.17
# Drawn at this multiple and reduced: smooth edges.
OVERSAMPLING: Final = 2

Points = NDArray[np.float64]


def cloud_damask() -> HeightMap:
    """Return one repeat of the cloud pattern, (REPEAT, REPEAT) 0 ground .. 1 cloud; it tiles."""
    size = REPEAT * OVERSAMPLING
    canvas = np.zeros((size, size), np.uint8)
    for row, column, turned in ((0.25, 0.25, 1.0), (0.75, 0.75, -1.0)):
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                middle = np.array([column + right, row + down]) * size
                for line in _cloud():
                    points = line * [turned, 1.0] * size / 10 + middle
                    thick = round(STROKE * size / 10)
                    drawn = np.round(points * 16).astype(np.int32)
                    cv2.polylines(canvas, [drawn], False, 255, thick, cv2.LINE_AA, 4)
    small = cv2.resize(canvas, (REPEAT, REPEAT), interpolation=cv2.INTER_AREA)
    pattern: HeightMap = small.astype(np.float32) / np.float32(255)
    return pattern


def _cloud() -> list[Points]:
    """Return the lines of one cloud, in tenths of the repeat round its middle."""
    return [_curl(curl) for curl in CURLS] + [_bezier(np.array(tail)) for tail in TAILS]


def _curl(curl: tuple[float, float, float, float, float, int]) -> Points:
    """Return a spiral that winds inwards from its lowest point."""
    x, y, radius, turns, first, direction = curl
    share = np.linspace(0, 1, 60)
    angle = np.radians(first) + direction * share * turns * 2 * np.pi
    reach = radius * (1 - 0.78 * share)
    return np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], 1)


def _bezier(points: Points) -> Points:
    t = np.linspace(0, 1, 40)[:, None]
    one, two, three, four = points
    curve: Points = (
        (1 - t) ** 3 * one + 3 * (1 - t) ** 2 * t * two + 3 * (1 - t) * t**2 * three + t**3 * four
    )
    return curve
