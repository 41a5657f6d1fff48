"""Distance field -> mesh: letters inflated like foil balloons, or deep with a bevelled edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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

# Added to the distance (em) before the surface is drawn, so that thin strokes survive the grid.
SURPLUS: Final = 0.002

# Balloon: width of the seam round the cushion and its half thickness (em), the fillet between
# them (em^2), how far behind the outline the flat back lies (em), height over half width.
SEAM: Final = 0.016
SEAM_HALF: Final = 0.012
FILLET: Final = 0.0002
BACK: Final = 0.006
FULLNESS: Final = 1.35

# Metal: depth of the extrusion, reach of the 45-degree bevel (em); rise of the crowned front over
# the line's height: from top to bottom it mirrors 24 degrees above to 24 below the viewer.
DEPTH: Final = 0.26
BEVEL: Final = 0.050
CROWN: Final = 0.053

# Width of the fillet on an edge, in samples.
EDGE_SOFTNESS: Final = 0.35


@dataclass(frozen=True)
class TextMesh:
    """A closed triangle mesh, 1 unit = 1 em: x right, y up, z to the viewer, block centred on x, y.

    `vertices`, `normals` float32 (N, 3); `faces` int32 (M, 3), counter-clockwise from outside;
    `front` float32 (N,): 1 on what faces the viewer inside the outline, 0 on sides and back.
    `outline_z` is the height at which the silhouette equals the swollen outline, `swell` is what
    the field was swollen by.
    """

    vertices: Floats
    normals: Floats
    faces: Triangles
    front: Floats
    outline_z: float
    swell: float = 0.0

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


def build_mesh(
    layout: TextLayout, profile: Profile, *, swell: float, detail: float | None = None
) -> TextMesh:
    """Build the mesh: fields in the plane, marching cubes on their extrusion.

    `swell` (em) is by how much strokes are widened on each side where there is room; `detail` the
    field's samples per em, as many as the picture needs unless given.
    """
    if detail is None:
        area = (layout.width + 0.1) * (layout.height + 0.1)
        detail = float(np.clip(np.sqrt(SAMPLES_IN_ALL / area), LEAST_DETAIL, MOST_DETAIL))
    field = distance_field(layout, detail, swell)
    mesh = _inflated(field) if profile == "inflate" else _bevelled(field, layout)
    return replace(mesh, swell=swell)


def _inflated(field: DistanceField) -> TextMesh:
    """Cushions: z^2 = FULLNESS^2 * 2u, running out into a thin seam at the outline's plane."""
    swollen = field.distance + np.float32(SURPLUS)
    cushion = membrane(field, SEAM - SURPLUS) * np.float32(FULLNESS**2)
    height = _joined(cushion, _seam(swollen))
    top = float(np.sqrt(max(height.max(), 1e-6)))
    levels = np.arange(-1.5 * field.step, top + 1.6 * field.step, field.step)

    def solid(z: float) -> Field:
        body = height - z * abs(z)
        return np.asarray(np.minimum(body, (z + BACK) * SEAM), np.float32)

    vertices, faces = _marched(field, levels, solid)
    z, zero = vertices[:, 2], np.zeros(len(vertices), np.float32)
    across, down = (_sample(part, field, vertices) for part in _slopes(height, field.step))
    flat = z < -0.5 * BACK
    normals = np.where(
        flat[:, None], _unit(zero, zero, zero - 1), _unit(-across, -down, 2 * np.abs(z))
    )
    return _mesh(vertices, normals, faces, (~flat).astype(np.float32), 0.0)


def _seam(swollen: Field) -> Field:
    """Squared height of the seam: a quarter round of radius SEAM, then level; negative outside."""
    t = swollen / np.float32(SEAM)
    inside = np.clip(t, 0.0, 1.0)
    round_edge = np.where(t > 0, inside * (2 - inside), 2 * t)
    seam: Field = (SEAM_HALF**2 * round_edge).astype(np.float32)
    return seam


def _joined(body: Field, seam: Field) -> Field:
    """Return the larger of two fields with a fillet where they cross (a smooth maximum)."""
    blend = np.clip(0.5 + 0.5 * (body - seam) / FILLET, 0.0, 1.0)
    joined: Field = (seam + (body - seam) * blend + FILLET * blend * (1 - blend)).astype(np.float32)
    return joined


def _bevelled(field: DistanceField, layout: TextLayout) -> TextMesh:
    """Extrusion from z = -DEPTH to 0 with a 45-degree bevel; the front is shaded as crowned."""
    swollen = field.distance + np.float32(SURPLUS)
    crown = _crown(field, layout)
    step = field.step
    low = -DEPTH
    walls = np.linspace(low + step, -BEVEL - step, 4)
    levels = np.r_[low - step, low, walls, np.arange(-BEVEL, 1.6 * step, 0.8 * step)]

    def solid(z: float) -> Field:
        chamfer = (swollen - BEVEL - z) * np.float32(np.sqrt(0.5))
        caps = min(-z, z - low)
        return np.asarray(np.minimum(np.minimum(swollen, chamfer), caps), np.float32)

    vertices, faces = _marched(field, levels, solid)
    normals, front = _bevel_normals(field, swollen, crown, vertices)
    return _mesh(vertices, normals, faces, front, -BEVEL)


def _bevel_normals(
    field: DistanceField, swollen: Field, crown: Field, vertices: Floats
) -> tuple[Floats, Floats]:
    """Return normals blended from the planes that meet at each vertex, and the front flags."""
    s = _sample(swollen, field, vertices)
    z, zero = vertices[:, 2], np.zeros(len(vertices), np.float32)
    sx, sy = (_sample(part, field, vertices) for part in _slopes(swollen, field.step))
    cx, cy = (_sample(part, field, vertices) for part in _slopes(crown, field.step))
    chamfer = (s - BEVEL - z) * np.float32(np.sqrt(0.5))
    planes = [
        (s, _unit(-sx, -sy, zero)),
        (chamfer, _unit(-sx - cx, -sy - cy, zero + 1)),
        (-z, _unit(-cx, -cy, zero + 1)),
        (z + DEPTH, _unit(zero, zero, zero - 1)),
    ]
    front = (np.minimum(chamfer, -z) < np.minimum(s, z + DEPTH)).astype(np.float32)
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
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-9), np.float32)


def _crown(field: DistanceField, layout: TextLayout) -> Field:
    """A shallow arch over each line of text: its slope is added to the normals, not to the shape.

    So the front mirrors a gradient, and outlines stay where the font has them.
    """
    rows = field.bottom + field.step * np.arange(field.distance.shape[0])
    arch = np.zeros(len(rows))
    for number in range(len(layout.lines)):
        boxes = np.array([cell.box for cell in layout.cells if cell.line == number])
        low, high = boxes[:, 1].min(), boxes[:, 3].max()
        t = (2 * rows - low - high) / max(high - low, field.step)
        arch = np.maximum(arch, CROWN * (high - low) * np.clip(1 - t * t, 0, None))
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
    return np.asarray(low * (1 - b) + high * b, np.float32)


def _mesh(
    vertices: Floats,
    normals: Floats,
    faces: Triangles,
    front: Floats,
    outline_z: float,
) -> TextMesh:
    """Normalise normals and make the faces' turn agree with them."""
    unit = _unit(normals[:, 0], normals[:, 1], normals[:, 2])
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), unit[faces].sum(axis=1)).sum() < 0
    turned = np.ascontiguousarray(faces[:, ::-1]) if inward else faces
    return TextMesh(vertices, unit, turned, front, outline_z)
