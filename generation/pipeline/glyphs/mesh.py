"""Distance field -> mesh: letters inflated like foil balloons, or deep with a bevelled edge."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from skimage.measure import marching_cubes

from generation.pipeline.studio.materials import Profile

from .field import DistanceField, Field, distance_field, membrane
from .shaping import TextLayout

Floats = npt.NDArray[np.float32]

# Raised whenever the shape changes, so that cached meshes of older code are not used.
SHAPE_VERSION: Final = 1

# Field samples per em: what an em of 60-600 px needs, and no more than memory and time allow.
LEAST_DETAIL: Final = 56
MOST_DETAIL: Final = 160
SAMPLES_IN_ALL: Final = 150_000

# Widens every stroke a little (em), so that thin ones survive the grid.
SWELL: Final = 0.004

# Balloon: seam rim (em) around the cushion, its half thickness, and height over half width.
SEAM: Final = 0.012
SEAM_HALF: Final = 0.010
FULLNESS: Final = 1.15

# Metal: depth of the extrusion, reach of the 45-degree bevel, rise of the crowned front (em).
DEPTH: Final = 0.26
BEVEL: Final = 0.050
CROWN: Final = 0.045


@dataclass(frozen=True)
class TextMesh:
    """A closed triangle mesh, 1 unit = 1 em: x right, y up, z to the viewer, block centred on x, y.

    `vertices`, `normals` float32 (N, 3); `faces` int32 (M, 3), counter-clockwise from outside;
    `front` float32 (N,): 1 on what faces the viewer inside the outline, 0 on sides and back.
    `outline_z` is the height at which the silhouette equals the font's outline.
    """

    vertices: Floats
    normals: Floats
    faces: npt.NDArray[np.int32]
    front: Floats
    outline_z: float

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


def text_mesh(layout: TextLayout, profile: Profile, cache_dir: Path | None = None) -> TextMesh:
    """Return the mesh of a layout, from `cache_dir` when an intact copy is there."""
    if cache_dir is None:
        return build_mesh(layout, profile)
    path = cache_dir / "glyphs" / f"{_fingerprint(layout, profile)}.npz"
    stored = _read(path)
    if stored is None:
        stored = build_mesh(layout, profile)
        _write(path, stored)
    return stored


def build_mesh(layout: TextLayout, profile: Profile) -> TextMesh:
    """Build the mesh: fields in the plane, marching cubes on their extrusion."""
    area = (layout.width + 0.1) * (layout.height + 0.1)
    detail = float(np.clip(np.sqrt(SAMPLES_IN_ALL / area), LEAST_DETAIL, MOST_DETAIL))
    field = distance_field(layout, detail)
    return _inflated(field) if profile == "inflate" else _bevelled(field, layout)


def _inflated(field: DistanceField) -> TextMesh:
    """Cushions: z^2 = FULLNESS^2 * 2u, on a thin seam at the outline's plane."""
    swollen = field.distance + np.float32(SWELL)
    cushion = membrane(field, SEAM - SWELL) * np.float32(FULLNESS**2)
    top = float(np.sqrt(max(cushion.max(), 1e-6)))
    levels = np.arange(-SEAM_HALF - 1.5 * field.step, top + 1.6 * field.step, field.step)
    slopes = _slopes(cushion, field.step)
    edge = _slopes(swollen, field.step)

    def solid(z: float) -> Field:
        rim = np.minimum(swollen, SEAM_HALF - abs(z))
        body = (cushion - z * z) / (2 * SEAM) if z > 0 else cushion / (2 * SEAM)
        return np.minimum(np.maximum(rim, body), z + SEAM_HALF).astype(np.float32)

    vertices, faces = _marched(field, levels, solid)
    z = vertices[:, 2]
    u = _sample(cushion, field, vertices)
    on_body = (u >= 0.0) & (z > -0.5 * SEAM_HALF)
    round_normal = np.column_stack([-_sample(s, field, vertices) for s in slopes] + [2 * z])
    flat = np.where((z > 0.5 * SEAM_HALF)[:, None], (0.0, 0.0, 1.0), (0.0, 0.0, -1.0))
    side = np.column_stack([-_sample(s, field, vertices) for s in edge] + [0 * z])
    seam_normal = np.where((np.abs(z) > 0.9 * SEAM_HALF)[:, None], flat, side)
    normals = np.where(on_body[:, None], round_normal, seam_normal)
    front = (z > -0.6 * SEAM_HALF).astype(np.float32)
    return _mesh(vertices, normals, faces, front, 0.0)


