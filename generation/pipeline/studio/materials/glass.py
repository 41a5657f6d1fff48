"""유리: thick cast glass with round edges and a bright rim; what is behind shines through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .material import Bsdf, Glow, Material, Points, Rgb, Setting, painted
from .mirrored import Mirrored, Softbox
from .profile import Rounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .material import Floats

# Width of the round edge, and of the frosted line on it that catches light, in em.
EDGE: Final = 0.045
FROST: Final = 0.011
# Radiance of that line.
RIM: Final = 0.7
# Where light takes the longest way through the edge it turns to the glass's own colour: place and
# width of that band, in em, and what one passage through a surface leaves there and elsewhere.
BAND, BAND_WIDTH = 0.030, 0.013
THICK: Final[Rgb] = (0.34, 0.62, 0.70)
CLEAR: Final[Rgb] = (0.97, 1.0, 0.995)

# Strips of light that the round edges draw as thin lines, and a window in the upper left.
MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-14, 38, 120, 26, 5.0, 3),
        Softbox(0, 74, 200, 14, 4.5, 5),
        Softbox(-98, 6, 24, 100, 3.0, 6),
        Softbox(104, 12, 18, 90, 3.0, 6),
        Softbox(0, -72, 220, 16, 1.2, 8),
    ),
    dark=(0.03, 0.034, 0.04),
    set_share=0.5,
    rim_warmth=0.0,
)
# How many times as bright as its surroundings lit glass is, and what a card behind it can give.
# Against a set too bright for that it is parted by sides of its own (`keyline.py`).
CONTRAST: Final = 4.0
LIT: Final = (0.30, 0.80)
# What counts as black in a contrast (WCAG 2.2).
FLARE: Final = 0.05


def seen_through(setting: Setting) -> tuple[Rgb, Rgb]:
    """Return what glass makes of the picture behind, and the light from behind."""
    wanted = CONTRAST * (setting.brightness + FLARE) - 0.6 * setting.brightness
    lift = min(max(wanted, LIT[0]), LIT[1])
    return (0.6, 0.63, 0.65), (0.88 * lift, lift, 1.06 * lift)


def rim(points: Points, _: Setting) -> Floats:
    """Return the frosted line along the outline: light that entered elsewhere leaves there."""
    import numpy as np

    line = np.exp(-((points.inset / FROST) ** 2))[:, None] * points.front[:, None]
    return np.asarray(RIM * line * np.array((0.86, 0.97, 1.0)), np.float32)


def paint(points: Points, _: Setting) -> Mapping[str, Floats]:
    """Return `tint` (N, 3): clear in the middle, deep blue-green inside of the edge."""
    import numpy as np

    band = np.exp(-(((points.inset - BAND) / BAND_WIDTH) ** 2))[:, None] * points.front[:, None]
    clear, thick = np.array(CLEAR, np.float32), np.array(THICK, np.float32)
    return {"vertex_tint": np.asarray(clear + (thick - clear) * band, np.float32)}


def surface(_: Setting) -> Bsdf:
    """Return clear glass."""
    return {"type": "dielectric", "int_ior": 1.5, "specular_transmittance": painted("tint")}


MATERIAL: Final = Material(
    key="glass",
    profile=Rounded(radius=EDGE, depth=0.10, crown=0.06),
    surface=surface,
    faces=("do_hyeon", "jua", "noto_sans_kr"),
    mirrored=MIRRORED,
    tone=lambda _: (0.3, 0.34, 0.36),
    tracking=0.02,
    path_depth=6,
    two_sided=False,
    seen_through=seen_through,
    paint=paint,
    glow=Glow(rim, lambda _: (0.8, 0.95, 1.0)),
)
