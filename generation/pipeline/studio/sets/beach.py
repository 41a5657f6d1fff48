"""바닷가: rippled sand with a shell or two, a soft line of foam, sea and sky far behind."""

from __future__ import annotations

from typing import Final

import numpy as np

from generation.pipeline.studio.backdrops import Backdrop, Lamp
from generation.pipeline.studio.camera import Array, Camera
from generation.pipeline.studio.canvas import (
    Canvas,
    blank,
    gradient,
    horizon_row,
    hung,
    noise,
)
from generation.pipeline.studio.lights import SoftBox, blackbody
from generation.pipeline.studio.palette import Palette, Rgb, to_linear
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import Shape, painted
from generation.pipeline.studio.shells import fan_shell, turret_shell
from generation.pipeline.studio.terrain import (
    Plane,
    calm_middle,
    ground_mesh,
    ripples,
    rolling,
    seen_ground,
)
from generation.pipeline.studio.textures import ColourMap, colour_texture, tiled_noise

from . import Levels, Staging, StudioSet

# Sand as displayed: pale quartz, and the darker grains among it.
SAND: Final = (0.95, 0.86, 0.72)
GRAIN_SPREAD: Final = 0.085
GRAIN_TEXTURE: Final = 1024
# Decimetres that one repeat of the grain covers: two pixels a grain at full size.
GRAIN_REPEAT: Final = 4.0
# Ripples in decimetres: crest to crest, height, and where the product has flattened them.
RIPPLE_LENGTH: Final = 0.85
RIPPLE_HEIGHT: Final = 0.16
FLATTENED: Final = 1.15
# The sand the camera sees: from before the lower edge; rows and columns of the mesh.
SAND_FRONT: Final = -6.5
SAND_ROWS: Final = 240
SAND_COLUMNS: Final = 170
# The shore lies this share of the product's box below the horizon (the sea's height in the
# picture), and no higher than this share of the box below its top.
SEA_HEIGHT: Final = 0.17
SHORE_BELOW_TOP: Final = -0.03
# A shell's middle keeps this far from the frame's sides, in decimetres.
SHELL_ROOM: Final = 0.48
# Hue of the open sea, and how far the palette may draw it towards turquoise or violet.
SEA_HUE: Final = 0.565
SEA_REACH: Final = 0.022
SUN_KELVIN: Final = 4700.0
# Edge to edge in decimetres: through thin haze, so that a box's shadow is soft, not a second box.
SUN_SIZE: Final = 14.0


def _shore(camera: Camera, rig: Rig) -> float:
    """Return the row in frame pixels where sand ends and water begins, at the product's column."""
    box = rig.layout.product
    below = horizon_row(camera) + SEA_HEIGHT * box.height
    return max(below, box.y + SHORE_BELOW_TOP * box.height)


def _lights(staging: Staging) -> tuple[SoftBox, ...]:
    rng = np.random.default_rng(staging.seed)
    sway, lower = float(rng.uniform(-1.5, 1.8)), float(rng.uniform(-0.5, 0.6))
    sun = SoftBox(
        (-38.0, 15.0 + 4 * sway, 21.0 + 4 * lower),
        (0.0, 6.0, 0.0),
        SUN_SIZE,
        SUN_SIZE,
        blackbody(SUN_KELVIN, 88.0),
    )
    sky = SoftBox((4.0, -6.0, 9.0), (0.0, 0.0, 0.5), 8.0, 6.0, (0.80, 0.98, 1.24))
    rim = SoftBox((7.0, 6.0, 5.0), (0.0, 0.0, 1.0), 2.0, 4.0, (2.0, 2.2, 2.6))
    return sun, sky, rim


def _ambient(_: Staging) -> Rgb:
    return (0.42, 0.50, 0.60)


