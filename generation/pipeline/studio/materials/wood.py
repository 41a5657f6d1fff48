"""나무 조각: letters carved from a plank, oiled, their edges burnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .material import Bsdf, Material, Points, Rgb, Setting, painted
from .mirrored import Mirrored, Softbox
from .noise import noise, smooth_step
from .profile import Bevel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .material import Floats

# Linear colours (early wood, late wood, burnt): maple for dark sets, walnut for bright ones.
MAPLE: Final[tuple[Rgb, Rgb, Rgb]] = ((0.86, 0.57, 0.27), (0.44, 0.19, 0.055), (0.05, 0.017, 0.006))
WALNUT: Final[tuple[Rgb, Rgb, Rgb]] = (
    (0.25, 0.105, 0.042),
    (0.055, 0.019, 0.008),
    (0.016, 0.007, 0.004),
)
# Linear luminance behind the letters over which walnut stands out better.
BRIGHT: Final = 0.20

# Rings per em across the plank, and how far (em) they wander.
RINGS: Final = 6.5
WANDER: Final = 0.16
# Width (em) of the burn at the letter's edge.
BURN: Final = 0.030
REACH: Final = 0.034

MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-36, 40, 90, 56, 5.2, 10, 0.25),
        Softbox(60, 20, 50, 60, 1.0, 12, 0.3),
        Softbox(0, 84, 360, 24, 2.2, 10, 0.2),
        Softbox(-92, 10, 40, 80, 1.4, 10, 0.3),
    ),
    dark=(0.10, 0.095, 0.090),
    set_share=0.4,
    rim_warmth=0.0,
)


def timber(setting: Setting) -> tuple[Rgb, Rgb, Rgb]:
    """Return the plank's colours: early wood, late wood, burnt."""
    return WALNUT if setting.brightness > BRIGHT else MAPLE


def _grain(points: Points) -> Floats:
    """Return 0 in early and 1 in late wood: rings that wander along the plank, and fine pores."""
    import numpy as np

    x, y = points.vertices[:, 0], points.vertices[:, 1]
    slow = noise(x * 0.45, y * 1.3, 1) + 0.30 * noise(x * 1.3, y * 3.1, 2)
    phase = RINGS * (y + points.vertices[:, 2] * 0.6 + WANDER * 4 * slow)
    ring = np.asarray(phase - np.floor(phase), np.float32)
    late = smooth_step(0.45, 0.92, ring) * (1 - smooth_step(0.92, 1.0, ring))
    fibre = noise(x * 2.5, y * 42, 3) * 0.6 + noise(x * 4, y * 75, 4) * 0.4
    return np.asarray(np.clip(0.85 * late + 0.60 * (fibre - 0.40), 0, 1), np.float32)


def paint(points: Points, setting: Setting) -> Mapping[str, Floats]:
    """Return `grain` (N, 3), the wood's colour."""
    import numpy as np

    early, late, burnt = (np.array(colour) for colour in timber(setting))
    wood = early + (late - early) * _grain(points)[:, None]
    x, y = points.vertices[:, 0], points.vertices[:, 1]
    # The flame went in unevenly, and deeper along the bevel.
    reach = BURN * (0.6 + 0.9 * noise(x * 6, y * 6, 5)) + 0.4 * REACH
    burn = np.exp(-((points.inset / reach) ** 2)) * 0.85
    burn = np.maximum(burn, (1 - points.front) * 0.80)[:, None]
    return {"vertex_grain": np.asarray(wood + (burnt - wood) * burn, np.float32)}


def surface(_: Setting) -> Bsdf:
    """Return oiled wood: a broad, faint sheen."""
    return {
        "type": "principled",
        "base_color": painted("grain"),
        "roughness": 0.52,
        "specular": 0.3,
        "clearcoat": 0.15,
        "clearcoat_gloss": 0.7,
    }


MATERIAL: Final = Material(
    key="wood",
    profile=Bevel(depth=0.15, reach=REACH),
    surface=surface,
    faces=("black_han_sans", "noto_sans_kr"),
    mirrored=MIRRORED,
    tone=lambda setting: timber(setting)[0],
    paint=paint,
    tracking=0.02,
)
