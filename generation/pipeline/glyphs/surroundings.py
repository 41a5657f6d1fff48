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
# right, one overhead, low cards so that the undersides are not black, and a dim wide one where the
# viewer stands, for the ridges.
CUSHION_BOXES: Final = (
    Softbox(-44, 34, 62, 44, 9.0, 8, 0.15),
    Softbox(62, 12, 18, 70, 5.0, 6, 0.1),
    Softbox(10, 74, 120, 16, 4.5, 8, 0.2),
    Softbox(-112, 8, 26, 80, 3.4, 10, 0.4),
    Softbox(125, 25, 30, 60, 2.6, 10, 0.6),
    Softbox(20, -38, 110, 20, 2.2, 10, 0.9),
    Softbox(0, -72, 360, 20, 0.8, 10, 1.0),
    Softbox(4, 2, 50, 30, 0.55, 24, 0.7),
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
LAMP: Final = np.array([1.0, 0.60, 0.26])

# How much redder a softbox is at its fading rim than in its middle.
RIM_WARMTH: Final = 0.6

# Light left between the softboxes. Folds of foil mirror each other, so their darkness is amber;
# steel's is black.
FOIL_DARK: Final = np.array([0.085, 0.038, 0.012])
STEEL_DARK: Final = np.array([0.020, 0.019, 0.020])


def surroundings(profile: Profile, tint: tuple[Floats, Floats]) -> npt.NDArray[np.float32]:
    """Return the equirectangular radiance map (ROWS, 2 * ROWS, 3), linear sRGB, for an envmap.

    `tint` is the set's (backdrop, ground) colour: the darkness between the softboxes takes it, so
    that the letters seem to stand in the picture.
    """
    x, y, z = _directions()
    backdrop, ground = tint
    below = _smooth(0.15, -0.55, y)[..., None]
    behind = _smooth(0.2, -0.8, z)[..., None]
    cushion = profile == "inflate"
    dark = np.broadcast_to(FOIL_DARK if cushion else STEEL_DARK, (*y.shape, 3))
    radiance = dark + behind * backdrop * 0.9 + below * ground * 0.8
    azimuth, elevation = np.degrees(np.arctan2(x, z)), np.degrees(np.arcsin(np.clip(y, -1, 1)))
    for box in CUSHION_BOXES if cushion else BEVEL_BOXES:
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
    bright = across * along
    # A box's rim is redder than its middle: highlights of gold run from pale to amber.
    warm = np.clip(box.warmth + RIM_WARMTH * (1 - bright), 0, 1)[..., None]
    return box.radiance * bright[..., None] * (NEUTRAL * (1 - warm) + LAMP * warm)


def _smooth(start: float, end: float, values: Floats) -> Floats:
    t = np.clip((values - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))
