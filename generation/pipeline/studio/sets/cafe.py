"""카페: a pale oak table before a plain wall, a window's light with leaves across both."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from generation.pipeline.studio.gobo import window_with_leaves
from generation.pipeline.studio.lights import SoftBox, blackbody
from generation.pipeline.studio.palette import Palette, Rgb
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import Mesh, Shape, grid_faces, painted, two_sided
from generation.pipeline.studio.tableware import CUP, SAUCER, across, books, turned
from generation.pipeline.studio.textures import colour_texture, plank_atlas, scalar_texture

from . import Levels, Staging, StudioSet

# Boards glued edge to edge, 11 cm wide; the table ends well behind the product.
BOARDS: Final = 12
BOARD_WIDTH: Final = 1.1
TABLE_FRONT: Final = -5.7
TABLE_HALF_WIDTH: Final = 18.0
THICKNESS: Final = 0.5
# Display colours of oiled oak: early and late wood.
PALE_WOOD: Final[Rgb] = (0.96, 0.88, 0.77)
DARK_WOOD: Final[Rgb] = (0.84, 0.72, 0.57)
WALL: Final = 11.0
# Cream on the wheel (0..1), and how far the palette may draw the wall from it: blush to straw.
CREAM_HUE: Final = 0.094
LEANING: Final = 0.014
# Morning sun through the window as the camera sees it, and what it is aimed at.
SUN: Final = (-8.5, -15.0, 13.0)
AIM: Final = (-2.6, 0.0, 5.0)
SUN_SIZE: Final = 0.5
WINDOW_SHARE: Final = 0.5
# 4,800 K light as a camera set to 5,700 K sees it.
DAY_KELVIN: Final = 5200.0


def _sun(seed: int) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return where the sun stands and what it is aimed at: the hour varies with the seed."""
    rng = np.random.default_rng(seed)
    x, y, z = SUN
    aim = (AIM[0] + float(rng.uniform(-0.8, 0.8)), AIM[1], AIM[2])
    return (x, y + float(rng.uniform(-2.5, 1.5)), z + float(rng.uniform(-2.5, 1.5))), aim


def _lights(staging: Staging) -> tuple[SoftBox, ...]:
    place, aim = _sun(staging.seed)
    sun = SoftBox(place, aim, SUN_SIZE, SUN_SIZE, blackbody(DAY_KELVIN, 7000.0))
    sky = SoftBox((3.0, 1.0, 14.0), (2.0, 2.0, 0.0), 9.0, 6.0, blackbody(6900, 2.6))
    room = SoftBox((9.0, -4.0, 5.0), (0.0, 2.0, 1.0), 6.0, 6.0, blackbody(5400, 0.9))
    return sun, sky, room


def _ambient(_: Staging) -> Rgb:
    return blackbody(6900, 0.24)


def _wall(palette: Palette) -> Rgb:
    """Return the wall's linear colour: cream that leans to the palette, deeper behind white."""
    value = {"dark": 0.95, "mid": 0.90, "light": 0.70}[palette.product_tone]
    saturation = {"dark": 0.10, "mid": 0.14, "light": 0.20}[palette.product_tone]
    return palette.leaning(CREAM_HUE, LEANING, saturation=saturation, value=value)


def _table(rig: Rig) -> dict[str, Shape]:
    colours, relief = plank_atlas(rig.seed * 3 + 1, BOARDS, PALE_WOOD, DARK_WOOD)
    oak = {
        "type": "bumpmap",
        "height": scalar_texture(relief),
        "scale": 0.015,
        "surface": {
            "type": "principled",
            "base_color": colour_texture(colours),
            "roughness": 0.38,
            "specular": 0.35,
        },
    }
    front, back, half = TABLE_FRONT, TABLE_FRONT + BOARDS * BOARD_WIDTH, TABLE_HALF_WIDTH
    corners = [(-half, front, 0), (half, front, 0), (-half, back, 0), (half, back, 0)]
    edge = [(-half, back, 0), (half, back, 0), (-half, back, -THICKNESS), (half, back, -THICKNESS)]
    uv = np.array([[-1, 0], [2, 0], [-1, 1], [2, 1], [-1, 0.98], [2, 0.98], [-1, 1], [2, 1]])
    faces = np.concatenate([grid_faces(2, 2), grid_faces(2, 2) + np.uint32(4)])
    vertices = np.array(corners + edge, np.float32)
    return {"table": Mesh(vertices, faces, two_sided(oak), uv.astype(np.float32))}


def _props(rig: Rig) -> dict[str, Shape]:
    """A cup on one side and books on the other, or one of them; behind and at the frame's edges."""
    rng = np.random.default_rng(rig.seed + 3)
    frame, box = rig.layout.frame, rig.layout.product
    shapes: dict[str, Shape] = {}
    left = box.center[0] - frame.x > frame.width * 0.45
    chosen = int(rng.integers(3))
    near, far = (0.10, 0.93) if left else (0.90, 0.07)
    if chosen != 1:
        y = float(rng.uniform(4.2, 5.2))
        place = (across(rig, near + float(rng.uniform(-0.02, 0.05)), y), y, 0.0)
        glaze = _glazed((0.86, 0.84, 0.79))
        shapes["saucer"] = turned(SAUCER, place, glaze)
        shapes["cup"] = turned(CUP, place, glaze)
    if chosen != 0:
        y = float(rng.uniform(4.6, 5.6))
        place = (across(rig, far, y), y, 0.0)
        covers = (
            painted(rig.palette.shade(saturation=0.38, value=0.46)),
            painted(rig.palette.shade(saturation=0.18, value=0.74)),
        )
        turns = (float(rng.uniform(-25, 25)), float(rng.uniform(-35, 35)))
        shapes |= books(place, turns, covers)
    return shapes


def _glazed(colour: Rgb) -> dict[str, Any]:
    return {
        "type": "principled",
        "base_color": {"type": "rgb", "value": list(colour)},
        "roughness": 0.25,
        "specular": 0.5,
    }


def _shapes(rig: Rig) -> dict[str, Shape]:
    light, aim = _sun(rig.seed)
    reach = 40.0
    corners = [(-reach, WALL, -reach), (reach, WALL, -reach), (-reach, WALL, reach)]
    wall = np.array([*corners, (reach, WALL, reach)], np.float32)
    return {
        "wall": Mesh(wall, grid_faces(2, 2), two_sided(painted(_wall(rig.palette)))),
        "window": window_with_leaves(rig.seed, light=light, target=aim, share=WINDOW_SHARE),
        **_table(rig),
        **_props(rig),
    }


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=None,
    plate_scale=0.75,
    plate_samples=8,
    lights=_lights,
    ambient=_ambient,
    elevation=9.0,
    lying_elevation=20.0,
    aperture=0.14,
    vignette=0.10,
    key_level=Levels(0.56, 0.52, 0.32),
)
