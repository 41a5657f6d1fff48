"""Product photos that belong to nobody: rendered goods on a table, with exact alpha.

    python -m bench.product_photos OUT_DIR [name ...]

Each is path-traced as a phone would see it: one window, a table before a wall, soft shadow, a
little noise. Writes NAME.jpg (the photo) and NAME.alpha.png (the exact cut-out) for every product.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from generation.pipeline.studio import render

from .goods import PRODUCTS
from .groceries import GROCERIES
from .meshes import Part, box, coloured, lathe, moved, pillow, sphere, textured, turned

Colour = tuple[float, float, float]
GOODS = PRODUCTS | GROCERIES
SIDE = 1200
SAMPLES = 24
GROUND_SIZE = 40.0
PALE: Colour = (0.72, 0.70, 0.68)


@dataclass(frozen=True)
class Setting:
    """Where a product is photographed: linear albedos, window's share of light, camera's roll.

    `planks` and `cloth` put a pattern on the table, `things` that many other goods round it.
    """

    table: Colour = PALE
    wall: Colour = PALE
    window: float = 1.0
    sky: float = 1.0
    roll: float = 0.0
    planks: bool = False
    cloth: bool = False
    things: int = 0


SETTINGS = {
    "pale": Setting(),
    "white": Setting(table=(0.9, 0.9, 0.89), wall=(0.9, 0.9, 0.89), sky=1.3),
    "dark": Setting(table=(0.035, 0.035, 0.04), wall=(0.06, 0.06, 0.065), window=1.3),
    "wood": Setting(table=(0.30, 0.15, 0.06), wall=(0.62, 0.64, 0.60)),
    "tilted": Setting(table=(0.20, 0.30, 0.34), wall=(0.75, 0.70, 0.62), roll=6.0),
    "studio": Setting(table=(0.93, 0.93, 0.93), wall=(0.93, 0.93, 0.93), window=0.8, sky=2.1),
    "blue": Setting(table=(0.22, 0.42, 0.60), wall=(0.22, 0.42, 0.60)),
    "oak": Setting(table=(0.42, 0.27, 0.14), wall=(0.70, 0.68, 0.64), planks=True),
    "walnut": Setting(table=(0.16, 0.08, 0.04), wall=(0.35, 0.37, 0.36), planks=True, roll=-3.0),
    "black": Setting(table=(0.012, 0.012, 0.014), wall=(0.018, 0.018, 0.02), window=1.6),
    "market": Setting(table=(0.35, 0.22, 0.12), wall=(0.5, 0.42, 0.35), planks=True, things=24),
    "kitchen": Setting(table=(0.6, 0.6, 0.58), wall=(0.5, 0.6, 0.62), things=14),
    "cloth": Setting(table=(0.7, 0.2, 0.18), wall=(0.6, 0.58, 0.5), cloth=True, things=6),
    "heap": Setting(table=(0.55, 0.5, 0.45), wall=(0.55, 0.5, 0.45), things=40),
}


def _mesh(name: str, part: Part):
    import mitsuba as mi

    properties = mi.Properties()
    clear = part.bsdf["type"] == "thindielectric"
    bsdf = part.bsdf if clear else {"type": "twosided", "nested": part.bsdf}
    properties["bsdf"] = mi.load_dict(bsdf)
    mesh = mi.Mesh(name, len(part.vertices), len(part.faces), props=properties,
                   has_vertex_normals=part.smooth, has_vertex_texcoords=True)  # fmt: skip
    values = mi.traverse(mesh)
    values["vertex_positions"] = part.vertices.ravel()
    values["vertex_texcoords"] = part.uv.ravel()
    values["faces"] = part.faces.ravel()
    values.update()
    return mesh


def scene(
    parts: list[Part], setting: Setting, *, side: int, with_ground: bool, seed: int = 0
) -> dict:
    """A product on a table by a window; z is up, the camera looks 12 degrees down.

    `seed` 0 frames the product in the middle, any other a little off it, nearer or further.
    """
    content: dict = {
        "type": "scene",
        "integrator": render.integrator(6 if with_ground else 2),
        "sensor": _camera(parts, setting.roll, side, seed),
    }
    if with_ground:
        content |= _surroundings(setting)
        for index, part in enumerate(_other_things(parts, setting, seed)):
            content[f"thing{index}"] = _mesh(f"thing{index}", part)
    for index, part in enumerate(parts):
        content[f"part{index}"] = _mesh(f"part{index}", part)
    return content


def _other_things(parts: list[Part], setting: Setting, seed: int) -> list[Part]:
    """Boxes, jars, balls and bags round the product, mostly behind it, none through it."""
    rng = np.random.default_rng(seed + 100)
    reach = max(float(np.abs(part.vertices[:, :2]).max()) for part in parts)
    found = []
    while len(found) < setting.things:
        x, y = rng.uniform(-6, 6) * reach / 1.4, rng.uniform(-1.0, 6.5)
        size = rng.uniform(0.4, 1.5) * min(reach, 1.8)
        if np.hypot(x, y) < reach + 0.9 * size or (y < 0 and abs(x) < reach + size):
            continue
        surface = coloured(tuple(rng.uniform(0.03, 0.8, 3) ** 1.5), rng.uniform(0.1, 0.7))
        kind = rng.integers(0, 4)
        if kind == 0:
            part = turned(
                box((size, size, size * rng.uniform(0.4, 1.3)), surface), rng.uniform(0, 90)
            )
        elif kind == 1:
            tall = size * rng.uniform(1.2, 3)
            profile = [(0, 0), (size * 0.6, 0), (size * 0.6, tall * 0.7), (size * 0.3, tall)]
            part = lathe(profile, surface)
        elif kind == 2:
            part = sphere(size * 0.6, (0, 0, size * 0.6), surface)
        else:
            part = pillow((size * 1.3, size * 0.5, size * 2), surface, int(rng.integers(9)))
        found.append(moved(part, (x, y, 0)))
    return found


def _camera(parts: list[Part], roll: float, side: int, seed: int) -> dict:
    import mitsuba as mi

    rng = np.random.default_rng(seed)
    near, across, turn = (rng.uniform(0.85, 1.3), rng.uniform(-0.25, 0.25), rng.uniform(-0.15, 0.15)
                          ) if seed else (1.0, 0.0, 0.0)  # fmt: skip

    points = np.concatenate([part.vertices for part in parts])
    top, wide = float(points[:, 2].max()), float(np.abs(points[:, :2]).max())
    target = [across, 0, top * 0.47]
    distance = near * max(top * 1.55, wide * 3.6) / np.tan(np.deg2rad(12.0)) * 0.5
    eye = [across + turn * distance, -distance * 0.975, target[2] + distance * 0.22]
    up = [float(np.sin(np.deg2rad(roll))), 0, float(np.cos(np.deg2rad(roll)))]
    return {
        "type": "perspective", "fov": 24.0, "fov_axis": "smaller",
        "to_world": mi.ScalarTransform4f().look_at(origin=eye, target=target, up=up),
        "film": {"type": "hdrfilm", "width": side, "height": side,
                 "pixel_format": "rgba", "rfilter": {"type": "box"}},
    }  # fmt: skip


def _surroundings(setting: Setting) -> dict:
    import mitsuba as mi

    place = mi.ScalarTransform4f()
    window = place.look_at(origin=[-7, -6, 10], target=[0, 0, 2], up=[0, 0, 1]).scale(4.5)
    daylight = [value * setting.window for value in (7.0, 6.8, 6.5)]
    sky = [value * setting.sky for value in (0.52, 0.55, 0.60)]
    return {
        "window": {"type": "rectangle", "to_world": window,
                   "emitter": {"type": "area", "radiance": {"type": "rgb", "value": daylight}}},
        "sky": {"type": "constant", "radiance": {"type": "rgb", "value": sky}},
        "ground": {"type": "rectangle", "to_world": place.scale(GROUND_SIZE),
                   "bsdf": _table(setting)},
        "wall": {"type": "rectangle", "bsdf": {"type": "twosided", "nested": _matt(setting.wall)},
                 "to_world": place.translate([0, 9, 0]).rotate([1, 0, 0], 90).scale(GROUND_SIZE)},
    }  # fmt: skip


def _matt(colour: Colour) -> dict:
    return {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(colour)}}


def _table(setting: Setting) -> dict:
    """The table's surface: plain, planks that run to the wall, or a checked cloth."""
    if not (setting.planks or setting.cloth):
        return _matt(setting.table)
    rng = np.random.default_rng(11)
    colour = np.array(setting.table, np.float32) ** (1 / 2.2)
    if setting.cloth:
        x, y = np.meshgrid(np.arange(1024) // 13 % 2, np.arange(1024) // 13 % 2)
        return textured(colour * (0.45 + 0.55 * (x + y)[..., None] / 2), 0.9)
    grain = cv2.resize(rng.normal(0, 1, (24, 1024)).astype(np.float32), (1024, 1024))
    tint = np.repeat(rng.normal(0, 1, 40), 26)[:1024].astype(np.float32)
    joint = (np.arange(1024) % 26 == 0) * 0.35
    share = 1 + 0.05 * grain + 0.05 * tint[None] - joint[None]
    return textured(np.clip(colour * share[..., None], 0, 1).astype(np.float32), 0.5)


def photograph(name: str, out: Path, setting: str = "pale", side: int = SIDE) -> Path:
    """Render one product and its exact alpha into the folder; return the photo's path."""
    path = out / (f"{name}.jpg" if setting == "pale" else f"{name}.{setting}.jpg")
    photo, truth = shoot(name, setting, side=side, samples=SAMPLES)
    grain = np.random.default_rng(3).normal(0, 0.006, photo.shape)
    pixels = np.clip((photo + grain) * 255, 0, 255).astype(np.uint8)
    cv2.imwrite(str(path), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    cv2.imwrite(str(path.with_suffix(".alpha.png")), truth)
    return path


def shoot(
    name: str, setting: str, *, side: int, samples: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the developed picture (side, side, 3) 0..1 sRGB and the exact alpha, uint8."""
    render.use_variant()
    spin = 28.0 if name == "gift_box" else 0.0
    parts = [turned(part, spin) for part in GOODS[name]()]
    place = SETTINGS[setting]
    layers = render.render_passes(scene(parts, place, side=side, with_ground=True, seed=seed),
                                  seed=1, samples=samples, samples_per_pass=8)  # fmt: skip
    picture = render.denoise_layers(layers)
    developed = np.clip(1 - np.exp(-1.35 * picture), 0, 1) ** (1 / 2.2)
    solid = [replace(part, bsdf=_matt(PALE)) for part in parts]
    bare = scene(solid, place, side=side, with_ground=False, seed=seed)
    alpha = render.render_passes(bare, seed=2, samples=16, samples_per_pass=16).alpha
    return developed, np.round(np.clip(alpha, 0, 1) * 255).astype(np.uint8)


def main() -> None:
    """Render the named products, or all, on the pale table."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or PRODUCTS:
        print(photograph(name, out))


if __name__ == "__main__":
    main()
