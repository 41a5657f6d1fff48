"""Distance field -> mesh: letters inflated like foil balloons, or deep with a bevelled edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from skimage.measure import marching_cubes

from generation.pipeline.studio.materials import Profile

from .field import DistanceField, Field, distance_field, membrane
from .shaping import TextLayout

Floats = npt.NDArray[np.float32]
Triangles = npt.NDArray[np.int32]

# Field samples per em: what an em of 60-600 px needs, and no more than memory and time allow.
LEAST_DETAIL: Final = 56
MOST_DETAIL: Final = 160
SAMPLES_IN_ALL: Final = 150_000

# Widens every stroke at least this much (em) on each side, so that thin ones survive the grid.
LEAST_SWELL: Final = 0.004

# Half of the gap (em) that swollen strokes must leave: counters stay open, neighbours apart.
LEAST_GAP: Final = 0.010

# Balloon: seam rim (em) around the cushion, its half thickness, and height over half width.
SEAM: Final = 0.012
SEAM_HALF: Final = 0.010
FULLNESS: Final = 1.15

# Metal: depth of the extrusion, reach of the 45-degree bevel, rise of the crowned front (em).
DEPTH: Final = 0.26
BEVEL: Final = 0.050
CROWN: Final = 0.045

# Width of the fillet on an edge, in samples.
EDGE_SOFTNESS: Final = 0.35


@dataclass(frozen=True)
class TextMesh:
    """A closed triangle mesh, 1 unit = 1 em: x right, y up, z to the viewer, block centred on x, y.

    `vertices`, `normals` float32 (N, 3); `faces` int32 (M, 3), counter-clockwise from outside;
    `front` float32 (N,): 1 on what faces the viewer inside the outline, 0 on sides and back.
    `outline_z` is the height at which the silhouette equals the font's outline, `swell` by how much
    (em, each side) the strokes were widened.
    """

    vertices: Floats
    normals: Floats
    faces: Triangles
    front: Floats
    outline_z: float
    swell: float

    @property
    def width(self) -> float:
        """Extent in x, in em."""
        return float(np.ptp(self.vertices[:, 0]))

    @property
    def height(self) -> float:
        """Extent in y, in em."""
        return float(np.ptp(self.vertices[:, 1]))

    @property
    def depth(self) -> float:
        """Extent in z, in em."""
        return float(np.ptp(self.vertices[:, 2]))


def build_mesh(layout: TextLayout, profile: Profile, *, swell: float) -> TextMesh:
    """Build the mesh: fields in the plane, marching cubes on their extrusion.

    `swell` (em) is by how much strokes are to be widened on each side; less is taken where a counter
    would close or two strokes would meet.
    """
    area = (layout.width + 0.1) * (layout.height + 0.1)
    detail = float(np.clip(np.sqrt(SAMPLES_IN_ALL / area), LEAST_DETAIL, MOST_DETAIL))
    field = distance_field(layout, detail)
    taken = _safe_swell(field.distance, swell)
    if profile == "inflate":
        return _inflated(field, taken)
    return _bevelled(field, layout, taken)


def _safe_swell(distance: Field, wanted: float) -> float:
    """Return the largest swell up to `wanted` that leaves every counter and every gap open."""
    strokes, holes = _pieces(distance > 0), _pieces(distance < -LEAST_GAP)
    swell = wanted
    while swell > LEAST_SWELL:
        if _pieces(distance > -swell - LEAST_GAP) == strokes:
            if _pieces(distance < -swell - LEAST_GAP) == holes:
                return swell
        swell -= 0.002
    return LEAST_SWELL


def _pieces(mask: npt.NDArray[np.bool_]) -> int:
    return int(cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)[0])


def _inflated(field: DistanceField, swell: float) -> TextMesh:
    """Cushions: z^2 = FULLNESS^2 * 2u, on a thin seam at the outline's plane."""
    swollen = field.distance + np.float32(swell)
    cushion = membrane(field, SEAM - swell) * np.float32(FULLNESS**2)
    top = float(np.sqrt(max(cushion.max(), 1e-6)))
    levels = np.arange(-SEAM_HALF - 1.5 * field.step, top + 1.6 * field.step, field.step)

    def solid(z: float) -> Field:
        rim = np.minimum(swollen, SEAM_HALF - abs(z))
        body = (cushion - z * z) / (2 * SEAM) if z > 0 else cushion / (2 * SEAM)
        return np.minimum(np.maximum(rim, body), z + SEAM_HALF).astype(np.float32)

    vertices, faces = _marched(field, levels, solid)
    z, zero = vertices[:, 2], np.zeros(len(vertices), np.float32)
    u, s = _sample(cushion, field, vertices), _sample(swollen, field, vertices)
    ux, uy = (_sample(part, field, vertices) for part in _slopes(cushion, field.step))
    sx, sy = (_sample(part, field, vertices) for part in _slopes(swollen, field.step))
    body = (u - z * z) / (2 * SEAM)
    normals = _blended(
        [
            (np.where(z > 0, body, 1.0), _unit(-ux, -uy, 2 * z)),
            (s, _unit(-sx, -sy, zero)),
            (SEAM_HALF - z, _unit(zero, zero, zero + 1)),
            (SEAM_HALF + z, _unit(zero, zero, zero - 1)),
        ],
        field.step,
    )
    front = (z > -0.6 * SEAM_HALF).astype(np.float32)
    return _mesh(vertices, normals, faces, front, (0.0, swell))


