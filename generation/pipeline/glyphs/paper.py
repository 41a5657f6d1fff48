"""A sheet of hanji behind a block of letters: torn edges, a little warped, its rim curling up."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from generation.pipeline.studio.materials.noise import noise

from .field import DistanceField, Field
from .marching import Solid, marched, sample, slopes, unit
from .mesh import TextMesh

Floats = npt.NDArray[np.float32]

# Field samples per em: a torn edge's fibres are about 0.03 em.
DETAIL: Final = 72

# The edge wanders by these (em), at features of so many per em: tearing, deckle, fibres.
TEARS: Final = ((1.3, 0.055), (5.0, 0.022), (19.0, 0.012))
# Radius of the corners, and the part of the margin that the edge stays off on average, in em.
CORNER: Final = 0.07
KEPT_OFF: Final = 0.045

# How far (em) the sheet bulges back between its ends, and the rim within RIM curls forward.
BULGE: Final = 0.014
RIM: Final = 0.11
CURL: Final = 0.030


def torn_sheet(mesh: TextMesh, margin: float, depth: float) -> tuple[Solid, DistanceField]:
    """Return a sheet `margin` em wider than the letters, front at z = 0, and its outline's field.

    It reaches no farther than `margin` beyond the letters' own mesh.
    """
    field = _outline(mesh.width / 2 + margin, mesh.height / 2 + margin)
    levels = np.array([-depth - 0.01, -depth, -depth / 2, 0.0, 0.01])

    def solid(z: float) -> Field:
        caps = np.float32(min(-z, z + depth) * 4 + 0.004)
        return np.asarray(np.minimum(field.distance, caps), np.float32)

    vertices, faces = marched(field, levels, solid)
    inset = np.maximum(sample(field.distance, field, vertices), 0)
    warp = _warp(field)
    front = (vertices[:, 2] > -depth / 2).astype(np.float32)
    moved = vertices.copy()
    moved[:, 2] = np.where(front > 0, 0, -depth) + sample(warp, field, vertices)
    across, down = (sample(part, field, vertices) for part in slopes(warp, field.step))
    side = np.where(front > 0, 1, -1).astype(np.float32)
    normals = unit(-across * side, -down * side, side)
    return Solid(moved, faces, normals, front * (inset >= 0), 0.0), field


def _outline(half_width: float, half_height: float) -> DistanceField:
    step = 1 / DETAIL
    columns, rows = (2 * int(np.ceil(half / step)) + 5 for half in (half_width, half_height))
    left, bottom = -(columns - 1) * step / 2, -(rows - 1) * step / 2
    x = np.asarray(left + step * np.arange(columns), np.float32)[None, :]
    y = np.asarray(bottom + step * np.arange(rows), np.float32)[:, None]
    dx = np.abs(x) - (half_width - KEPT_OFF - CORNER)
    dy = np.abs(y) - (half_height - KEPT_OFF - CORNER)
    outer = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0)
    distance = CORNER - outer
    for number, (features, height) in enumerate(TEARS):
        distance = distance + height * (noise(x * features, y * features, 20 + number) - 0.5)
    return DistanceField(np.asarray(distance, np.float32), left, bottom, step)


def _warp(field: DistanceField) -> Field:
    """Return the sheet's height: never above 0 under the letters."""
    rows, columns = field.distance.shape
    x = np.asarray(field.left + field.step * np.arange(columns), np.float32)[None, :]
    y = np.asarray(field.bottom + field.step * np.arange(rows), np.float32)[:, None]
    rim = np.clip(1 - field.distance / RIM, 0, 1) ** 2
    bulge = noise(x * 0.8, y * 1.1, 30) - 1.0
    return np.asarray(BULGE * bulge + CURL * rim * noise(x * 1.5, y * 1.5, 31), np.float32)
