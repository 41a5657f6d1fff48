"""숲·자연: a slice of a log or a slab of stone among moss, dappled light, a wood out of focus."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.studio.backdrops import Backdrop, Lamp
from generation.pipeline.studio.camera import Array
from generation.pipeline.studio.canvas import (
    Canvas,
    blank,
    even_below,
    gradient,
    horizon_row,
    hung,
    noise,
)
from generation.pipeline.studio.leaves import leaf_cloud, paint_leaves
from generation.pipeline.studio.lights import SoftBox, blackbody
from generation.pipeline.studio.palette import Palette, Rgb
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import Mesh, Shape, painted
from generation.pipeline.studio.slabs import (
    log_bark,
    log_rings,
    river_stone,
    slab_outline,
    slab_side,
    slab_top,
)
from generation.pipeline.studio.terrain import ground_mesh, rolling, seen_ground
from generation.pipeline.studio.textures import (
    ColourMap,
    colour_texture,
    tiled_noise,
)

from . import Levels, Staging, StudioSet

# The slab's radius under standing and under lying goods, its thickness, in decimetres.
SLAB_RADIUS: Final = 2.2
LYING_RADIUS: Final = 2.75
SLAB_HEIGHT: Final = 0.55
# Moss: its hue, how far a palette draws it, crest to crest of its cushions.
GREEN_HUE: Final = 0.255
GREEN_REACH: Final = 0.02
GREEN_TURN: Final = 0.13
CUSHION: Final = 1.15
MOSS_TEXTURE: Final = 1024
MOSS_REPEAT: Final = 7.0
MOSS_FRONT: Final = -6.5
MOSS_BACK: Final = 26.0
# Bare earth between the moss; plants: length of a leaf, and how near the lens the closest is.
EARTH: Final[Rgb] = (0.075, 0.052, 0.034)
PLANT_LEAF: Final = 0.42
NEAR_LEAVES: Final = 4.4
# The sun stands behind left and high; leaves half-way make its light dappled.
SUN: Final = (-15.0, 17.0, 32.0)
SUN_KELVIN: Final = 5000.0
# Leaves between sun and slab: how many, how long, over what radius, at what share of the way.
GOBO_LEAVES: Final = 420
GOBO_SIZE: Final = 1.25
GOBO_RADIUS: Final = 8.0
GOBO_SHARE: Final = 0.30


def _greens(palette: Palette, saturation: float, values: tuple[float, ...]) -> list[Rgb]:
    """Return greens of rising value: the deeper the bluer, the lighter the yellower."""
    return [
        palette.leaning(
            GREEN_HUE + GREEN_TURN * (0.5 - value), GREEN_REACH, saturation=saturation, value=value
        )
        for value in values
    ]


def _lights(staging: Staging) -> tuple[SoftBox, ...]:
    rng = np.random.default_rng(staging.seed)
    sway = float(rng.uniform(-1.2, 1.2))
    sun = SoftBox(
        (SUN[0] + 2 * sway, SUN[1], SUN[2]),
        (0.0, 0.0, 0.0),
        2.4,
        2.4,
        blackbody(SUN_KELVIN, 900.0),
    )
    sky = SoftBox((-7.0 + sway, -5.0, 8.0), (0.0, 0.0, 0.6), 4.5, 4.5, (7.0, 7.3, 6.6))
    green = SoftBox((8.5, -3.0, 4.0), (0.0, 0.0, 1.0), 5.0, 6.0, (0.55, 0.75, 0.45))
    return sun, sky, green


def _ambient(_: Staging) -> Rgb:
    return (0.20, 0.25, 0.19)


def _shapes(rig: Rig) -> dict[str, Shape]:
    rng = np.random.default_rng(rig.seed + 1)
    wooden = bool(rng.random() < 0.5)
    radius = SLAB_RADIUS if rig.pose == "stands" else LYING_RADIUS
    outline = slab_outline(rng, radius, 0.035 if wooden else 0.09)
    colours = log_rings(rng) if wooden else river_stone(rng)
    side = log_bark(rng) if wooden else colours
    top = {"type": "diffuse", "reflectance": colour_texture(colours)}
    edge = {"type": "diffuse", "reflectance": colour_texture(side)}
    shapes: dict[str, Shape] = {
        "slab": slab_top(outline, top),
        "rim": replace(
            slab_side(outline, edge, radius, SLAB_HEIGHT + 0.3), seen_from=rig.camera.eye
        ),
        "moss": _moss(rig, outline),
        "gobo": _gobo(rig, rng),
        "plants": _plants(rig, rng),
    }
    return shapes


def _moss(rig: Rig, outline: Array) -> Mesh:
    """Return cushions of moss all round the slab, a few of them creeping up its edge."""
    rng = np.random.default_rng(rig.seed + 7)
    x, y = seen_ground(rig.camera, front=MOSS_FRONT, back=MOSS_BACK, rows=170, columns=150)
    hills = rolling(rng, x, y, CUSHION) + 0.5 * rolling(rng, x, y, CUSHION * 0.45, 11)
    fuzz = 0.5 * rng.standard_normal(x.shape)
    turn = np.arctan2(y, x) % (2 * math.pi)
    rim = np.interp(turn, np.linspace(0, 2 * math.pi, len(outline)), outline)
    beyond = np.hypot(x, y) - rim
    bank = np.exp(-((beyond / 0.75) ** 2)) * (0.55 + 0.45 * rolling(rng, x, y, 2.6))
    z = -SLAB_HEIGHT + 0.16 * hills + 0.028 * fuzz + 0.34 * bank
    z = np.where(beyond < 0.02, np.minimum(z, -0.12 - 0.25 * (0.02 - beyond)), z)
    colours = colour_texture(_moss_colours(rig, rng)) | {"wrap_mode": "mirror"}
    bsdf = {"type": "diffuse", "reflectance": colours}
    return ground_mesh((x, y, np.asarray(z)), bsdf, rig.camera, texture_size=MOSS_REPEAT)


def _moss_colours(rig: Rig, rng: np.random.Generator) -> ColourMap:
    """Return moss in tufts of two greens, thin over brown earth in places."""
    size = MOSS_TEXTURE
    tufts = 0.6 * tiled_noise(rng, size, size, (size // 7, size // 7))
    tufts += 0.5 * tiled_noise(rng, size, size, (size // 2, size // 2))
    patches = tiled_noise(rng, size, size, (5, 5)) + 0.5 * tiled_noise(rng, size, size, (19, 19))
    deep, light = (np.array(colour) for colour in _greens(rig.palette, 0.58, (0.27, 0.56)))
    mix = np.clip(0.46 + 0.26 * tufts + 0.16 * patches, 0, 1)[..., None]
    linear = deep * (1 - mix) + light * mix
    bare = np.clip(0.9 * (-patches - 0.55) + 0.25 * tufts, 0, 0.85)[..., None]
    linear = linear * (1 - bare) + np.array(EARTH) * (0.8 + 0.4 * mix) * bare
    return np.asarray(np.clip(linear ** (1 / 2.2) * 255, 0, 255).astype(np.uint8))


def _plants(rig: Rig, rng: np.random.Generator) -> Mesh:
    """Return a few low plants behind the slab and one before the lens, in the frame's corner."""
    camera, box = rig.camera, rig.layout.product
    middles: list[Array] = []
    for side in (-1.0, 1.0):
        for _ in range(2):
            edge = box.x if side < 0 else box.right
            column = edge + side * box.width * float(rng.uniform(-0.10, 0.25))
            row = box.bottom - box.height * float(rng.uniform(0.20, 0.34))
            foot = camera.on_ground(np.array([[column, row]]), -SLAB_HEIGHT)[0]
            spread = rng.normal(0, (0.50, 0.40, 0.22), (26, 3))
            middles.append(foot + np.array((0.0, 0.0, 0.30)) + spread)
    frame = rig.layout.frame
    corner = frame.x if rng.random() < 0.5 else frame.right
    near = camera.at_depth(np.array([[corner, 1.0 * frame.bottom]]), NEAR_LEAVES)[0]
    middles.append(near + rng.normal(0, (0.13, 0.12, 0.12), (9, 3)))
    (green,) = _greens(rig.palette, 0.60, (0.42,))
    return leaf_cloud(rng, np.concatenate(middles), PLANT_LEAF, painted(green))