def _bevelled(field: DistanceField, layout: TextLayout) -> TextMesh:
    """Extrusion from z = -DEPTH to 0, a 45-degree bevel, and a front slightly crowned per line."""
    swollen = field.distance + np.float32(SWELL)
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
    return _mesh(*_bevel_normals(field, swollen, crown, vertices, faces), -BEVEL)


def _bevel_normals(
    field: DistanceField, swollen: Field, crown: Field, vertices: Floats, faces: npt.NDArray[np.int32]
) -> tuple[Floats, Floats, npt.NDArray[np.int32], Floats]:
    """Return vertices, normals, faces and front flags: each vertex takes its own plane's normal."""
    s, top = _sample(swollen, field, vertices), _sample(crown, field, vertices)
    z = vertices[:, 2]
    sx, sy = (_sample(part, field, vertices) for part in _slopes(swollen, field.step))
    cx, cy = (_sample(part, field, vertices) for part in _slopes(crown, field.step))
    zero, one = np.zeros_like(z), np.ones_like(z)
    planes = np.stack([s, (s + top - BEVEL - z) * np.sqrt(0.5), top - z, z + DEPTH])
    nearest = planes.argmin(axis=0)
    normals = np.stack(
        [
            np.column_stack([-sx, -sy, zero]),
            np.column_stack([-sx - cx, -sy - cy, one]),
            np.column_stack([-cx, -cy, one]),
            np.column_stack([zero, zero, -one]),
        ]
    )[nearest, np.arange(len(z))]
    front = np.isin(nearest, (1, 2)).astype(np.float32)
    return vertices, normals.astype(np.float32), faces, front


def _crown(field: DistanceField, layout: TextLayout) -> Field:
    """Height of the crowned front: a shallow arch over each line of text."""
    rows = field.bottom + field.step * np.arange(field.distance.shape[0])
    arch = np.zeros(len(rows))
    for number in range(len(layout.lines)):
        boxes = np.array([cell.box for cell in layout.cells if cell.line == number])
        low, high = boxes[:, 1].min(), boxes[:, 3].max()
        t = (2 * rows - low - high) / max(high - low, field.step)
        arch = np.maximum(arch, CROWN * np.clip(1 - t * t, 0, None))
    return np.repeat(arch[:, None], field.distance.shape[1], axis=1).astype(np.float32)


def _marched(
    field: DistanceField, levels: npt.NDArray[np.float64], solid: Callable[[float], Field]
) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Run marching cubes on `solid` sampled at the z `levels` (uneven allowed)."""
    volume = np.stack([solid(float(z)) for z in levels], axis=2)
    points, faces, _, _ = marching_cubes(volume, 0.0, method="lorensen", gradient_direction="ascent")
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
    vertices: Floats, normals: Floats, faces: npt.NDArray[np.int32], front: Floats, outline_z: float
) -> TextMesh:
    """Normalise normals and make the faces' turn agree with them."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit = np.where(length > 1e-9, normals / np.maximum(length, 1e-9), (0.0, 0.0, 1.0))
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), unit[faces].sum(axis=1)).sum() < 0
    turned = np.ascontiguousarray(faces[:, ::-1]) if inward else faces
    return TextMesh(vertices, unit.astype(np.float32), turned, front, outline_z)


def _fingerprint(layout: TextLayout, profile: Profile) -> str:
    digest = hashlib.sha256(f"{SHAPE_VERSION} {profile} {layout.lines}".encode())
    for cell in layout.cells:
        for contour in cell.contours:
            digest.update(contour.tobytes())
    return digest.hexdigest()[:32]


def _read(path: Path) -> TextMesh | None:
    """Return the stored mesh, or None when it is absent or damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return TextMesh(
                stored["vertices"], stored["normals"], stored["faces"], stored["front"],
                float(stored["outline_z"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, mesh: TextMesh) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as temporary:
        np.savez(
            temporary, vertices=mesh.vertices, normals=mesh.normals, faces=mesh.faces,
            front=mesh.front, outline_z=np.float64(mesh.outline_z),
        )
    Path(temporary.name).replace(path)
