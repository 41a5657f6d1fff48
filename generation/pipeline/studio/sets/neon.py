"""네온 밤거리: wet ground that mirrors the signs of a street far behind, magenta against cyan."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from generation.pipeline.layout import Layout
from generation.pipeline.studio.backdrops import Backdrop, Lamp
from generation.pipeline.studio.canvas import (
    Canvas,
    blank,
    even_below,
    gradient,
    horizon_row,
    hung,
    noise,
)
from generation.pipeline.studio.lights import SoftBox
from generation.pipeline.studio.palette import Palette, Rgb, to_linear
from generation.pipeline.studio.reflection import Gloss
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import Shape
from generation.pipeline.studio.terrain import ground_mesh, seen_ground
from generation.pipeline.studio.textures import (
    HeightMap,
    colour_texture,
    scalar_texture,
    tiled_noise,
)

from . import Levels, Staging, StudioSet

# The two colours of the street on the hue wheel, and how far the palette may draw them.
MAGENTA: Final = 0.885
CYAN: Final = 0.525
PAIR_REACH: Final = 0.045
# Wet asphalt: its colour as displayed, and how rough it is where dry and where a puddle stands.
ASPHALT: Final = (0.16, 0.16, 0.20)
DRY: Final = 0.34
PUDDLE: Final = 0.19
# Lying goods are seen from higher up, where a mirror image is compact: rougher water draws it out.
LYING_PUDDLE: Final = 0.26
GROUND_TEXTURE: Final = 1024
GROUND_REPEAT: Final = 9.0
GROUND_FRONT: Final = -6.5
GROUND_BACK: Final = 42.0
LYING_GROUND_BACK: Final = 110.0
# Where signs hang across the frame, 0..1: none behind a product in the middle.
SIGN_PLACES: Final = (0.04, 0.17, 0.31, 0.70, 0.84, 0.97)
# The signs' distance behind the product, and their height above the street, in decimetres.
SIGN_DEPTH: Final = 26.0
# How bright the wet ground mirrors a sign, and how bright a broad panel is against a tube.
MIRRORED: Final = 3.0
BROAD_SHARE: Final = 0.45
# How bright a sign behind the headline is.
CALM_SHARE: Final = 0.45


class Sign(NamedTuple):
    """A tube of light: its place across the frame 0..1, how high and tall in product boxes."""

    across: float
    foot: float
    tall: float
    wide: float
    warm: bool
    level: float


def signs(seed: int, layout: Layout) -> tuple[Sign, ...]:
    """Return the street's signs from left to right: colours alternate, the middle stays calm.

    Behind a headline that stands beside the product they are dimmer.
    """
    rng = np.random.default_rng(seed + 4)
    first = int(rng.random() < 0.5)
    frame = layout.frame
    beside = (layout.headline.right - frame.x) / frame.width if layout.align == "left" else 0.0
    return tuple(
        _sign(rng, place, warm=index % 2 == first, dim=CALM_SHARE if place < beside else 1.0)
        for index, place in enumerate(SIGN_PLACES)
    )


def _sign(rng: np.random.Generator, place: float, *, warm: bool, dim: float) -> Sign:
    """Return a sign near a place across the frame (0..1): an upright tube or a broad panel."""
    across = place + float(rng.uniform(-0.03, 0.03))
    outer = 0.6 + 0.5 * abs(place - 0.5) / 0.5
    level = dim * float(rng.uniform(0.5, 1.0))
    if rng.random() < 0.35:
        foot, tall, wide = (float(rng.uniform(*r)) for r in ((0.05, 0.6), (0.12, 0.3), (0.14, 0.3)))
        return Sign(across, foot, tall, wide, warm, level * BROAD_SHARE)
    foot, tall, wide = (float(rng.uniform(*r)) for r in ((0.05, 0.25), (0.3, 0.95), (0.03, 0.08)))
    return Sign(across, foot, tall * outer, wide, warm, level)


def _pair(palette: Palette, saturation: float) -> tuple[Rgb, Rgb]:
    """Return the warm and the cool neon as linear colours."""
    return (
        palette.leaning(MAGENTA, PAIR_REACH, saturation=saturation, value=1.0),
        palette.leaning(CYAN, PAIR_REACH, saturation=saturation, value=1.0),
    )


def _lights(staging: Staging) -> tuple[SoftBox, ...]:
    rng = np.random.default_rng(staging.seed)
    sway = float(rng.uniform(-0.8, 0.8))
    warm, cool = _pair(staging.palette, 0.80)
    key = SoftBox((-6.5 + sway, -4.5, 8.0), (0.0, 0.0, 1.0), 3.4, 3.4, (8.6, 8.5, 8.9))
    left, right = (warm, cool) if signs(staging.seed, staging.layout)[0].warm else (cool, warm)
    rims = (
        SoftBox((-7.5, 5.5, 3.5), (0.0, 0.0, 1.0), 1.4, 6.0, _scaled(left, 9.0)),
        SoftBox((7.5, 5.0, 3.5), (0.0, 0.0, 1.0), 1.4, 6.0, _scaled(right, 9.0)),
    )
    return (key, *rims, *_mirrored(staging))


def _scaled(colour: Rgb, strength: float) -> Rgb:
    red, green, blue = (strength * value for value in colour)
    return red, green, blue


def _mirrored(staging: Staging) -> tuple[SoftBox, ...]:
    """The street's signs as lights behind the set: the wet ground shows them as long streaks."""
    layout = staging.layout
    warm, cool = _pair(staging.palette, 0.86)
    unit = _box_unit(layout)
    boxes: list[SoftBox] = []
    for sign in signs(staging.seed, staging.layout):
        reach = (11.0 + SIGN_DEPTH) / 11.0
        place = layout.frame.x + sign.across * layout.frame.width
        x = (place - layout.product.center[0]) / unit * reach
        tall = sign.tall * 2.6 * reach
        z = sign.foot * 2.6 * reach + tall / 2 + 0.5
        width = max(sign.wide * 2.6 * reach, 0.8)
        colour = _scaled(warm if sign.warm else cool, MIRRORED * sign.level)
        middle = (float(x), SIGN_DEPTH, float(z))
        boxes.append(SoftBox(middle, (float(x) * 0.6, 0.0, float(z)), width, tall, colour))
    return tuple(boxes)


