"""Leaves: painted in their thousands for a far wood, and as meshes that stand in the light."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from .camera import Array
from .canvas import Canvas
from .palette import Rgb
from .shapes import Mesh, two_sided

# A painted leaf is this many times as long as wide.
SLENDER: Final = 1.9
# Fractions of a pixel that OpenCV's ellipses are placed by (2 ** SHIFT).
SHIFT: Final = 3
# Length from stalk to tip of a leaf of width 1, and its outline's half-widths along it.
OUTLINE: Final = ((0.0, 0.0), (0.18, 0.36), (0.45, 0.5), (0.75, 0.30), (1.0, 0.0))


def paint_leaves(
    canvas: Canvas, rng: np.random.Generator, count: int, size: float, colours: list[Rgb]
) -> None:
    """Paint `count` leaves about `size` canvas pixels long all over the canvas, in place.

    `colours` are linear; each leaf takes one and varies its brightness by a third.
    """
    height, width = canvas.shape[:2]
    one = 1 << SHIFT
    for _ in range(count):
        x = rng.uniform(-size, width + size)
        y = height * rng.uniform()
        long = size * rng.uniform(0.55, 1.35)
        tone = np.array(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.65, 1.35)
        axes = (int(long / 2 * one), max(int(long / 2 / SLENDER * one), 1))
        place = (int(x * one), int(y * one))
        cv2.ellipse(canvas, place, axes, rng.uniform(0, 180), 0, 360, tone.tolist(), -1, 8, SHIFT)


def leaf_cloud(rng: np.random.Generator, middles: Array, size: float, bsdf: dict[str, Any]) -> Mesh:
    """Return one flat leaf about `size` decimetres long at each of the `middles` (n, 3).

    They are turned at random, six triangles each.
    """
    line = np.array([[along, half, 0.0] for along, half in OUTLINE])
    other = line[1:-1] * [1, -1, 1]
    shape = np.concatenate([line, other[::-1]]) * [1.0, 1 / SLENDER, 1.0] - [0.5, 0, 0]
    corners = len(shape)
    fan = np.stack([np.zeros(corners - 2), np.arange(1, corners - 1), np.arange(2, corners)], 1)
    points, faces = [], []
    for index, middle in enumerate(middles):
        turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        long = size * float(rng.uniform(0.7, 1.3))
        points.append(shape * long @ turn + middle)
        faces.append(fan + index * corners)
    vertices = np.concatenate(points).astype(np.float32)
    return Mesh(vertices, np.concatenate(faces).astype(np.uint32), two_sided(bsdf))