def _bevelled(field: DistanceField, layout: TextLayout, swell: float) -> TextMesh:
    """Extrusion from z = -DEPTH to 0, a 45-degree bevel, and a front slightly crowned per line."""
    swollen = field.distance + np.float32(swell)
    crown = _crown(field, layout)
    step = field.step
    low, high = -DEPTH, float(crown.max())
    walls = np.linspace(low + step, -BEVEL - step, 4)
    levels = np.r_[low - step, low, walls, np.arange(-BEVEL, high + 1.6 * step, 0.8 * step)]

    def solid(z: float) -> Field:
        chamfer = (swollen + crown - BEVEL - z) * np.float32(np.sqrt(0.5))
        caps = np.minimum(crown - z, z - low)
        return np.minimum(np.minimum(swollen, chamfer), caps).astype(np.float32)

    vertices, faces = _marched(field, levels, solid)
    normals, front = _bevel_normals(field, swollen, crown, vertices)
    return _mesh(vertices, normals, faces, front, (-BEVEL, swell))


def _bevel_normals(
    field: DistanceField, swollen: Field, crown: Field, vertices: Floats
) -> tuple[Floats, Floats]:
    """Return normals blended from the planes that meet at each vertex, and the front flags."""
    s, top = _sample(swollen, field, vertices), _sample(crown, field, vertices)
    z, zero = vertices[:, 2], np.zeros(len(vertices), np.float32)
    sx, sy = (_sample(part, field, vertices) for part in _slopes(swollen, field.step))
    cx, cy = (_sample(part, field, vertices) for part in _slopes(crown, field.step))
    chamfer = (s + top - BEVEL - z) * np.float32(np.sqrt(0.5))
    planes = [
        (s, _unit(-sx, -sy, zero)),
        (chamfer, _unit(-sx - cx, -sy - cy, zero + 1)),
        (top - z, _unit(-cx, -cy, zero + 1)),
        (z + DEPTH, _unit(zero, zero, zero - 1)),
    ]
    front = (np.minimum(chamfer, top - z) < np.minimum(s, z + DEPTH)).astype(np.float32)
    return _blended(planes, field.step), front


def _blended(planes: list[tuple[Floats, Floats]], step: float) -> Floats:
    """Average the normals of the surfaces that pass within a sample of each vertex.

    Each entry is the vertices' distance to a surface and that surface's unit normals there. An edge
    becomes a fillet of about one sample instead of a row of dots.
    """
    weights = [np.exp(-np.abs(distance) / (EDGE_SOFTNESS * step)) + 1e-9 for distance, _ in planes]
    total = sum(
        weight[:, None] * normals for weight, (_, normals) in zip(weights, planes, strict=True)
    )
    return np.asarray(total, np.float32)


def _unit(x: Floats, y: Floats, z: Floats) -> Floats:
    normals = np.column_stack([x, y, z]).astype(np.float32)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.float32(1e-9))


def _crown(field: DistanceField, layout: TextLayout) -> Field:
    """Height of the crowned front: a shallow arch over each line of text."""
    rows = field.bottom + field.step * np.arange(field.distance.shape[0])
    arch = np.zeros(len(rows))
    for number in range(len(layout.lines)):
        boxes = np.array([cell.box for cell in layout.cells if cell.line == number])
        low, high = boxes[:, 1].min(), boxes[:, 3].max()
        t = (2 * rows - low - high) / max(high - low, field.step)
        arch = np.maximum(arch, CROWN * np.clip(1 - t * t, 0, None))
    crown: Field = np.repeat(arch[:, None], field.distance.shape[1], axis=1).astype(np.float32)
    return crown


def _marched(
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


def _slopes(values: Field, step: float) -> tuple[Field, Field]:
    """Return d/dx and d/dy, lightly smoothed so that the grid does not show in reflections."""
    calm = cv2.GaussianBlur(values, (0, 0), 0.8)
    down, across = np.gradient(calm, step)
    return across, down


def _sample(values: Field, field: DistanceField, vertices: Floats) -> Floats:
    """Bilinear values of a grid at the vertices' x, y."""
    x = (vertices[:, 0] - field.left) / field.step
    y = (vertices[:, 1] - field.bottom) / field.step
    i = np.clip(x.astype(np.int32), 0, values.shape[1] - 2)
    j = np.clip(y.astype(np.int32), 0, values.shape[0] - 2)
    a, b = x - i, y - j
    low = values[j, i] * (1 - a) + values[j, i + 1] * a
    high = values[j + 1, i] * (1 - a) + values[j + 1, i + 1] * a
    return (low * (1 - b) + high * b).astype(np.float32)


def _mesh(
    vertices: Floats,
    normals: Floats,
    faces: Triangles,
    front: Floats,
    figures: tuple[float, float],
) -> TextMesh:
    """Normalise normals and make the faces' turn agree with them; figures: outline_z, swell."""
    unit = _unit(normals[:, 0], normals[:, 1], normals[:, 2])
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), unit[faces].sum(axis=1)).sum() < 0
    turned = np.ascontiguousarray(faces[:, ::-1]) if inward else faces
    return TextMesh(vertices, unit, turned, front, *figures)
