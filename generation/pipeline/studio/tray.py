"""A round tray woven of split bamboo, as market women lay their goods out on."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from .shapes import Mesh, grid_faces, lathe, two_sided

# Steps round the tray, and how its rim stands out and up from the woven floor, in decimetres.
TURNS: Final = 96
RIM: Final = (
    (-0.04, -0.05),
    (0.07, -0.05),
    (0.11, 0.06),
    (0.09, 0.13),
    (0.02, 0.13),
    (-0.05, 0.01),
)


def woven_floor(radius: float, bsdf: dict[str, Any]) -> Mesh:
    """Return the tray's floor: z = 0 under the product, a little higher towards the rim."""
    turn = np.linspace(0, 2 * math.pi, TURNS + 1)
    share = np.array([0.0, 0.55, 0.8, 0.93, 1.0])
    rise = np.array([-0.005, -0.005, 0.0, 0.02, 0.05])
    x = radius * share[:, None] * np.cos(turn)
    y = radius * share[:, None] * np.sin(turn)
    z = np.broadcast_to(rise[:, None], x.shape)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    uv = (np.stack([x, y], -1).reshape(-1, 2) / (2 * radius) + 0.5).astype(np.float32)
    return Mesh(vertices, grid_faces(*x.shape), two_sided(bsdf), uv, smooth=True)


def tray_rim(radius: float, bsdf: dict[str, Any]) -> Mesh:
    """Return the bent hoop round the floor."""
    profile = np.array([(radius + out, height) for out, height in (*RIM, RIM[0])])
    return lathe(profile, bsdf=bsdf)
