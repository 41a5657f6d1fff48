"""Letters blown up like foil balloons."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generation.pipeline.studio.materials.profile import Cushion

from .field import DistanceField, Field, membrane
from .marching import SURPLUS, Solid, marched, sample, slopes, unit

Floats = npt.NDArray[np.float32]


def inflated(field: DistanceField, profile: Cushion) -> Solid:
    """Cushions: z^2 = fullness^2 * 2u, running out into a thin seam at the outline's plane.

    They are open at their back, just behind the seam.
    """
    swollen = field.distance + np.float32(SURPLUS)
    cushion = membrane(field, profile.seam - SURPLUS) * np.float32(profile.fullness**2)
    height = _joined(cushion, _seam(swollen, profile), profile.fillet)
    top = float(np.sqrt(max(height.max(), 1e-6)))
    levels = np.r_[-profile.back, np.arange(0.5 * field.step, top + 1.6 * field.step, field.step)]

    def solid(z: float) -> Field:
        return np.asarray(height - z * abs(z), np.float32)

    vertices, faces = marched(field, levels, solid)
    z = vertices[:, 2]
    across, down = (sample(part, field, vertices) for part in slopes(height, field.step))
    front = (z > -0.5 * profile.back).astype(np.float32)
    return Solid(vertices, faces, unit(-across, -down, 2 * np.abs(z)), front, 0.0)


def _seam(swollen: Field, profile: Cushion) -> Field:
    """Squared height of the seam: a quarter round of its width, then level; negative outside."""
    t = swollen / np.float32(profile.seam)
    inside = np.clip(t, 0.0, 1.0)
    round_edge = np.where(t > 0, inside * (2 - inside), 2 * t)
    seam: Field = (profile.seam_half**2 * round_edge).astype(np.float32)
    return seam


def _joined(body: Field, seam: Field, fillet: float) -> Field:
    """Return the larger of two fields with a fillet where they cross (a smooth maximum)."""
    blend = np.clip(0.5 + 0.5 * (body - seam) / fillet, 0.0, 1.0)
    joined: Field = (seam + (body - seam) * blend + fillet * blend * (1 - blend)).astype(np.float32)
    return joined
