"""Sea shells as small meshes: a fan and a turret, lying on the ground."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from .shapes import Mesh, grid_faces, two_sided

# Ribs of a fan shell and whorls of a turret: enough to read, few enough to be soft when small.
RIBS: Final = 11
WHORLS: Final = 6.5

Place = tuple[float, float, float]


def fan_shell(place: Place, size: float, turn: float, lean: float, bsdf: dict[str, Any]) -> Mesh:
    """Return a scallop half sunk in sand, its ribs towards the camera.

    `size` decimetres from hinge to rim; it leans back by `lean` and turns by `turn`, in radians.
    """
    u, v = np.meshgrid(np.linspace(0, 1, 25), np.linspace(-1, 1, 89), indexing="ij")
    ribs = np.cos(v * math.pi * RIBS)
    reach = size * u * (1 + 0.035 * ribs * u - 0.10 * v**4)
    angle = v * math.radians(62)
    x, y = reach * np.sin(angle), reach * np.cos(angle)
    dome = np.sin(math.pi * np.clip(0.12 + 0.88 * u, 0, 1) ** 0.9) * (1 - 0.55 * v**2)
    z = size * (0.34 * dome + 0.016 * ribs * u) - 0.02 * size
    return _laid(np.stack([x, y - 0.12 * size, z], -1), place, turn, -lean, bsdf)


def turret_shell(place: Place, size: float, turn: float, bsdf: dict[str, Any]) -> Mesh:
    """Return a slender spiral shell lying on its side: `size` long."""
    u, v = np.meshgrid(np.linspace(0, 1, 81), np.linspace(0, 2 * math.pi, 33), indexing="ij")
    whorl = np.abs(np.sin(math.pi * (WHORLS * u**1.25 + v / (2 * math.pi))))
    radius = 0.19 * size * (1 - u) ** 0.9 * (0.74 + 0.34 * whorl**0.7)
    across, rise = radius * np.cos(v), radius * np.sin(v)
    points = np.stack([across, (u - 0.4) * size, rise + 0.15 * size], -1)
    return _laid(points, place, turn, 0.16, bsdf)


def _laid(points: np.ndarray, place: Place, turn: float, dip: float, bsdf: dict[str, Any]) -> Mesh:
    """Turn a grid of points about z, its tip dipping by `dip` radians, and put it down."""
    x, y, z = (points[..., axis] for axis in range(3))
    y, z = y * math.cos(dip) + z * math.sin(dip), z * math.cos(dip) - y * math.sin(dip)
    turned = np.stack(
        [
            x * math.cos(turn) - y * math.sin(turn) + place[0],
            x * math.sin(turn) + y * math.cos(turn) + place[1],
            z + place[2],
        ],
        -1,
    )
    rows, columns = points.shape[:2]
    vertices = turned.reshape(-1, 3).astype(np.float32)
    return Mesh(vertices, grid_faces(rows, columns), two_sided(bsdf), smooth=True)
