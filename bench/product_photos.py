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

from .goods import PRODUCTS, Part

Colour = tuple[float, float, float]
SIDE = 1200
SAMPLES = 24
GROUND_SIZE = 40.0
PALE: Colour = (0.72, 0.70, 0.68)


@dataclass(frozen=True)
class Setting:
    """Where a product is photographed: linear albedos, window's share of light, camera's roll."""

    table: Colour = PALE
    wall: Colour = PALE
    window: float = 1.0
    sky: float = 1.0
    roll: float = 0.0


SETTINGS = {
    "pale": Setting(),
    "white": Setting(table=(0.9, 0.9, 0.89), wall=(0.9, 0.9, 0.89), sky=1.3),
    "dark": Setting(table=(0.035, 0.035, 0.04), wall=(0.06, 0.06, 0.065), window=1.3),
    "wood": Setting(table=(0.30, 0.15, 0.06), wall=(0.62, 0.64, 0.60)),
    "tilted": Setting(table=(0.20, 0.30, 0.34), wall=(0.75, 0.70, 0.62), roll=6.0),
}


def _mesh(name: str, part: Part):
    import mitsuba as mi

    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict({"type": "twosided", "nested": part.bsdf})
    mesh = mi.Mesh(name, len(part.vertices), len(part.faces), props=properties,
                   has_vertex_normals=part.smooth, has_vertex_texcoords=True)  # fmt: skip
    values = mi.traverse(mesh)
    values["vertex_positions"] = part.vertices.ravel()
    values["vertex_texcoords"] = part.uv.ravel()
    values["faces"] = part.faces.ravel()
    values.update()
    return mesh


def scene(parts: list[Part], setting: Setting, *, side: int, with_ground: bool) -> dict:
    """A product on a table by a window; z is up, the camera looks 12 degrees down."""
    content: dict = {
        "type": "scene",
        "integrator": render.integrator(6),
        "sensor": _camera(parts, setting.roll, side),
    }
    if with_ground:
        content |= _surroundings(setting)
    for index, part in enumerate(parts):
        content[f"part{index}"] = _mesh(f"part{index}", part)
    return content


def _camera(parts: list[Part], roll: float, side: int) -> dict:
    import mitsuba as mi

    points = np.concatenate([part.vertices for part in parts])
    top, wide = float(points[:, 2].max()), float(np.abs(points[:, :2]).max())
    target = [0, 0, top * 0.47]
    distance = max(top * 1.55, wide * 3.6) / np.tan(np.deg2rad(12.0)) * 0.5
    eye = [0.0, -distance * 0.975, target[2] + distance * 0.22]
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
                   "bsdf": _matt(setting.table)},
        "wall": {"type": "rectangle", "bsdf": {"type": "twosided", "nested": _matt(setting.wall)},
                 "to_world": place.translate([0, 9, 0]).rotate([1, 0, 0], 90).scale(GROUND_SIZE)},
    }  # fmt: skip


def _matt(colour: Colour) -> dict:
    return {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(colour)}}


def _turned(part: Part, degrees: float) -> Part:
    spin = np.deg2rad(degrees)
    rotation = np.array([[np.cos(spin), -np.sin(spin), 0], [np.sin(spin), np.cos(spin), 0],
                         [0, 0, 1]], np.float32)  # fmt: skip
    return replace(part, vertices=part.vertices @ rotation.T)


def photograph(name: str, out: Path, setting: str = "pale", side: int = SIDE) -> Path:
    """Render one product and its exact alpha into the folder; return the photo's path."""
    render.use_variant()
    turn = 28.0 if name == "gift_box" else 0.0
    parts = [_turned(part, turn) for part in PRODUCTS[name]()]
    place = SETTINGS[setting]
    layers = render.render_passes(scene(parts, place, side=side, with_ground=True), seed=1,
                                  samples=SAMPLES, samples_per_pass=8)  # fmt: skip
    picture = render.denoise_layers(layers)
    developed = np.clip(1 - np.exp(-1.35 * picture), 0, 1) ** (1 / 2.2)
    grain = np.random.default_rng(3).normal(0, 0.006, developed.shape)
    photo = np.clip((developed + grain) * 255, 0, 255).astype(np.uint8)
    path = out / (f"{name}.jpg" if setting == "pale" else f"{name}.{setting}.jpg")
    cv2.imwrite(str(path), photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    bare = scene(parts, place, side=side, with_ground=False)
    alpha = render.render_passes(bare, seed=2, samples=16, samples_per_pass=16).alpha
    truth = np.round(np.clip(alpha, 0, 1) * 255).astype(np.uint8)
    cv2.imwrite(str(path.with_suffix(".alpha.png")), truth)
    return path


def main() -> None:
    """Render the named products, or all, on the pale table."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or PRODUCTS:
        print(photograph(name, out))


if __name__ == "__main__":
    main()