def _gobo(rig: Rig, rng: np.random.Generator) -> Mesh:
    """Return the leaves that stand in the sun's way, out of the camera's sight."""
    sun = np.array(rig.lights[0].position)
    middle = sun * GOBO_SHARE
    axis = sun / np.linalg.norm(sun)
    right = np.cross(axis, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, axis)
    angle = rng.uniform(0, 2 * math.pi, GOBO_LEAVES)
    reach = GOBO_RADIUS * np.sqrt(rng.uniform(0.015, 1, GOBO_LEAVES))
    spots = (
        middle + (reach * np.cos(angle))[:, None] * right + (reach * np.sin(angle))[:, None] * up
    )
    seen = rig.camera.project(spots)[:, 1] > -0.08 * rig.camera.height
    spots = spots[~seen]
    return leaf_cloud(rng, spots, GOBO_SIZE, painted((0.02, 0.05, 0.01)))


def _backdrop(rig: Rig) -> Backdrop:
    rng = np.random.default_rng(rig.seed + 11)
    wood = _wood(rig, rng)
    return Backdrop({"card": hung(rig.camera, wood)}, _specks(rig, rng), (1.0, 1.0, 1.0))


def _wood(rig: Rig, rng: np.random.Generator) -> Canvas:
    """Paint a sunny clearing, trunks before it, leaves in three depths, the dark ground."""
    camera, unit = rig.camera, rig.layout.product.height
    canvas, columns, rows = blank(camera)
    horizon = max(horizon_row(camera), 0.10 * camera.height)
    deep, low, mid, pale = _greens(rig.palette, 0.56, (0.13, 0.24, 0.38, 0.82))
    canvas[:] = gradient(
        rows,
        [
            (horizon - 1.9 * unit, deep),
            (horizon - 0.8 * unit, low),
            (horizon - 0.1 * unit, mid),
            (horizon + 0.2 * unit, low),
        ],
    )
    away = np.hypot(columns - _sun_column(rig), rows - horizon + 0.7 * unit)
    sunny = np.exp(-((away / (0.75 * unit)) ** 1.4))[..., None]
    canvas += sunny * np.array(pale, np.float32)
    scale = canvas.shape[1] / camera.width
    area = camera.width * camera.height / unit**2
    paint_leaves(canvas, rng, round(130 * area), 0.055 * unit * scale, [low, low, mid])
    trunks = _trunks(rng, columns - camera.width / 2, rows - horizon, unit)
    canvas = np.where(trunks[..., None], np.array((0.022, 0.024, 0.014), np.float32), canvas)
    paint_leaves(canvas, rng, round(26 * area), 0.10 * unit * scale, [deep, deep, low, mid])
    canvas = canvas * (0.85 + 2.2 * sunny)
    floor = np.clip((rows - horizon + 0.1 * unit) / (0.3 * unit), 0, 1)[..., None]
    patches = 1 + 0.30 * np.clip(noise(rng, canvas, (5, 6)), -1.5, 1.5)
    canvas = canvas * (1 - 0.6 * floor) * patches[..., None]
    hidden = camera.project(np.array([[0.0, MOSS_BACK, -SLAB_HEIGHT]]))[0][1]
    canvas = np.maximum(canvas, 0).astype(np.float32)
    return even_below(canvas, camera, float(hidden))


