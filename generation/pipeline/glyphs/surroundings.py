"""What letters reflect as a picture of the whole sphere: softboxes, the dark, the set's tint."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from generation.pipeline.studio.materials import Setting
from generation.pipeline.studio.materials.mirrored import Mirrored, Softbox

Floats = npt.NDArray[np.float64]

# Rows of the map; the columns are twice as many. Softboxes are large: more shows nowhere.
ROWS: Final = 128

NEUTRAL: Final = np.array([1.0, 0.985, 0.96])
LAMP: Final = np.array([1.0, 0.60, 0.26])


def surroundings(mirrored: Mirrored, setting: Setting) -> npt.NDArray[np.float32]:
    """Return the equirectangular radiance map (ROWS, 2 * ROWS, 3), linear sRGB, for an envmap.

    The darkness between the softboxes takes the set's colours, so that the letters seem to stand
    in the picture.
    """
    x, y, z = _directions()
    below = _smooth(0.15, -0.55, y)[..., None]
    behind = _smooth(0.2, -0.8, z)[..., None]
    dark = np.broadcast_to(np.array(mirrored.dark), (*y.shape, 3))
    tint = behind * np.array(setting.backdrop) + below * np.array(setting.ground)
    radiance = dark + mirrored.set_share * tint
    azimuth, elevation = np.degrees(np.arctan2(x, z)), np.degrees(np.arcsin(np.clip(y, -1, 1)))
    for box in mirrored.boxes:
        radiance = radiance + _glow(box, azimuth, elevation, mirrored.rim_warmth)
    return np.asarray(radiance, np.float32)


def _directions() -> tuple[Floats, Floats, Floats]:
    """Directions of the map's pixels, in Mitsuba's convention for envmaps (up is +y)."""
    v, u = np.meshgrid(
        (np.arange(ROWS) + 0.5) / ROWS, (np.arange(2 * ROWS) + 0.5) / (2 * ROWS), indexing="ij"
    )
    theta, phi = v * np.pi, u * 2 * np.pi
    return np.sin(phi) * np.sin(theta), np.cos(theta), -np.cos(phi) * np.sin(theta)


def _glow(box: Softbox, azimuth: Floats, elevation: Floats, rim_warmth: float) -> Floats:
    around = np.abs((azimuth - box.azimuth + 180) % 360 - 180)
    across = _smooth(box.width / 2 + box.soft / 2, box.width / 2 - box.soft / 2, around)
    over = np.abs(elevation - box.elevation)
    along = _smooth(box.height / 2 + box.soft / 2, box.height / 2 - box.soft / 2, over)
    bright = across * along
    warm = np.clip(box.warmth + rim_warmth * (1 - bright), 0, 1)[..., None]
    return box.radiance * bright[..., None] * (NEUTRAL * (1 - warm) + LAMP * warm)


def _smooth(start: float, end: float, values: Floats) -> Floats:
    t = np.clip((values - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))
