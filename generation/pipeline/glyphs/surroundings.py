"""What polished letters reflect: a dark studio with bright softboxes, tinted by the set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from generation.pipeline.studio.materials import Profile

Floats = npt.NDArray[np.float64]

# Rows of the map; the columns are twice as many. Softboxes are large: more shows nowhere.
ROWS: Final = 128


@dataclass(frozen=True)
class Softbox:
    """A bright rectangle on the sphere around the letters.

    Angles in degrees as seen from the letters: `azimuth` 0 is the viewer, 90 is the right;
    `elevation` 90 is up. `soft` is the width of the rim over which it fades. `warmth` 0 is
    neutral, 1 is lamp light.
    """

    azimuth: float
    elevation: float
    width: float
    height: float
    radiance: float
    soft: float = 6.0
    warmth: float = 0.0


# For cushions, which mirror everything around them: a big key up on the left, a long strip on the
# right, a thin one overhead, a low card so that the undersides are not black.
CUSHION_BOXES: Final = (
    Softbox(-48, 38, 46, 34, 5.5, 8, 0.1),
    Softbox(62, 12, 16, 70, 3.6, 6, 0.0),
    Softbox(10, 72, 120, 16, 3.0, 8, 0.1),
    Softbox(-112, 8, 26, 80, 2.2, 10, 0.3),
    Softbox(125, 25, 30, 60, 1.8, 10, 0.5),
    Softbox(20, -38, 90, 14, 0.8, 10, 0.8),
)

# For bevelled chrome: the front mirrors the viewer's side, so a bright bank begins just above it
# (the horizon line of chrome); bevels mirror left, right, top and bottom, each of its own value.
BEVEL_BOXES: Final = (
    Softbox(-8, 21, 130, 30, 1.5, 7, 0.0),
    Softbox(-90, 10, 50, 90, 2.4, 8, 0.0),
    Softbox(90, 5, 20, 90, 3.2, 6, 0.1),
    Softbox(0, 84, 360, 26, 5.0, 5, 0.05),
    Softbox(0, -70, 360, 18, 0.7, 8, 0.8),
    Softbox(-30, 3, 26, 4, 2.5, 2, 0.0),
)

NEUTRAL: Final = np.array([1.0, 0.985, 0.96])
LAMP: Final = np.array([1.0, 0.74, 0.45])


def surroundings(profile: Profile, tint: tuple[Floats, Floats]) -> npt.NDArray[np.float32]:
    """Return an equirectangular radiance map (ROWS, 2 * ROWS, 3), linear sRGB, for Mitsuba's envmap.

    `tint` is the set's (backdrop, ground) colour: the darkness between the softboxes takes it, so
    that the letters seem to stand in the picture.
    """
    x, y, z = _directions()
    backdrop, ground = tint
    below = _smooth(0.15, -0.55, y)[..., None]
    behind = _smooth(0.2, -0.8, z)[..., None]
    dark = np.broadcast_to(np.array([0.020, 0.019, 0.020]), (*y.shape, 3))
    radiance = dark + behind * backdrop * 0.9 + below * ground * 0.8
    azimuth, elevation = np.degrees(np.arctan2(x, z)), np.degrees(np.arcsin(np.clip(y, -1, 1)))
    for box in CUSHION_BOXES if profile == "inflate" else BEVEL_BOXES:
        radiance = radiance + _glow(box, azimuth, elevation)
    return radiance.astype(np.float32)


def _directions() -> tuple[Floats, Floats, Floats]:
    """Directions of the map's pixels, in Mitsuba's convention for envmaps (up is +y)."""
    v, u = np.meshgrid(
        (np.arange(ROWS) + 0.5) / ROWS, (np.arange(2 * ROWS) + 0.5) / (2 * ROWS), indexing="ij"
    )
    theta, phi = v * np.pi, u * 2 * np.pi
    return np.sin(phi) * np.sin(theta), np.cos(theta), -np.cos(phi) * np.sin(theta)


def _glow(box: Softbox, azimuth: Floats, elevation: Floats) -> Floats:
    around = np.abs((azimuth - box.azimuth + 180) % 360 - 180)
    across = _smooth(box.width / 2 + box.soft / 2, box.width / 2 - box.soft / 2, around)
    over = np.abs(elevation - box.elevation)
    along = _smooth(box.height / 2 + box.soft / 2, box.height / 2 - box.soft / 2, over)
    colour = NEUTRAL * (1 - box.warmth) + LAMP * box.warmth
    return (box.radiance * across * along)[..., None] * colour


def _smooth(start: float, end: float, values: Floats) -> Floats:
    t = np.clip((values - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))
