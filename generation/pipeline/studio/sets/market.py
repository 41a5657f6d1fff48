"""전통시장: a worn plank table, hemp or a bamboo tray on it, stalls and bare bulbs far behind."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from generation.pipeline.studio.backdrops import Backdrop, Lamp
from generation.pipeline.studio.lights import SoftBox, blackbody
from generation.pipeline.studio.palette import Rgb
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import Shape, block, cloth_mat, painted, plank_table
from generation.pipeline.studio.textures import (
    ColourMap,
    HeightMap,
    colour_texture,
    plank_atlas,
    scalar_texture,
    weave,
)
from generation.pipeline.studio.tray import tray_rim, woven_floor

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
ALLEY: Final = 9.0
# Seen from higher up, as lying goods are, the alley is narrow, so that its stalls are in sight.
LYING_ALLEY: Final = 4.5
# The tray's radius under standing and under lying goods, and split bamboo.
TRAY_RADIUS: Final = 1.75
LYING_TRAY_RADIUS: Final = 2.25
BAMBOO: Final[Rgb] = (0.45, 0.31, 0.15)
SEAM: Final[Rgb] = (0.010, 0.006, 0.004)
BULB_KELVIN: Final = 3000.0
# Linear colours of the stalls: awnings, counters, signs, heaps of fruit, greens and spice.
AWNINGS: Final[tuple[Rgb, ...]] = (
    (0.40, 0.05, 0.035),
    (0.10, 0.19, 0.12),
    (0.09, 0.14, 0.24),
    (0.52, 0.42, 0.29),
    (0.36, 0.22, 0.11),
)
COVERS: Final[tuple[Rgb, ...]] = (
    (0.24, 0.14, 0.08),
    (0.36, 0.26, 0.17),
    (0.16, 0.17, 0.11),
    (0.26, 0.08, 0.05),
)
SIGNS: Final[tuple[Rgb, ...]] = ((0.80, 0.72, 0.52), (0.75, 0.45, 0.06), (0.65, 0.06, 0.04))
GOODS: Final[tuple[Rgb, ...]] = (
    (0.62, 0.05, 0.03),
    (0.75, 0.33, 0.03),
    (0.18, 0.34, 0.06),
    (0.72, 0.58, 0.20),
    (0.40, 0.08, 0.16),
)
# Evening between the lamps: a little blue, so that their light looks warm.
DUSK: Final[Rgb] = (0.035, 0.050, 0.075)
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
    return {
        "table": table,
        "gap": block((0, 1.5, -0.75), (2 * TABLE_HALF_WIDTH, 15, 0.5), painted(SEAM)),
        **_laid_out(rig),
    }


def _laid_out(rig: Rig) -> dict[str, Shape]:
    """What lies on the planks: hemp cloth, a bamboo tray or nothing, by the seed."""
    choice = ("cloth", "tray", "planks")[int(np.random.default_rng(rig.seed + 21).integers(3))]
    if choice == "cloth":
        colours, relief = weave(rig.seed, 1024, 110, (0.93, 0.88, 0.77), (0.50, 0.42, 0.31))
        return {"cloth": cloth_mat(seed=rig.seed, size=(3.2, 2.7), bsdf=_woven(colours, relief))}
    if choice == "tray":
        radius = TRAY_RADIUS if rig.pose == "stands" else LYING_TRAY_RADIUS
        colours, relief = weave(rig.seed, 1024, 84, (0.88, 0.76, 0.55), (0.40, 0.28, 0.15))
        return {
            "tray": woven_floor(radius, _woven(colours, relief)),
            "rim": tray_rim(radius, painted(BAMBOO)),
        }
    return {}


def _woven(colours: ColourMap, relief: HeightMap) -> dict[str, Any]:
    return {
        "type": "bumpmap",
        "height": scalar_texture(relief),
        "scale": 0.04,
        "surface": {"type": "diffuse", "reflectance": colour_texture(colours)},
    }


def _stall(
    rng: np.random.Generator, side: float, alley: float, y: float, name: str
) -> dict[str, Any]:
    """One stall along the alley: counter, heaps of goods, a sign, an awning over its own lamp."""
    x = side * (alley + 4.0)
    awning, sign = AWNINGS[int(rng.integers(len(AWNINGS)))], SIGNS[int(rng.integers(len(SIGNS)))]
    wall, cover = side * (alley + 9), COVERS[int(rng.integers(len(COVERS)))]
    shapes: dict[str, Any] = {
        f"{name}_wall": block((wall, y, 4), (1, 17, 26), painted((0.22, 0.17, 0.14))),
        f"{name}_counter": block((x, y, -3.5), (8, 15, 9), painted(cover)),
        f"{name}_awning": block((x - side * 2, y, 14), (11, 15, 2.2), painted(awning)),
    }
    place = (x - side * 4.4, y + float(rng.uniform(-4, 4)), float(rng.uniform(8.5, 11)))
    shapes[f"{name}_sign"] = block(place, (0.4, float(rng.uniform(4, 9)), 2.6), painted(sign))
    for index, offset in enumerate(np.arange(-6.0, 6.1, 3.0)):
        colour = GOODS[int(rng.integers(len(GOODS)))]
        shapes[f"{name}_heap_{index}"] = {
            "type": "sphere",
            "center": [x + side * float(rng.uniform(-3, 1)), y + float(offset), 1.4],
            "radius": float(rng.uniform(1.3, 2.1)),
            "bsdf": painted(colour),
        }
    return shapes


def _backdrop(rig: Rig) -> Backdrop:
    rng = np.random.default_rng(rig.seed + 11)
    shapes: dict[str, Any] = {
        "floor": block((0, 80, FLOOR - 0.5), (80, 200, 1), painted((0.20, 0.16, 0.14))),
        "end": block((0, 175, 6), (80, 1, 60), painted((0.50, 0.34, 0.20))),
    }
    alley = ALLEY if rig.pose == "stands" else LYING_ALLEY
    hidden: list[Lamp] = []
    for row, y in enumerate(range(22, 150, 18)):
        for side in (-1.0, 1.0):
            place = y + float(rng.uniform(-2, 2))
            shapes |= _stall(rng, side, alley, place, f"stall_{row}_{side:.0f}")
            hidden.append(_bulb((side * (alley - 1.8), place, 8.0), 0.0))
    hidden.append(_bulb((0.0, 160.0, 9.0), 0.0))
    return Backdrop(shapes, (*hidden, *_strings(rig, rng)), DUSK)


def _bulb(place: tuple[float, float, float], level: float) -> Lamp:
    return Lamp(place, 0.45, blackbody(BULB_KELVIN, 40.0), level=level)


def _strings(rig: Rig, rng: np.random.Generator) -> list[Lamp]:
    """Two strings of bulbs from the upper corners towards the far end of the alley.

    They hang where the camera sees sky above the table, however it stands, so that the upper part
    of every format has its lights; the product's own column stays free of the brightest.
    """
    camera = rig.camera
    edge = camera.project(np.array([[0.0, 8.0, 0.0]]))[0][1]
    middle = camera.width * float(rng.uniform(0.46, 0.54))
    lamps: list[Lamp] = []
    for side in (-1.0, 1.0):
        count = int(rng.integers(5, 8))
        for share in np.linspace(0.0, 1.0, count):
            reach = (1.0 - 0.80 * share**0.8) * (camera.width * 0.56)
            sag = 0.30 * np.sin(np.pi * (0.15 + 0.7 * share))
            x = middle + side * reach + camera.width * float(rng.uniform(-0.025, 0.025))
            y = edge * (0.02 + 0.40 * share + sag + float(rng.uniform(-0.03, 0.03)))
            depth = 26.0 + 70.0 * float(share)
            where = camera.at_depth(np.array([[x, y]]), depth)[0]
            level = float(rng.uniform(0.9, 1.5)) * (1.0 - 0.45 * float(share))
            lamps.append(_bulb((float(where[0]), float(where[1]), float(where[2])), level))
    return lamps


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=_backdrop,
    lights=_lights,
    ambient=_ambient,
    elevation=9.0,
    lying_elevation=16.0,
    aperture=0.12,
    backdrop_level=Levels(0.15, 0.095, 0.06),
    vignette=0.38,
    key_level=Levels(0.24, 0.20, 0.15),
)
