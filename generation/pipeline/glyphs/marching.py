"""Marching cubes over the letters' plane, and what a vertex is told of the fields under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from skimage.measure import marching_cubes

from .field import DistanceField, Field
from .shaping import TextLayout

Floats = npt.NDArray[np.float32]
Triangles = npt.NDArray[np.int32]

# Added to the distance (em) before the surface is drawn, so that thin strokes survive the grid.
SURPLUS: Final = 0.002

# Width of the fillet on an edge, in samples.
EDGE_SOFTNESS: Final = 0.35


@dataclass(frozen=True)
class Solid:
    """A closed surface, in em; see `mesh.TextMesh` for the arrays. Faces may turn either way."""

    vertices: Floats
    faces: Triangles
    normals: Floats
    front: Floats
    outline_z: float


def marched(
    field: DistanceField, levels: npt.NDArray[np.float64], solid: Callable[[float], Field]
) -> tuple[Floats, Triangles]:
    """Run marching cubes on `solid` sampled at the z `levels` (uneven allowed)."""
    volume = np.stack([solid(float(z)) for z in levels], axis=2)
    points, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call]
        volume, 0.0, method="lorensen", gradient_direction="ascent"
    )
    x = field.left + points[:, 1] * field.step
    y = field.bottom + points[:, 0] * field.step
    z = np.interp(points[:, 2], np.arange(len(levels)), levels)
    return np.column_stack([x, y, z]).astype(np.float32), faces.astype(np.int32)


def slopes(values: Field, step: float) -> tuple[Field, Field]:
    """Return d/dx and d/dy, lightly smoothed so that the grid does not show in reflections."""
    calm = cv2.GaussianBlur(values, (0, 0), 0.8)
    down, across = np.gradient(calm, step)
    return across, down


def sample(values: Field, field: DistanceField, vertices: Floats) -> Floats:
    """Return the bilinear values (N,) of a grid at the vertices' x, y."""
    x = (vertices[:, 0] - field.left) / field.step
    y = (vertices[:, 1] - field.bottom) / field.step
    i = np.clip(x.astype(np.int32), 0, values.shape[1] - 2)
    j = np.clip(y.astype(np.int32), 0, values.shape[0] - 2)
    a, b = x - i, y - j
    corner, width, flat = j * values.shape[1] + i, values.shape[1], values.ravel()
    low = flat[corner] * (1 - a) + flat[corner + 1] * a
    corner += width
    high = flat[corner] * (1 - a) + flat[corner + 1] * a
    return np.asarray(low * (1 - b) + high * b, np.float32)


def blended(planes: list[tuple[Floats, Floats]], step: float) -> Floats:
    """Average the normals of the surfaces that pass within a sample of each vertex.

    Each entry is the vertices' distance to a surface and that surface's unit normals there. An edge
    becomes a fillet of about one sample instead of a row of dots.
    """
    weights = [np.exp(-np.abs(distance) / (EDGE_SOFTNESS * step)) + 1e-9 for distance, _ in planes]
    total = sum(
        weight[:, None] * normals for weight, (_, normals) in zip(weights, planes, strict=True)
    )
    x, y, z = np.asarray(total, np.float32).T
    return unit(x, y, z)


def unit(x: Floats, y: Floats, z: Floats) -> Floats:
    """Return unit vectors (N, 3)."""
    normals = np.column_stack([x, y, z]).astype(np.float32)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-9), np.float32)


def crowned(field: DistanceField, layout: TextLayout, rise: float) -> Field:
    """A shallow arch over each line of text: its slope is added to the normals, not to the shape.

    So the front mirrors a gradient, and outlines stay where the font has them.
    """
    rows = field.bottom + field.step * np.arange(field.distance.shape[0])
    arch = np.zeros(len(rows))
    for number in range(len(layout.lines)):
        boxes = np.array([cell.box for cell in layout.cells if cell.line == number])
        low, high = boxes[:, 1].min(), boxes[:, 3].max()
        t = (2 * rows - low - high) / max(high - low, field.step)
        arch = np.maximum(arch, rise * (high - low) * np.clip(1 - t * t, 0, None))
    crown: Field = np.repeat(arch[:, None], field.distance.shape[1], axis=1).astype(np.float32)
    return crown