def _grains(seed: int) -> ColourMap:
    """Return the colours of sand, grain by grain."""
    rng = np.random.default_rng(seed)
    size = GRAIN_TEXTURE
    tone = 0.75 * tiled_noise(rng, size, size, (size // 2, size // 2))
    tone += 0.5 * tiled_noise(rng, size, size, (size, size))
    dark = (rng.random((size, size)) < 0.012).astype(np.float32)
    warm = 0.018 * tiled_noise(rng, size, size, (size // 3, size // 3))
    colour = np.array(SAND, np.float32) * (1 + GRAIN_SPREAD * tone - 0.22 * dark)[..., None]
    colour += warm[..., None] * np.array([1.0, 0.2, -0.8], np.float32)
    return np.asarray(np.clip(colour * 255, 0, 255).astype(np.uint8))


def _sand_heights(seed: int, x: Plane, y: Plane) -> Plane:
    """Return the sand's height: never above the product's footing where it stands."""
    rng = np.random.default_rng(seed + 2)
    crests = ripples(rng, x, y, RIPPLE_LENGTH) - 0.75
    swell = rolling(rng, x, y, 6.0)
    calm = calm_middle(x, y, FLATTENED)
    soft = np.exp(-((np.maximum(y, 0) / 22.0) ** 2))
    height = calm * soft * RIPPLE_HEIGHT * crests + 0.05 * swell * calm
    return np.asarray(np.minimum(height, 0.01 + 0.2 * calm) - 0.012)


def _shapes(rig: Rig) -> dict[str, Shape]:
    rng = np.random.default_rng(rig.seed + 1)
    grains = {"type": "diffuse", "reflectance": colour_texture(_grains(rig.seed))}
    back = _waterline(rig)
    x, y = seen_ground(
        rig.camera, front=SAND_FRONT, back=back, rows=SAND_ROWS, columns=SAND_COLUMNS
    )
    z = _sand_heights(rig.seed, x, y)
    sand = ground_mesh((x, y, z), grains, rig.camera, texture_size=GRAIN_REPEAT)
    return {"sand": sand, **_shells(rig, rng)}


def _waterline(rig: Rig) -> Array:
    """Return how far back the sand reaches, column by column, in decimetres."""
    rng = np.random.default_rng(rig.seed + 3)
    camera = rig.camera
    columns = np.linspace(-0.12, 1.12, SAND_COLUMNS)
    tilt, phase = float(rng.uniform(-0.045, 0.045)), float(rng.uniform(0, 6))
    wave = tilt * (columns - 0.5) + 0.010 * np.sin(columns * 7 + phase)
    rows = _shore(camera, rig) + wave * rig.layout.product.height
    rows = np.maximum(rows, horizon_row(camera) + 0.05 * rig.layout.product.height)
    pixels = np.stack([columns * camera.width, rows], 1)
    return np.asarray(camera.on_ground(pixels)[:, 1])


def _shells(rig: Rig, rng: np.random.Generator) -> dict[str, Shape]:
    """One or two small shells at the sides of the product, never cropped by the frame."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    cream, blush = painted(to_linear((0.93, 0.86, 0.78))), painted(to_linear((0.90, 0.74, 0.65)))
    lean = float(rng.uniform(0.4, 0.7))
    fan = fan_shell(_beside(rig, rng, side), 0.46, float(rng.uniform(-0.5, 0.5)), lean, cream)
    shapes: dict[str, Shape] = {"fan": fan}
    if rng.random() < 0.7:
        turn = float(rng.uniform(0.8, 2.3))
        shapes["turret"] = turret_shell(_beside(rig, rng, -side), 0.55, turn, blush)
    return shapes


def _beside(rig: Rig, rng: np.random.Generator, side: float) -> tuple[float, float, float]:
    """Return a place on the sand left (-1) or right (1) of the product's box, inside the frame."""
    box, frame = rig.layout.product, rig.layout.frame
    edge = box.x if side < 0 else box.right
    column = edge + side * float(rng.uniform(-0.06, 0.05)) * box.width
    margin = SHELL_ROOM * rig.camera.pixels_per_unit
    column = min(max(column, frame.x + margin), frame.right - margin)
    # On the right the product's shadow falls past the front: shells lie further back there.
    back = rng.uniform(-0.02, 0.10) if side < 0 else rng.uniform(0.13, 0.22)
    row = box.bottom - box.height * float(back)
    x, y, _ = rig.camera.on_ground(np.array([[column, row]]))[0]
    height = float(_sand_heights(rig.seed, np.array([[x]]), np.array([[y]])).item())
    return float(x), float(y), height - 0.015


def _backdrop(rig: Rig) -> Backdrop:
    rng = np.random.default_rng(rig.seed + 11)
    picture = _seascape(rig, rng)
    return Backdrop({"card": hung(rig.camera, picture)}, _glitter(rig, rng), (1.0, 1.0, 1.0))


def _seascape(rig: Rig, rng: np.random.Generator) -> Canvas:
    """Paint sky, sea, foam and wet sand in the frame's pixels."""
    camera, palette = rig.camera, rig.palette
    canvas, columns, rows = blank(camera)
    horizon, shore, unit = horizon_row(camera), _shore(camera, rig), rig.layout.product.height
    heaven = gradient(rows, _sky_stops(palette, horizon, unit))
    clouds = 0.5 * noise(rng, canvas, (9, 3)) + 0.35 * noise(rng, canvas, (22, 7))
    high = np.clip((horizon - rows) / unit, 0, 1)
    sky = heaven * (1 + 0.07 * np.clip(clouds, -1.5, 1.5) * high)[..., None]
    sun_side = 1 + 0.16 * (1 - columns / camera.width)[..., None] * np.array([1.0, 0.86, 0.66])
    sea = gradient(rows, _sea_stops(palette, horizon, shore))
    swell = noise(rng, canvas, (max(canvas.shape[0] // 7, 4), 3))
    near = np.clip((rows - horizon) / max(shore - horizon, 1), 0, 1)
    water = sea * (1 + 0.16 * np.clip(swell, -1.5, 1.5) * near)[..., None]
    canvas[:] = np.where((rows < horizon)[..., None], sky * sun_side, water)
    line = shore + 0.006 * unit * noise(rng, canvas, (2, 6))[:1]
    foam = np.exp(-(((rows - line + 0.035 * unit) / (0.022 * unit)) ** 2))
    second = line - 0.12 * unit * (1 + 0.2 * noise(rng, canvas, (2, 4))[:1])
    foam += 0.45 * np.exp(-(((rows - second) / (0.012 * unit)) ** 2))
    foam = np.clip(foam * (0.8 + 0.2 * noise(rng, canvas, (3, 14))), 0, 1)[..., None]
    white = np.array(to_linear((0.97, 0.98, 0.98)), np.float32)
    return np.asarray(canvas * (1 - 0.85 * foam) + white * 0.85 * foam, np.float32)


def _sky_stops(palette: Palette, horizon: float, unit: float) -> list[tuple[float, Rgb]]:
    """Pale and a little warm at the horizon, the sea's own hue above."""
    warm = to_linear((0.99, 0.92, 0.84))
    middle = palette.leaning(SEA_HUE, SEA_REACH, saturation=0.52, value=0.80)
    high = palette.leaning(SEA_HUE, SEA_REACH, saturation=0.78, value=0.60)
    return [(horizon - 1.3 * unit, high), (horizon - 0.5 * unit, middle), (horizon, warm)]


def _sea_stops(palette: Palette, horizon: float, shore: float) -> list[tuple[float, Rgb]]:
    """Deep at the horizon, turquoise in the shallows, wet sand where it runs out."""
    deep = palette.leaning(SEA_HUE + 0.03, SEA_REACH, saturation=0.78, value=0.46)
    open_sea = palette.leaning(SEA_HUE, SEA_REACH, saturation=0.70, value=0.58)
    shallow = palette.leaning(SEA_HUE - 0.03, SEA_REACH, saturation=0.42, value=0.82)
    wet = to_linear((0.68, 0.58, 0.47))
    deep_end = horizon + 0.25 * (shore - horizon)
    return [
        (horizon, deep),
        (deep_end, open_sea),
        (shore - 0.18 * (shore - horizon), shallow),
        (shore, wet),
        (shore + 60, wet),
    ]


def _glitter(rig: Rig, rng: np.random.Generator) -> tuple[Lamp, ...]:
    """Sparks of sun on the water as small discs, towards the sun's side; none without a horizon,
    where the few on what is seen of the sea would be spots in the sky.
    """
    camera, unit = rig.camera, rig.layout.product.height
    horizon, shore = horizon_row(camera), _shore(camera, rig)
    if horizon <= 0:
        return ()
    lamps: list[Lamp] = []
    top = max(horizon, 0.05 * camera.height)
    for _ in range(int(rng.integers(9, 15))):
        column = camera.width * float(rng.beta(1.1, 2.0))
        row = top + max(shore - 0.07 * unit - top, 1.0) * float(rng.uniform())
        depth = float(rng.uniform(19, 44))
        x, y, z = (float(v) for v in camera.at_depth(np.array([[column, row]]), depth)[0])
        level = float(rng.uniform(0.04, 0.20))
        lamps.append(Lamp((x, y, z), 0.02, (1.0, 0.95, 0.86), level=level))
    return tuple(lamps)


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=_backdrop,
    lights=_lights,
    ambient=_ambient,
    elevation=6.0,
    lying_elevation=18.0,
    aperture=0.11,
    backdrop_level=Levels(0.45, 0.38, 0.26),
    vignette=0.22,
    key_level=Levels(0.42, 0.36, 0.25),
)