def _trunks(
    rng: np.random.Generator, across: NDArray[np.float32], down: NDArray[np.float32], unit: float
) -> NDArray[np.bool_]:
    """Return where a few upright trunks stand, from the upper edge to the ground.

    `across` from the frame's middle and `down` from the horizon in pixels, as is `unit`.
    """
    width = 2 * float(np.abs(across).max())
    found = np.zeros((down.shape[0], across.shape[1]), bool)
    for _ in range(int(rng.integers(3, 6))):
        side = -1.0 if rng.random() < 0.5 else 1.0
        x = side * width * float(rng.uniform(0.16, 0.5))
        half, lean = unit * float(rng.uniform(0.02, 0.07)), float(rng.uniform(-0.06, 0.06))
        found |= (np.abs(across - x - lean * down) < half) & (down < 0.1 * unit)
    return found


def _specks(rig: Rig, rng: np.random.Generator) -> tuple[Lamp, ...]:
    """Sun between the leaves as soft discs, most of them where the sun is."""
    camera, unit = rig.camera, rig.layout.product.height
    horizon = max(horizon_row(camera), 0.25 * camera.height)
    sun_x = _sun_column(rig)
    lamps: list[Lamp] = []
    for _ in range(int(rng.integers(34, 46))):
        column = sun_x + unit * float(rng.normal(0.1, 0.55))
        row = horizon - unit * float(rng.normal(0.7, 0.40))
        depth = float(rng.uniform(17, 60))
        x, y, z = (float(v) for v in camera.at_depth(np.array([[column, row]]), depth)[0])
        colour = ((0.86, 1.0, 0.42), (1.0, 0.93, 0.58), (0.62, 0.86, 0.30))[int(rng.integers(3))]
        lamps.append(Lamp((x, y, z), 0.02, colour, level=float(rng.uniform(0.04, 0.34))))
    return tuple(lamps)


def _sun_column(rig: Rig) -> float:
    """Return the column in frame pixels where the wood is brightest: left of the middle."""
    share = float(np.random.default_rng(rig.seed + 12).uniform(0.10, 0.36))
    return share * rig.camera.width


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=_backdrop,
    lights=_lights,
    ambient=_ambient,
    elevation=8.0,
    lying_elevation=16.0,
    aperture=0.15,
    backdrop_level=Levels(0.17, 0.11, 0.07),
    vignette=0.30,
    key_level=Levels(0.36, 0.29, 0.18),
)
