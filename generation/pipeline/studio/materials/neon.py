"""네온: a lit glass tube along the strokes, on a dark board in the letters' shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .material import Bsdf, Glow, Material, Plate, Points, Rgb, Setting, rgb
from .mirrored import Mirrored, Softbox
from .profile import Rounded

if TYPE_CHECKING:
    from .material import Floats

# Radius of the tube, in em: half the stroke of the face it is bent from, whose outline it fills.
TUBE: Final = 0.045

# Linear colours of the gas, and the wheel hues (0..1) that they stand out from: neon's own rose
# pink, and argon's blue-green.
PINK: Final[Rgb] = (1.0, 0.045, 0.26)
CYAN: Final[Rgb] = (0.03, 0.62, 1.0)

# The core facing the viewer is hot enough to burn out to white, the rim shows the gas's colour.
RIM_RADIANCE: Final = 1.1
CORE_RADIANCE: Final = 5.0
CORE_FOCUS: Final = 3.0

# A dim room: the tube's glass and the board's edge have one strip of light each side.
MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-30, 58, 60, 10, 1.6, 6),
        Softbox(0, 84, 360, 20, 1.2, 6),
        Softbox(100, 10, 20, 70, 0.5, 8),
        Softbox(-100, 10, 20, 70, 0.7, 8),
    ),
    dark=(0.010, 0.010, 0.012),
    set_share=0.12,
    rim_warmth=0.0,
)


def gas(setting: Setting) -> Rgb:
    """Return the colour of the light: the one farther from the set's own."""
    red, _, blue = setting.backdrop
    return CYAN if red > 1.6 * blue else PINK


def surface(_: Setting) -> Bsdf:
    """Return the tube's clear glass, unlit: nearly black, with a glint."""
    return {"type": "principled", "base_color": rgb(0.02, 0.02, 0.02), "roughness": 0.12}


def board(_: Setting) -> Bsdf:
    """Return black acrylic."""
    return {"type": "principled", "base_color": rgb(0.006, 0.006, 0.008), "roughness": 0.3}


def shine(points: Points, setting: Setting) -> Floats:
    """Return a white-hot core in a coloured tube."""
    import numpy as np

    colour = np.array(gas(setting), np.float32)
    facing = np.clip(points.normals[:, 2:3], 0, 1)
    core = facing**CORE_FOCUS
    radiance = RIM_RADIANCE * colour + CORE_RADIANCE * core * (0.35 * colour + 0.65)
    return np.asarray(radiance * (0.35 + 0.65 * facing), np.float32)


MATERIAL: Final = Material(
    key="neon",
    profile=Rounded(radius=TUBE),
    surface=surface,
    faces=("gowun_dodum", "nanum_gothic"),
    mirrored=MIRRORED,
    tone=lambda _: (0.02, 0.02, 0.02),
    swell=0.0,
    tracking=0.05,
    path_depth=2,
    glow=Glow(shine, gas, spill=8.0, bloom=1.1),
    plate=Plate(board, margin=0.075, gap=0.05, depth=0.03),
)
