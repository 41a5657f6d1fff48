"""Letters with round edges: tubes of neon, blocks of cast glass."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from generation.pipeline.studio.materials.profile import Rounded

from .field import DistanceField, Field
from .marching import SURPLUS, Solid, crowned, marched, sample, slopes, unit
from .shaping import TextLayout

Floats = npt.NDArray[np.float32]

# Levels of the straight wall between the two round edges.
WALL_LEVELS: Final = 3


def rounded(field: DistanceField, layout: TextLayout, profile: Rounded) -> Solid:
    """Quarter-round from the outline's plane z = 0 to the front, straight wall, round behind."""
    swollen = field.distance + np.float32(SURPLUS)
    radius, low, step = profile.radius, -profile.depth, field.step
    t = np.minimum(swollen, radius)
    height = np.where(t > 0, t * (2 * radius - t), 2 * radius * t).astype(np.float32)
    top = radius + 1.6 * step
    walls = np.linspace(low, 0, WALL_LEVELS) if profile.depth else np.zeros(1)
    rise = np.arange(0.8 * step, top, 0.8 * step)
    levels = np.r_[low - rise[::-1], walls, rise]

    def solid(z: float) -> Field:
        beyond = max(z, 0.0, low - z)
        return np.asarray(height - beyond**2, np.float32)

    vertices, faces = marched(field, levels, solid)
    z = vertices[:, 2]
    beyond = np.where(z > 0, z, np.minimum(z - low, 0)).astype(np.float32)
    across, down = (sample(part, field, vertices) for part in slopes(height, step))
    crown = crowned(field, layout, profile.crown)
    cx, cy = (sample(part, field, vertices) for part in slopes(crown, step))
    lean = 2 * np.maximum(beyond, 0)
    normals = unit(-across - cx * lean, -down - cy * lean, 2 * beyond)
    return Solid(vertices, faces, normals, (z > 0).astype(np.float32), 0.0)
