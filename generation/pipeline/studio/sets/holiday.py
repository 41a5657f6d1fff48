"""명절: folded silk with a woven cloud pattern, flecks of gold leaf, a small brass bowl."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from generation.pipeline.studio.drapery import Hang, brocade, draped, flecks
from generation.pipeline.studio.lights import SoftBox, blackbody
from generation.pipeline.studio.palette import HUE_STEPS, Palette, Rgb
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import Shape
from generation.pipeline.studio.tableware import BOWL, across, seen_at, turned
from generation.pipeline.studio.textures import colour_texture, scalar_texture
from generation.pipeline.studio.textures_cloth import cloud_damask

from . import Levels, Staging, StudioSet

# Display colours of the silks by their hue on the wheel: deep red, jade, navy.
SILKS: Final[dict[int, Rgb]] = {
    0: (0.46, 0.05, 0.06),
    5: (0.05, 0.30, 0.26),
    7: (0.08, 0.18, 0.34),
}
# The woven clouds are lighter and shinier than their ground.
CLOUD_GAIN: Final = 1.32
GROUND_ROUGHNESS, CLOUD_ROUGHNESS = 0.46, 0.34
GOLD: Final[Rgb] = (0.90, 0.60, 0.22)
FLECKS: Final = 110
# The cloth's course in decimetres: its front edge, wall, bend, top, and its pattern's repeat.
FRONT, WALL, BEND, TOP = -6.0, 8.5, 2.5, 14.0
REPEAT: Final = 1.7
# Brass bowls stand behind the product at the frame's edge.
BOWL_PLACE: Final = 4.0


def _silk(palette: Palette) -> Rgb:
    """Return the silk whose hue is nearest to the palette's, deeper for white goods."""

    def distance(hue: int) -> int:
        apart = abs(hue - palette.hue)
        return min(apart, HUE_STEPS - apart)

    gain = {"dark": 1.35, "mid": 1.0, "light": 0.8}[palette.product_tone]
    red, green, blue = SILKS[min(SILKS, key=distance)]
    return red * gain, green * gain, blue * gain


def _lights(staging: Staging) -> tuple[SoftBox, ...]:
    rng = np.random.default_rng(staging.seed)
    sway = float(rng.uniform(-1.0, 1.0))
    key = SoftBox((-6.5 + sway, -0.5, 5.5), (0.0, 1.5, 0.2), 2.4, 2.4, blackbody(5000, 16.0))
    fill = SoftBox((8.0, -6.0, 4.0), (0.0, 0.5, 1.0), 5.0, 5.0, blackbody(5000, 0.5))
    rim = SoftBox((5.0, 5.5, 6.0), (0.0, 1.0, 0.3), 2.5, 2.5, blackbody(4000, 7.0))
    glow = SoftBox((-6.0 + sway, 5.5, 6.0), (0.5, WALL, 2.5), 1.6, 3.0, blackbody(4600, 5.0))
    return key, fill, rim, glow


def _ambient(_: Staging) -> Rgb:
    return blackbody(5000, 0.06)


def _gold(roughness: float, metallic: float = 1.0) -> dict[str, Any]:
    return {
        "type": "principled",
        "base_color": {"type": "rgb", "value": list(GOLD)},
        "metallic": metallic,
        "roughness": roughness,
    }


def _shapes(rig: Rig) -> dict[str, Shape]:
    pattern = cloud_damask()
    ground = np.array(_silk(rig.palette), np.float32)
    shine = GROUND_ROUGHNESS + (CLOUD_ROUGHNESS - GROUND_ROUGHNESS) * pattern
    silk = {
        "type": "principled",
        "base_color": colour_texture(brocade(pattern, ground, ground * CLOUD_GAIN)),
        "roughness": scalar_texture(shine.astype(np.float32)),
        "specular": 0.4,
        "metallic": 0.25,
        "sheen": 0.4,
        "sheen_tint": 1.0,
        "spec_tint": 0.4,
    }
    middle = (0.0, 0.6 if rig.pose == "stands" else 1.2)
    smooth = 0.5 if rig.pose == "stands" else 1.4
    wide = max(abs(seen_at(rig, column, WALL)) for column in (0, rig.camera.width)) + 1.0
    hang = Hang(FRONT, WALL, BEND, TOP, wide, middle, smooth, REPEAT)
    rng = np.random.default_rng(rig.seed + 2)
    frame = rig.layout.frame
    side = 0.08 if rig.layout.product.center[0] - frame.x > frame.width * 0.45 else 0.92
    place = (across(rig, side, BOWL_PLACE), BOWL_PLACE, 0.06)
    shapes: dict[str, Shape] = {
        "silk": draped(rig.seed + 1, hang, silk),
        "flecks": flecks(rig.seed + 3, FLECKS, 3.4, middle, _gold(0.45, metallic=0.7)),
    }
    if rng.random() < 0.7:
        shapes["bowl"] = turned(BOWL, place, _gold(0.2))
    return shapes


SET: Final = StudioSet(
    shapes=_shapes,
    backdrop=None,
    plate_scale=0.75,
    plate_samples=8,
    lights=_lights,
    ambient=_ambient,
    elevation=11.0,
    lying_elevation=21.0,
    aperture=0.13,
    vignette=0.45,
    key_level=Levels(0.10, 0.075, 0.055),
)
