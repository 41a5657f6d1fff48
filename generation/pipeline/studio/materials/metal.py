"""3D 메탈: letters milled from polished steel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .material import Bsdf, Glow, Material, Points, Rgb, Setting, rgb
from .mirrored import Mirrored, Softbox
from .profile import Bevel

if TYPE_CHECKING:
    from .material import Floats

# A little blue against the set's warm light.
STEEL: Final[Rgb] = (0.86, 0.88, 0.91)
# On a bright set bright steel cannot be read: there it is black chrome, from this luminance on.
BLACK_CHROME: Final[Rgb] = (0.100, 0.105, 0.118)
BRIGHT: Final = 0.38

# Reach of the bevel, in em.
REACH: Final = 0.050

# The front mirrors the viewer's side, where a great bank shines down to a horizon line low on the
# letters and a grey floor lies under it; bevels mirror left, right, top and bottom: the lit ones
# are bright, the lower and the right ones dark, and they draw the letter. Much of the set's own
# colour would fill the dark bevels on a bright set.
MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-6, 24, 150, 62, 1.10, 5, 0.0),
        Softbox(0, -2, 170, 9, 1.9, 5, 0.0),
        Softbox(-34, 30, 40, 22, 1.2, 12, 0.0),
        Softbox(0, -26, 150, 24, 0.34, 10, 0.1),
        Softbox(-92, 10, 44, 90, 1.6, 8, 0.0),
        Softbox(94, 20, 24, 80, 1.1, 8, 0.1),
        Softbox(0, 84, 360, 26, 3.4, 5, 0.05),
        Softbox(0, -82, 360, 18, 0.60, 6, 0.2),
    ),
    dark=(0.020, 0.019, 0.020),
    set_share=0.3,
)


# The edge between front and bevel is ground to a thin flat that flashes: its half width (em), its
# radiance towards the light, and the light's direction in the letters' plane.
FLAT: Final = 0.005
FLASH: Final = 0.9
LIGHT: Final = (-0.6, 0.8)


def flash(points: Points, _: Setting) -> Floats:
    """Return the glint along the front's edge, where it turns to the light."""
    import numpy as np

    away = (points.inset - REACH) / FLAT
    line = np.exp(-(away**2)) * points.front
    towards = np.clip(0.35 + points.outward @ np.array(LIGHT, np.float32), 0, 1)
    return np.asarray(FLASH * (line * towards)[:, None] * np.array(STEEL), np.float32)


def steel(setting: Setting) -> Rgb:
    """Return the metal's reflectance."""
    return BLACK_CHROME if setting.brightness > BRIGHT else STEEL


def surface(setting: Setting) -> Bsdf:
    """Return polished steel, sharp enough to read as chrome."""
    return {
        "type": "principled",
        "base_color": rgb(*steel(setting)),
        "metallic": 1.0,
        "roughness": 0.12,
    }


MATERIAL: Final = Material(
    key="metal",
    profile=Bevel(depth=0.26, reach=REACH, crown=0.053),
    surface=surface,
    faces=("black_han_sans", "noto_sans_kr"),
    mirrored=MIRRORED,
    tone=steel,
    tracking=0.01,
    glow=Glow(flash, lambda _: STEEL),
)
