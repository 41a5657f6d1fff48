"""미니멀: a seamless sweep, a plinth, sometimes an arch; two close tones of one hue."""

from __future__ import annotations

from typing import Final

import numpy as np

from generation.pipeline.studio.lights import SoftBox
from generation.pipeline.studio.palette import Palette, Rgb
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import Shape, arch, cylinder_solid, painted, sweep

from . import Levels, Staging, StudioSet

# Decimetres: the plinth is wide enough for goods 24 cm long.
PLINTH_RADIUS: Final = 2.3
LYING_RADIUS: Final = 3.1
PLINTH_HEIGHT: Final = 0.7
SWEEP_DISTANCE: Final = 7.0


def _tones(palette: Palette) -> tuple[Rgb, Rgb]:
    """Wall and plinth: two close tones, lighter or darker to stand apart from the product."""
    value = {"dark": 0.90, "mid": 0.86, "light": 0.66}[palette.product_tone]
    saturation = {"dark": 0.30, "mid": 0.38, "light": 0.42}[palette.product_tone]
    wall = palette.shade(saturation=saturation, value=value)
    plinth = palette.shade(saturation=saturation * 0.72, value=min(value * 1.08, 0.97))
    return wall, plinth


def _lights(staging: Staging) -> tuple[SoftBox, ...]:
    rng = np.random.default_rng(staging.seed)
    sway = float(rng.uniform(-1.0, 1.0))
    key = SoftBox((-7.5 + sway, -4.0, 8.5), (0.0, 0.5, 0.5), 4.0, 4.0, (15.0, 14.6, 14.0))
    fill = SoftBox((9.0, -5.0, 4.0), (0.0, 0.0, 1.0), 5.0, 7.0, (0.9, 0.95, 1.05))
    kicker = SoftBox((6.5, 5.0, 5.0), (0.0, 0.0, 1.0), 1.2, 5.0, (5.0, 5.0, 5.2))
    return key, fill, kicker


def _ambient(staging: Staging) -> Rgb:
    """Paper walls all round return a little of the set's own hue."""
    red, green, blue = staging.palette.shade(saturation=0.25, value=0.40)
    return red, green, blue


def _shapes(rig: Rig) -> dict[str, Shape]:
    rng = np.random.default_rng(rig.seed + 1)
    wall, plinth = _tones(rig.palette)
    radius = PLINTH_RADIUS if rig.pose == "stands" else LYING_RADIUS
    shapes: dict[str, Shape] = {
        "sweep": sweep(distance=SWEEP_DISTANCE, floor=-PLINTH_HEIGHT, bsdf=painted(wall)),
        "plinth": cylinder_solid(
            radius,
            bottom=-PLINTH_HEIGHT,
            top=0.0,
            bevel=0.06,
            bsdf=painted(plinth),
        ),
    }
    if rng.random() < 0.6:
        side = 1.0 if rng.random() < 0.5 else -1.0
        shapes["arch"] = arch(
            center=(side * float(rng.uniform(1.2, 2.2)), 4.6, -PLINTH_HEIGHT),
            width=4.6,
            height=5.6,
            depth=0.5,
            bsdf=painted(plinth),
        )
    return shapes


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=None,
    lights=_lights,
    ambient=_ambient,
    elevation=7.0,
    lying_elevation=20.0,
    aperture=0.06,
    key_level=Levels(0.40, 0.33, 0.17),
    vignette=0.24,
    plate_scale=0.75,
    plate_samples=8,
    textured=False,
)
