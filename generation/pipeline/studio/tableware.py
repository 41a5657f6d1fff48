"""Small props for the background, out of focus: cups, bowls, books."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from .rig import Rig
from .shapes import Mesh, Shape, lathe, painted

Place = tuple[float, float, float]

# Outlines as (radius, height) in decimetres, from the foot's middle over the rim inwards.
SAUCER: Final = ((0.0, 0.0), (0.40, 0.0), (0.78, 0.10), (0.80, 0.12), (0.76, 0.12), (0.38, 0.04))
CUP: Final = (
    (0.22, 0.05),
    (0.26, 0.08),
    (0.40, 0.24),
    (0.47, 0.48),
    (0.48, 0.66),
    (0.45, 0.66),
    (0.43, 0.46),
    (0.30, 0.20),
    (0.0, 0.16),
)
BOWL: Final = (
    (0.0, 0.0),
    (0.30, 0.0),
    (0.30, 0.05),
    (0.46, 0.14),
    (0.60, 0.36),
    (0.63, 0.52),
    (0.60, 0.53),
    (0.56, 0.38),
    (0.40, 0.18),
    (0.0, 0.12),
)
# Books: length, depth and thickness.
BOOK: Final = (2.0, 1.4, 0.22)


def across(rig: Rig, share: float, y: float, z: float = 0.0) -> float:
    """Return the x that is seen at `share` (0 left .. 1 right) of the frame's width there."""
    frame = rig.layout.frame
    return seen_at(rig, frame.x + share * frame.width, y, z)


def seen_at(rig: Rig, column: float, y: float, z: float = 0.0) -> float:
    """Return the x that is seen at a column of the picture there."""
    camera = rig.camera
    depth = float((np.array([0.0, y, z]) - camera.position) @ camera.axes[2])
    return float((column - camera.axis_x) / camera.focal * depth)


def turned(outline: tuple[tuple[float, float], ...], place: Place, bsdf: dict[str, Any]) -> Mesh:
    """Return a turned vessel standing at `place`."""
    solid = lathe(np.array(outline), bsdf=bsdf)
    return replace(solid, vertices=solid.vertices + np.array(place, np.float32), smooth=True)


def books(
    place: Place, turns: tuple[float, ...], covers: tuple[dict[str, Any], ...]
) -> dict[str, Shape]:
    """Return books lying on each other, each turned by degrees, its pages pale."""
    import mitsuba as mi

    x, y, z = place
    shapes: dict[str, Shape] = {}
    length, depth, thick = BOOK
    for index, (turn, cover) in enumerate(zip(turns, covers, strict=True)):
        middle = z + thick * (index + 0.5)
        stand = mi.ScalarTransform4f().translate([x, y, middle]).rotate([0, 0, 1], turn)
        board = [length / 2, depth / 2, thick / 2]
        pages = [length / 2 - 0.03, depth / 2 + 0.01, thick / 2 - 0.03]
        for name, size, bsdf in (("cover", board, cover), ("pages", pages, painted(PAPER))):
            shapes[f"book_{index}_{name}"] = {
                "type": "cube",
                "to_world": stand @ mi.ScalarTransform4f().scale(size),
                "bsdf": bsdf,
            }
    return shapes


PAPER: Final = (0.72, 0.66, 0.54)
