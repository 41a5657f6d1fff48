"""Letters sawn out of a slab, their front edge bevelled at 45 degrees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generation.pipeline.studio.materials.profile import Bevel

from .field import DistanceField, Field
from .marching import SURPLUS, Solid, blended, crowned, marched, sample, slopes, unit
from .shaping import TextLayout

Floats = npt.NDArray[np.float32]


def bevelled(field: DistanceField, layout: TextLayout, profile: Bevel) -> Solid:
    """Extrusion from z = -depth to 0 with a 45-degree bevel, open at its back.

    The front is shaded as crowned.
    """
    swollen = field.distance + np.float32(SURPLUS)
    step, reach, low = field.step, profile.reach, -profile.depth
    walls = np.linspace(low, -reach - step, 4)
    levels = np.r_[walls, np.arange(-reach, 1.6 * step, 0.8 * step)]

    def solid(z: float) -> Field:
        chamfer = (swollen - reach - z) * np.float32(np.sqrt(0.5))
        return np.asarray(np.minimum(np.minimum(swollen, chamfer), -z), np.float32)

    vertices, faces = marched(field, levels, solid)
    crown = crowned(field, layout, profile.crown)
    normals, front = _normals(field, swollen, crown, vertices, profile)
    return Solid(vertices, faces, normals, front, -reach)


def _normals(
    field: DistanceField, swollen: Field, crown: Field, vertices: Floats, profile: Bevel
) -> tuple[Floats, Floats]:
    """Return normals blended from the planes that meet at each vertex, and the front flags."""
    s = sample(swollen, field, vertices)
    z, zero = vertices[:, 2], np.zeros(len(vertices), np.float32)
    sx, sy = (sample(part, field, vertices) for part in slopes(swollen, field.step))
    cx, cy = (sample(part, field, vertices) for part in slopes(crown, field.step))
    chamfer = (s - profile.reach - z) * np.float32(np.sqrt(0.5))
    planes = [
        (s, unit(-sx, -sy, zero)),
        (chamfer, unit(-sx - cx, -sy - cy, zero + 1)),
        (-z, unit(-cx, -cy, zero + 1)),
    ]
    front = (np.minimum(chamfer, -z) < s).astype(np.float32)
    return blended(planes, field.step), front
