"""캔디: plump jelly letters under a glossy coat, lit through where they are thin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .material import Bsdf, Glow, Material, Points, Rgb, Setting, painted
from .mirrored import Mirrored, Softbox
from .profile import Cushion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .material import Floats

# Linear colours (thick, thin) of the jellies: light ones for dark and middling sets, cool against
# warm, and a deep one for bright sets.
LEMON: Final[tuple[Rgb, Rgb]] = ((0.80, 0.34, 0.0), (1.0, 0.60, 0.02))
BUBBLEGUM: Final[tuple[Rgb, Rgb]] = ((0.72, 0.02, 0.11), (1.0, 0.16, 0.28))
CHERRY: Final[tuple[Rgb, Rgb]] = ((0.26, 0.002, 0.012), (0.62, 0.010, 0.045))
# Luminance behind the letters from which light jelly would not stand out.
BRIGHT: Final = 0.30

# Radiance of the light that scatters back on the side of the key light and of what comes out on
# the other; the depth (em) of jelly that swallows it; the share that the skin itself throws back.
NEAR, THROUGH = 1.05, 1.3
SWALLOWED: Final = 0.045
SKIN: Final = 0.25
# Towards the light: it goes in here and comes out on the other side.
LIGHT: Final = (-0.45, 0.80, 0.40)

# Small and very bright: a coat mirrors but a twenty-fifth.
MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-24, 42, 40, 14, 36.0, 3),
        Softbox(46, 34, 12, 22, 22.0, 3),
        Softbox(0, 78, 300, 12, 5.0, 8),
        Softbox(0, -60, 300, 14, 3.5, 8),
    ),
    dark=(0.10, 0.10, 0.10),
    set_share=0.5,
    rim_warmth=0.0,
)


def flavour(setting: Setting) -> tuple[Rgb, Rgb]:
    """Return the jelly's colours, thick and thin."""
    red, _, blue = setting.backdrop
    if setting.brightness > BRIGHT:
        return CHERRY
    return BUBBLEGUM if red > 1.6 * blue else LEMON


def _thinness(points: Points) -> Floats:
    import numpy as np

    return np.asarray(np.exp(-points.inset / SWALLOWED)[:, None], np.float32)


def paint(points: Points, setting: Setting) -> Mapping[str, Floats]:
    """Return `jelly` (N, 3): the little that its skin throws back."""
    import numpy as np

    return {"vertex_jelly": np.asarray(SKIN * _jelly(points, setting), np.float32)}


def _jelly(points: Points, setting: Setting) -> Floats:
    """Return the colour (N, 3): deep where it is thick."""
    import numpy as np

    thick, thin = (np.array(colour, np.float32) for colour in flavour(setting))
    return np.asarray(thick + (thin - thick) * _thinness(points), np.float32)


def bleed(points: Points, setting: Setting) -> Floats:
    """Return the light that wanders through the jelly and leaves it.

    Fading softly from the side of the key light, where it goes in, and gathered again on the other
    side, where it comes out.
    """
    import numpy as np

    facing = (points.normals @ np.array(LIGHT, np.float32))[:, None]
    near = np.clip((facing + 0.6) / 1.6, 0, 1) ** 1.5
    through = np.clip(0.25 - facing, 0, 1) * (0.35 + 0.65 * _thinness(points))
    thin = np.array(flavour(setting)[1], np.float32)
    return np.asarray(NEAR * near * _jelly(points, setting) + THROUGH * through * thin, np.float32)


def surface(_: Setting) -> Bsdf:
    """Return wet jelly: a clear, sharp mirror of a twenty-fifth over its colour."""
    return {
        "type": "principled",
        "base_color": painted("jelly"),
        "roughness": 0.09,
        "specular": 0.6,
    }


MATERIAL: Final = Material(
    key="candy",
    profile=Cushion(fullness=1.25, seam=0.012, seam_half=0.012, fillet=0.0006),
    surface=surface,
    faces=("jua", "nanum_gothic"),
    mirrored=MIRRORED,
    tone=lambda setting: flavour(setting)[0],
    swell=0.028,
    tracking=0.03,
    paint=paint,
    path_depth=2,
    glow=Glow(bleed, lambda setting: flavour(setting)[1]),
)
