"""Meshes kept on disk by what they are made of: the same line is never built twice."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import numpy as np

from generation.pipeline.studio.materials.profile import Profile

from .field import DistanceField
from .mesh import TextMesh, build_mesh
from .shaping import TextLayout

# Raised whenever the shape changes, so that cached meshes of older code are not used.
SHAPE_VERSION: Final = 8


def text_mesh(
    layout: TextLayout, profile: Profile, *, swell: float, cache_dir: Path, draft: bool = False
) -> TextMesh:
    """Return `build_mesh`'s result, from `cache_dir` when an intact copy is there."""
    path = mesh_path(layout, profile, swell, cache_dir, draft=draft)
    stored = _read(path)
    if stored is None:
        stored = build_mesh(layout, profile, swell=swell, draft=draft)
        _write(path, stored)
    return stored


def mesh_path(
    layout: TextLayout, profile: Profile, swell: float, cache_dir: Path, *, draft: bool = False
) -> Path:
    """Return where a layout's mesh is kept: named by outlines, profile, swell and version."""
    facts = f"{SHAPE_VERSION} {profile} {swell:.4f} {layout.lines}{' draft' * draft}"
    digest = hashlib.sha256(facts.encode())
    for cell in layout.cells:
        for contour in cell.contours:
            digest.update(contour.tobytes())
    return cache_dir / "glyphs" / f"{digest.hexdigest()[:32]}.npz"


def _read(path: Path) -> TextMesh | None:
    """Return the stored mesh, or None when it is absent or damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return TextMesh(
                vertices=stored["vertices"],
                normals=stored["normals"],
                faces=stored["faces"],
                front=stored["front"],
                plane=DistanceField(stored["distance"], *(float(x) for x in stored["grid"])),
                outline_z=float(stored["outline_z"]),
                swell=float(stored["swell"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, mesh: TextMesh) -> None:
    """Write aside and rename: a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as temporary:
        np.savez(
            temporary,
            vertices=mesh.vertices,
            normals=mesh.normals,
            faces=mesh.faces,
            front=mesh.front,
            distance=mesh.plane.distance,
            grid=np.array([mesh.plane.left, mesh.plane.bottom, mesh.plane.step]),
            outline_z=np.float64(mesh.outline_z),
            swell=np.float64(mesh.swell),
        )
    Path(temporary.name).replace(path)