def _box_unit(layout: Layout) -> float:
    """Return the pixels of a decimetre at the product, near enough for the signs' places."""
    return layout.product.width / 3.2 if layout.wide else layout.product.height / 2.6


def _ambient(_: Staging) -> Rgb:
    return (0.045, 0.045, 0.095)


def _wetness(seed: int) -> HeightMap:
    """Return where water stands: 0 dry .. 1 puddle, with soft shores."""
    rng = np.random.default_rng(seed + 6)
    size = GROUND_TEXTURE
    pools = tiled_noise(rng, size, size, (3, 3)) + 0.35 * tiled_noise(rng, size, size, (8, 8))
    return np.asarray(np.clip(0.62 + 0.9 * pools, 0, 1), np.float32)


def _shapes(rig: Rig) -> dict[str, Shape]:
    rng = np.random.default_rng(rig.seed + 1)
    size = GROUND_TEXTURE
    wet = _wetness(rig.seed)
    puddle = PUDDLE if rig.pose == "stands" else LYING_PUDDLE
    stones = tiled_noise(rng, size, size, (size // 5, size // 5))
    stones += 0.6 * tiled_noise(rng, size, size, (size // 2, size // 2))
    relief = 0.5 + 0.16 * stones * (1 - 0.93 * wet)
    tone = (1 + 0.16 * stones * (1 - 0.6 * wet)) * (1 - 0.35 * wet)
    colour = np.array(ASPHALT, np.float32) * tone[..., None]
    asphalt = {
        "type": "bumpmap",
        "height": scalar_texture(relief.astype(np.float32)),
        "scale": 0.03,
        "surface": {
            "type": "principled",
            "base_color": colour_texture(np.clip(colour * 255, 0, 255).astype(np.uint8)),
            "roughness": scalar_texture(DRY + (puddle - DRY) * wet),
            "specular": 0.6,
        },
    }
    back = GROUND_BACK if rig.pose == "stands" else LYING_GROUND_BACK
    x, y = seen_ground(rig.camera, front=GROUND_FRONT, back=back, rows=12, columns=3)
    level = (x, y, np.zeros_like(x))
    ground = ground_mesh(level, asphalt, rig.camera, texture_size=GROUND_REPEAT)
    return {"ground": ground}


def _backdrop(rig: Rig) -> Backdrop:
    rng = np.random.default_rng(rig.seed + 11)
    street = _street(rig, rng)
    return Backdrop({"card": hung(rig.camera, street)}, _lamps(rig, rng), (1.0, 1.0, 1.0))


def _street(rig: Rig, rng: np.random.Generator) -> Canvas:
    """Paint the street: a violet haze, dark fronts, signs with the glow round them."""
    camera, unit = rig.camera, rig.layout.product.height
    canvas, columns, rows = blank(camera)
    horizon = horizon_row(camera)
    warm, cool = _pair(rig.palette, 0.88)
    haze = gradient(
        rows,
        [
            (horizon - 1.6 * unit, to_linear((0.10, 0.08, 0.20))),
            (horizon - 0.4 * unit, to_linear((0.17, 0.13, 0.33))),
            (horizon, to_linear((0.24, 0.18, 0.42))),
            (horizon + 0.3 * unit, to_linear((0.07, 0.06, 0.14))),
        ],
    )
    fronts = 1 + 0.32 * np.clip(noise(rng, canvas, (3, 9)), -1.6, 1.6)
    canvas[:] = haze * fronts[..., None]
    for sign in signs(rig.seed, rig.layout):
        colour = np.array(warm if sign.warm else cool, np.float32)
        foot = horizon - sign.foot * unit
        middle, half = foot - sign.tall * unit / 2, sign.tall * unit / 2
        place = rig.layout.frame.x + sign.across * rig.layout.frame.width
        across, size = columns - place, (sign.wide * unit / 2, half)
        canvas += sign.level * _shine(across, rows - middle, size, colour)
    hidden = camera.project(np.array([[0.0, GROUND_BACK, 0.0]]))[0][1]
    return even_below(canvas, camera, float(hidden))


def _shine(
    across: np.ndarray, down: np.ndarray, half: tuple[float, float], colour: np.ndarray
) -> Canvas:
    """Return a lit panel of half-size `half` pixels round 0, 0 and the glow around it."""
    beyond_x = np.maximum(np.abs(across) - half[0], 0)
    beyond_y = np.maximum(np.abs(down) - half[1], 0)
    away = np.hypot(beyond_x, beyond_y)[..., None]
    glow = 0.085 * np.exp(-away / (2.2 * half[0] + 8)) + 0.03 * np.exp(-away / (0.6 * half[1] + 8))
    return np.asarray((away < 1.0) * (0.8 * colour + 0.2) + glow * colour, np.float32)


def _lamps(rig: Rig, rng: np.random.Generator) -> tuple[Lamp, ...]:
    """Street lamps and windows as discs, low over the street and at the sides."""
    camera, unit = rig.camera, rig.layout.product.height
    horizon = horizon_row(camera)
    colours = (*_pair(rig.palette, 0.62), (1.0, 0.82, 0.6))
    lamps: list[Lamp] = []
    for _ in range(int(rng.integers(10, 16))):
        side = -1.0 if rng.random() < 0.5 else 1.0
        column = camera.width * (0.5 + side * float(rng.uniform(0.10, 0.52)))
        row = horizon - unit * float(rng.beta(1.1, 2.6))
        depth, level = float(rng.uniform(24, 60)), float(rng.uniform(0.06, 0.35))
        x, y, z = (float(v) for v in camera.at_depth(np.array([[column, row]]), depth)[0])
        colour = colours[int(rng.integers(len(colours)))]
        lamps.append(Lamp((x, y, z), 0.02, colour, level=level))
    return tuple(lamps)


def _gloss(_: Rig) -> Gloss:
    """Water all round the product's foot."""
    return Gloss(0.38, (0.0, 0.0), 14.0)


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=_backdrop,
    lights=_lights,
    ambient=_ambient,
    elevation=7.0,
    lying_elevation=14.0,
    aperture=0.16,
    backdrop_level=Levels(0.075, 0.056, 0.045),
    vignette=0.34,
    key_level=Levels(0.12, 0.09, 0.065),
    gloss=_gloss,
)
