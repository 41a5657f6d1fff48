"""고급스러운: dark veined marble, a low glossy plinth with a brass edge, a narrow pool of light."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from generation.pipeline.studio.lights import SoftBox, blackbody
from generation.pipeline.studio.palette import Palette, Rgb
from generation.pipeline.studio.reflection import Gloss
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import (
    Mesh,
    Shape,
    cylinder_solid,
    grid_faces,
    lathe,
    two_sided,
)
from generation.pipeline.studio.textures import colour_texture
from generation.pipeline.studio.textures_stone import marble

from . import Levels, Staging, StudioSet

# Decimetres: the plinth reaches just before the product and well behind its middle.
RADIUS: Final = 2.1
LYING_RADIUS: Final = 2.6
CENTER: Final = 0.75
LYING_CENTER: Final = 1.45
HEIGHT: Final = 0.42
BRASS_HEIGHT: Final = 0.05
# The wall: slabs of the same stone, far enough back to be soft.
WALL: Final = 10.0
HALF_WIDTH: Final = 17.0
FRONT: Final = -7.0
WALL_TOP: Final = 16.0
# Pixels of the stone's pictures: the wall is out of focus, the plinth is near.
WALL_SIZE: Final = (512, 1024)
FLOOR_SIZE: Final = (768, 1536)
PLINTH_SIZE: Final = (768, 768)
# Display brightness of black marble, the colour of its veins, and the steps of the wheel (green to
# blue) that stone comes in; every other hue gets black.
BLACK: Final = 0.12
VEIN: Final[Rgb] = (0.76, 0.72, 0.64)
COLD_HUES: Final = (3, 8)
BRASS: Final[Rgb] = (0.86, 0.56, 0.22)


def _stone(palette: Palette) -> tuple[Rgb, Rgb]:
    """Return the display colours of stone and veins: black, or as deep a green or blue."""
    cold = COLD_HUES[0] <= palette.hue <= COLD_HUES[1]
    hue = palette.shade(saturation=0.60 if cold else 0.04, value=0.5)
    tint = np.array(hue) / max(hue)
    lift = {"dark": 1.6, "mid": 1.0, "light": 0.8}[palette.product_tone]
    red, green, blue = (float(v) for v in BLACK * lift * (0.55 + 0.45 * tint))
    return (red, green, blue), VEIN


def _polished(colours: Any, roughness: float) -> dict[str, Any]:
    return {
        "type": "principled",
        "base_color": colour_texture(colours),
        "roughness": roughness,
        "specular": 0.5,
    }


def _lights(staging: Staging) -> tuple[SoftBox, ...]:
    rng = np.random.default_rng(staging.seed)
    sway = float(rng.uniform(-1.0, 1.0))
    lift = float(rng.uniform(-0.8, 1.2))
    power = float(rng.uniform(0.8, 1.5))
    key = SoftBox((-2.8 + sway, -1.6, 6.0), (0.0, 0.7, 0.2), 2.0, 2.0, blackbody(6500, 20.0))
    # So far forward and high that the floor never mirrors them into the picture.
    left = SoftBox((-7.0, 1.2, 3.6), (0.0, 0.8, 0.6), 0.6, 4.6, blackbody(6400, 7.0))
    right = SoftBox((7.0, 1.2, 3.6), (0.0, 0.8, 0.6), 0.6, 4.6, blackbody(5200, 10.0))
    place, aim = (1.6 * sway, 7.2, 3.8 + lift), (1.2 * sway, WALL, 2.6 + lift)
    glow = SoftBox(place, aim, 1.4, 1.0, blackbody(6200, 9.0 * power))
    return key, left, right, glow


def _ambient(_: Staging) -> Rgb:
    return blackbody(6000, 0.04)


def _slab(corners: list[tuple[float, float, float]], bsdf: dict[str, Any]) -> Mesh:
    """Return a flat slab by its corners: near left, near right, far left, far right."""
    uv = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
    return Mesh(np.array(corners, np.float32), grid_faces(2, 2), two_sided(bsdf), uv)


def _plinth(rig: Rig, stone: Rgb, vein: Rgb) -> dict[str, Shape]:
    radius, center = _size(rig)
    place = np.array([0.0, center, 0.0], np.float32)
    top = marble(rig.seed * 5 + 2, *PLINTH_SIZE, stone=stone, vein=vein)
    body = cylinder_solid(radius, bottom=-HEIGHT, top=0.0, bevel=0.03, bsdf=_polished(top, 0.12))
    uv = body.vertices[:, :2] / (2 * radius + HEIGHT) + 0.5
    uv[:, 1] += body.vertices[:, 2] / (2 * radius + HEIGHT) / 2
    edge = np.array([[0.0, 0.0], [0.025, 0.0], [0.025, BRASS_HEIGHT], [0.0, BRASS_HEIGHT]])
    brass = {
        "type": "principled",
        "base_color": {"type": "rgb", "value": list(BRASS)},
        "metallic": 1.0,
        "roughness": 0.22,
    }
    ring = lathe(edge + np.array([radius, -0.06 - BRASS_HEIGHT]), bsdf=brass)
    return {
        "plinth": replace(body, vertices=body.vertices + place, uv=uv),
        "brass": replace(ring, vertices=ring.vertices + place),
    }


def _size(rig: Rig) -> tuple[float, float]:
    """Return the plinth's radius and how far behind the contact its middle is."""
    return (RADIUS, CENTER) if rig.pose == "stands" else (LYING_RADIUS, LYING_CENTER)


def _shapes(rig: Rig) -> dict[str, Shape]:
    stone, vein = _stone(rig.palette)
    floor = marble(rig.seed * 5 + 3, *FLOOR_SIZE, stone=stone, vein=vein)
    red, green, blue = (0.45 * v + 0.55 * s for v, s in zip(vein, stone, strict=True))
    wall = marble(rig.seed * 5 + 4, *WALL_SIZE, stone=stone, vein=(red, green, blue))
    low, wide = -HEIGHT, HALF_WIDTH
    return {
        "floor": _slab(
            [(-wide, FRONT, low), (wide, FRONT, low), (-wide, WALL, low), (wide, WALL, low)],
            _polished(floor, 0.16),
        ),
        "wall": _slab(
            [
                (-wide, WALL, low),
                (wide, WALL, low),
                (-wide, WALL, WALL_TOP),
                (wide, WALL, WALL_TOP),
            ],
            _polished(wall, 0.7),
        ),
        **_plinth(rig, stone, vein),
    }


def _gloss(rig: Rig) -> Gloss:
    radius, center = _size(rig)
    return Gloss(0.32, (0.0, center), radius)


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=None,
    plate_scale=0.75,
    plate_samples=8,
    lights=_lights,
    ambient=_ambient,
    elevation=9.0,
    lying_elevation=19.0,
    aperture=0.12,
    vignette=0.45,
    key_level=Levels(0.09, 0.055, 0.045),
    gloss=_gloss,
)
