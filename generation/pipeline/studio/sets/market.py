"""전통시장: a worn plank table with hemp cloth or a cane mat, stalls and bare bulbs far behind."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from generation.pipeline.studio.backdrops import Backdrop, Lamp
from generation.pipeline.studio.lights import SoftBox, blackbody
from generation.pipeline.studio.palette import Rgb
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import Shape, block, cloth_mat, painted, plank_table
from generation.pipeline.studio.textures import (
    colour_texture,
    plank_atlas,
    scalar_texture,
    weave,
)

from . import Levels, Staging, StudioSet

# Planks of 8-15 cm; the table reaches from before the lens's lower edge to well behind the product.
PLANKS: Final = 13
TABLE_FRONT: Final = -6.0
TABLE_HALF_WIDTH: Final = 13.0
# Display colours of worn pine: early and late wood.
PALE_WOOD: Final = (0.66, 0.47, 0.30)
DARK_WOOD: Final = (0.33, 0.20, 0.12)
# The market's floor below the table's top, and the half-width of the alley, in decimetres.
FLOOR: Final = -8.0
ALLEY: Final = 10.0
SEAM: Final[Rgb] = (0.010, 0.006, 0.004)
BULB_KELVIN: Final = 3000.0
# Warm against the camera's white balance: 3,000 K light as a camera set to 4,000 K sees it.
KEY_KELVIN: Final = 4500.0


def _lights(staging: Staging) -> tuple[SoftBox, ...]:
    rng = np.random.default_rng(staging.seed)
    sway = float(rng.uniform(-0.8, 0.8))
    key = SoftBox((-6.0 + sway, -2.5, 7.5), (0.0, 0.3, 0.6), 3.2, 3.2, blackbody(KEY_KELVIN, 16.0))
    fill = SoftBox((8.0, -6.0, 4.0), (0.0, 0.0, 1.0), 5.0, 5.0, blackbody(4200, 0.9))
    rim = SoftBox((4.5, 7.5, 5.5), (0.0, 0.5, 0.5), 3.0, 2.0, blackbody(BULB_KELVIN, 14.0))
    return key, fill, rim


def _ambient(_: Staging) -> Rgb:
    return blackbody(3600, 0.10)


def _shapes(rig: Rig) -> dict[str, Shape]:
    colours, relief = plank_atlas(rig.seed * 7 + 3, PLANKS, PALE_WOOD, DARK_WOOD)
    wood = {
        "type": "bumpmap",
        "height": scalar_texture(relief),
        "scale": 0.05,
        "surface": {
            "type": "principled",
            "base_color": colour_texture(colours),
            "roughness": 0.42,
            "specular": 0.4,
        },
    }
    table = plank_table(
        seed=rig.seed,
        count=PLANKS,
        front=TABLE_FRONT,
        half_width=TABLE_HALF_WIDTH,
        top=-0.06,
        bsdf=wood,
    )
    cloth_colours, cloth_relief = weave(rig.seed, 1024, 150, (0.74, 0.65, 0.50), (0.36, 0.28, 0.19))
    cloth = {
        "type": "bumpmap",
        "height": scalar_texture(cloth_relief),
        "scale": 0.04,
        "surface": {"type": "diffuse", "reflectance": colour_texture(cloth_colours)},
    }
    return {
        "table": table,
        "gap": block((0, 1.5, -0.75), (2 * TABLE_HALF_WIDTH, 15, 0.5), painted(SEAM)),
        "cloth": cloth_mat(seed=rig.seed, size=(3.2, 2.7), bsdf=cloth),
    }


def _stall(rng: np.random.Generator, side: float, y: float, name: str) -> dict[str, Any]:
    """One stall along the alley: counter, heaps in baskets, a shelf, posts, an awning."""
    x = side * (ALLEY + 4.0)
    shapes: dict[str, Any] = {
        f"{name}_wall": block((side * (ALLEY + 9), y, 4), (1, 17, 26), painted((0.16, 0.08, 0.04))),
        f"{name}_counter": block((x, y, -3.5), (8, 15, 9), painted((0.20, 0.10, 0.05))),
        f"{name}_shelf": block((x + side * 3, y, 4.5), (3, 14, 0.5), painted((0.22, 0.12, 0.06))),
        f"{name}_post": block((x - side * 4, y - 8, 4), (0.7, 0.7, 26), painted((0.1, 0.05, 0.03))),
    }
    awning: Rgb = (0.50, 0.03, 0.02) if rng.random() < 0.45 else (0.28, 0.14, 0.05)
    shapes[f"{name}_awning"] = block((x - side * 2, y, 15), (11, 15, 0.6), painted(awning))
    goods: tuple[Rgb, ...] = (
        (0.55, 0.05, 0.02),
        (0.62, 0.30, 0.05),
        (0.30, 0.26, 0.06),
        (0.55, 0.42, 0.22),
        (0.40, 0.12, 0.05),
    )
    for index, offset in enumerate(np.arange(-6.0, 6.1, 3.0)):
        colour = goods[int(rng.integers(len(goods)))]
        for level, height in (("low", 1.6), ("high", 5.6)):
            shapes[f"{name}_{level}_{index}"] = {
                "type": "sphere",
                "center": [x + side * float(rng.uniform(-2, 3)), y + float(offset), height],
                "radius": float(rng.uniform(1.0, 1.6)),
                "bsdf": painted(colour),
            }
    return shapes


def _backdrop(rig: Rig) -> Backdrop:
    rng = np.random.default_rng(rig.seed + 11)
    shapes: dict[str, Any] = {
        "floor": block((0, 80, FLOOR - 0.5), (80, 200, 1), painted((0.12, 0.07, 0.04))),
        "end": block((0, 175, 6), (80, 1, 60), painted((0.30, 0.15, 0.06))),
    }
    lamps: list[Lamp] = []
    for row, y in enumerate(range(24, 100, 20)):
        for side in (-1.0, 1.0):
            shapes |= _stall(rng, side, y + float(rng.uniform(-2, 2)), f"stall_{row}_{side:.0f}")
            lamps.append(_bulb(rng, side * float(rng.uniform(3.5, 8.5)), float(y)))
    return Backdrop(shapes, tuple(lamps), blackbody(2600, 0.05))


def _bulb(rng: np.random.Generator, x: float, y: float) -> Lamp:
    place = (x, y + float(rng.uniform(-6, 6)), float(rng.uniform(6.5, 11.0)))
    return Lamp(place, 0.45, blackbody(BULB_KELVIN, 40.0), level=float(rng.uniform(0.5, 1.3)))


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=_backdrop,
    lights=_lights,
    ambient=_ambient,
    elevation=9.0,
    lying_elevation=24.0,
    aperture=0.12,
    backdrop_level=Levels(0.10, 0.055, 0.035),
    key_level=Levels(0.20, 0.17, 0.13),
)
