"""붉은 칠: deep red lacquer polished like a mirror, its edge drawn in gold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .material import Bsdf, Material, Points, Rgb, Setting, painted
from .mirrored import Mirrored, Softbox
from .noise import smooth_step
from .profile import Bevel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .material import Floats

# Art direction's red; in the shade of the sides it goes towards brown.
RED: Final[Rgb] = (0.48, 0.008, 0.008)
SIDE: Final[Rgb] = (0.16, 0.010, 0.008)
GOLD: Final[Rgb] = (1.00, 0.66, 0.24)

# The gold is laid on the bevel, in em, and fades into the red over this.
REACH: Final = 0.022
BRUSH: Final = 0.005

# A long window over the viewer's shoulder lies on the coat of the front; the bevels' gold takes
# strips from all sides with dark between them.
MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-6, 17, 170, 6, 9.0, 2, 0.1),
        Softbox(-40, 56, 60, 24, 3.0, 8, 0.1),
        Softbox(-92, 12, 36, 80, 1.8, 8, 0.2),
        Softbox(94, 20, 20, 80, 1.3, 8, 0.2),
        Softbox(0, 84, 360, 20, 2.2, 6, 0.1),
        Softbox(0, -78, 360, 16, 0.5, 8, 0.4),
    ),
    dark=(0.020, 0.016, 0.014),
    set_share=0.3,
    rim_warmth=0.3,
)


def paint(points: Points, _: Setting) -> Mapping[str, Floats]:
    """Return `coat` (N, 3), its colour, and `gold` (N, 1), 1 on the edge line."""
    import numpy as np

    front = points.front[:, None]
    line = (1 - smooth_step(REACH, REACH + BRUSH, points.inset))[:, None] * front
    red = np.array(SIDE) + (np.array(RED) - np.array(SIDE)) * front
    coat = red + (np.array(GOLD) - red) * line
    return {
        "vertex_coat": np.asarray(coat, np.float32),
        "vertex_gold": np.asarray(line, np.float32),
    }


def surface(_: Setting) -> Bsdf:
    """Return polished lacquer, and metal where it is gold.

    Mitsuba's clear coat mirrors a quarter of what varnish does: the base is polished instead.
    """
    return {
        "type": "principled",
        "base_color": painted("coat"),
        "metallic": painted("gold"),
        "roughness": 0.10,
        "specular": 0.60,
    }


MATERIAL: Final = Material(
    key="lacquer",
    profile=Bevel(depth=0.20, reach=REACH, crown=0.045),
    surface=surface,
    faces=("black_han_sans", "noto_sans_kr"),
    mirrored=MIRRORED,
    tone=lambda _: RED,
    paint=paint,
    tracking=0.015,
)
