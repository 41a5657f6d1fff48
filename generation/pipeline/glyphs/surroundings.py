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


# For cushions, which mirror everything around them: a stroke's body mirrors the viewer's side, so a
# huge even scrim hangs there and makes it broad bright gold; a hot box up on the left in it gives
# the glint, a gap under it the one crisp dark line near the lower edge, a low card and wings behind
# the bright amber rims.
CUSHION_BOXES: Final = (
    Softbox(-8, 40, 170, 46, 1.30, 12, 0.10),
    Softbox(-4, -4, 150, 54, 0.95, 10, 0.42),
    Softbox(-38, 42, 44, 30, 8.0, 8, 0.0),
    Softbox(64, 18, 12, 60, 4.0, 5, 0.05),
    Softbox(0, 80, 360, 14, 2.4, 8, 0.2),
    Softbox(10, -76, 360, 16, 1.3, 6, 0.75),
    Softbox(-128, 12, 50, 110, 0.7, 16, 0.6),
    Softbox(130, 12, 50, 110, 0.7, 16, 0.7),
)

# For bevelled chrome: the front mirrors the viewer's side, where a great bank shines down to a
# horizon line low on the letters and a grey floor lies under it; bevels mirror left, right, top and
# bottom: the lit ones are bright, the lower and the right ones dark, and they draw the letter.
BEVEL_BOXES: Final = (
    Softbox(-6, 22, 150, 66, 1.25, 5, 0.0),
    Softbox(-34, 30, 40, 22, 1.2, 12, 0.0),
    Softbox(0, -24, 150, 24, 0.50, 8, 0.1),
    Softbox(-92, 10, 44, 90, 1.6, 8, 0.0),
    Softbox(94, 20, 24, 80, 1.1, 8, 0.1),
    Softbox(0, 84, 360, 26, 3.4, 5, 0.05),
    Softbox(0, -82, 360, 18, 0.60, 6, 0.2),
)

NEUTRAL: Final = np.array([1.0, 0.985, 0.96])
LAMP: Final = np.array([1.0, 0.60, 0.26])

# How much redder a softbox is at its fading rim than in its middle.
RIM_WARMTH: Final = 0.6

# Light left between the softboxes. Folds of foil mirror each other, so their darkness is amber;
# steel's is black.
FOIL_DARK: Final = np.array([0.11, 0.046, 0.012])
STEEL_DARK: Final = np.array([0.020, 0.019, 0.020])

# How much of the set's own colour is mirrored: much of it would fill the dark bevels that draw a
# steel letter on a bright set.
FOIL_SET_SHARE, STEEL_SET_SHARE = 0.8, 0.3


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
    share = FOIL_SET_SHARE if cushion else STEEL_SET_SHARE
    radiance = dark + share * (behind * backdrop + below * ground)
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
