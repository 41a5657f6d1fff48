"""Product photos that belong to nobody: rendered goods on a plain table, with exact alpha.

    python -m bench.product_photos OUT_DIR [name ...]

Each is path-traced as a phone would see it: one window, a pale table, soft shadow, a little noise.
Writes NAME.jpg (the photo) and NAME.alpha.png (the exact cut-out) for every product.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from generation.pipeline.studio import render

FONT = Path("generation/fonts")
SIZE = (1200, 1200)
SAMPLES = 24
SEGMENTS = 128
GROUND_SIZE = 40.0


@dataclass(frozen=True)
class Part:
    """One mesh of a product: vertices (N,3), uv (N,2), faces (M,3), and its Mitsuba BSDF."""

    vertices: np.ndarray
    uv: np.ndarray
    faces: np.ndarray
    bsdf: dict


def lathe(profile: list[tuple[float, float]], bsdf: dict, *, squash: float = 1.0) -> Part:
    """Turn a profile of (radius, height) points into a surface of revolution about z."""
    points = np.array(profile, np.float32)
    angle = np.linspace(0, 2 * np.pi, SEGMENTS + 1, dtype=np.float32)
    radius, height = points[:, :1], np.repeat(points[:, 1:], SEGMENTS + 1, axis=1)
    vertices = np.stack([radius * np.cos(angle), radius * np.sin(angle) * squash, height], -1)
    along = np.linspace(0, 1, len(points), dtype=np.float32)
    uv = np.stack(np.broadcast_arrays(angle / (2 * np.pi), along[:, None]), -1)
    return Part(vertices.reshape(-1, 3), uv.reshape(-1, 2), _grid(len(points), SEGMENTS + 1), bsdf)


def _grid(rows: int, columns: int) -> np.ndarray:
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    b, c, d = a + 1, a + columns, a + columns + 1
    return np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)]).astype(np.uint32)


def box(size: tuple[float, float, float], bsdf: dict, z: float = 0.0) -> Part:
    """A box resting at height z, uv per face."""
    corners, uvs, faces = [], [], []
    x, y, h = (s / 2 for s in size)
    sides = [
        [(-x, -y), (x, -y)], [(x, -y), (x, y)], [(x, y), (-x, y)], [(-x, y), (-x, -y)],
    ]  # fmt: skip
    for (ax, ay), (bx, by) in sides:
        start = len(corners)
        corners += [(ax, ay, z), (bx, by, z), (bx, by, z + 2 * h), (ax, ay, z + 2 * h)]
        uvs += [(0, 0), (1, 0), (1, 1), (0, 1)]
        faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    start = len(corners)
    corners += [(-x, -y, z + 2 * h), (x, -y, z + 2 * h), (x, y, z + 2 * h), (-x, y, z + 2 * h)]
    uvs += [(0, 0), (1, 0), (1, 1), (0, 1)]
    faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    return Part(
        np.array(corners, np.float32), np.array(uvs, np.float32), np.array(faces, np.uint32), bsdf
    )


def label(
    size: tuple[int, int], ground: str, lines: list[tuple[str, int, str, float]], band: str = ""
) -> np.ndarray:
    """Draw a paper label: (text, pixel size, colour, height as a fraction), centred; sRGB."""
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    if band:
        draw.rectangle((0, size[1] * 0.88, size[0], size[1]), fill=band)
        draw.rectangle((0, 0, size[0], size[1] * 0.05), fill=band)
    face = next(FONT.rglob("BlackHanSans*.ttf"))
    for text, pixels, colour, height in lines:
        for x in (size[0] * 0.25, size[0] * 0.75) if size[0] > 2.2 * size[1] else (size[0] / 2,):
            draw.text((x, size[1] * height), text, colour, ImageFont.truetype(face, pixels), "mm")
    return np.asarray(picture, np.float32) / 255


def textured(picture: np.ndarray, roughness: float = 0.5) -> dict:
    import mitsuba as mi

    bitmap = mi.Bitmap(np.ascontiguousarray(picture[::-1]).astype(np.float32))
    bitmap.set_srgb_gamma(True)
    texture = {"type": "bitmap", "bitmap": bitmap, "raw": False}
    return {"type": "principled", "base_color": texture, "roughness": roughness, "specular": 0.4}


def coloured(rgb: tuple[float, float, float], roughness: float = 0.3, **more: float) -> dict:
    colour = {"type": "rgb", "value": list(rgb)}
    return {"type": "principled", "base_color": colour, "roughness": roughness, **more}


def sesame_oil() -> list[Part]:
    """참기름: a dark glossy bottle, a red cap, a paper label."""
    glass = coloured((0.030, 0.010, 0.004), 0.08, specular=0.5, clearcoat=0.6)
    body = [(0, 0), (0.95, 0), (1.05, 0.08), (1.08, 0.25), (1.08, 3.2), (1.02, 3.6), (0.8, 4.0),
            (0.5, 4.35), (0.38, 4.6), (0.36, 5.3)]  # fmt: skip
    paper = label(
        (1800, 560), "#f3e6c4",
        [("참기름", 230, "#7a1d12", 0.42), ("방앗간에서 갓 짠", 84, "#3b2a18", 0.74)], "#7a1d12",
    )  # fmt: skip
    return [
        lathe(_smooth(body), glass),
        lathe([(1.095, 0.75), (1.095, 2.75)], textured(paper, 0.55)),
        lathe([(0, 5.85), (0.45, 5.85), (0.47, 5.8), (0.47, 5.1), (0.42, 5.05)][::-1],
              coloured((0.55, 0.02, 0.02), 0.25)),
    ]  # fmt: skip


def gift_box() -> list[Part]:
    """건어물 선물세트: a kraft box with a lid and a label."""
    front = label(
        (1400, 760), "#c9a77a",
        [("건어물", 270, "#1f3a4d", 0.40), ("선물세트", 150, "#1f3a4d", 0.70)], "#1f3a4d",
    )  # fmt: skip
    return [
        box((4.6, 3.0, 2.5), textured(front, 0.7)),
        box((4.7, 3.1, 0.42), coloured((0.014, 0.042, 0.075), 0.6), 2.5),
    ]


def latte_cup() -> list[Part]:
    """카페: a paper cup with a kraft sleeve and a white lid."""
    white = coloured((0.82, 0.80, 0.77), 0.45)
    sleeve = label((1800, 480), "#b98a5a", [("달빛카페", 190, "#3a2114", 0.48)])
    return [
        lathe([(0, 0), (0.92, 0), (0.94, 0.05), (1.3, 3.6)], white),
        lathe([(1.045, 0.85), (1.235, 2.65)], textured(sleeve, 0.8)),
        lathe([(1.36, 3.55), (1.40, 3.62), (1.40, 3.72), (1.30, 3.80), (1.24, 4.05), (1.16, 4.10),
               (1.10, 4.02), (0, 4.0)], coloured((0.9, 0.9, 0.89), 0.25)),
    ]  # fmt: skip


def tangerine_bowl() -> list[Part]:
    """귤: a celadon bowl heaped with tangerines."""
    celadon = coloured((0.33, 0.47, 0.40), 0.12, clearcoat=0.8)
    outer = [(0, 0), (0.9, 0), (0.9, 0.18), (1.5, 0.5), (2.2, 1.1), (2.5, 1.75)]
    inner = [(2.42, 1.75), (2.1, 1.15), (1.4, 0.6), (0, 0.42)]
    parts = [lathe([*_smooth(outer), *_smooth(inner)], celadon)]
    places = [(0, -1.3, 1.5), (1.25, -0.5, 1.5), (0.9, 0.9, 1.5), (-0.9, 0.95, 1.5),
              (-1.3, -0.45, 1.5), (0.05, -0.1, 1.75), (0.55, -0.55, 2.55), (-0.55, -0.3, 2.6),
              (0.1, 0.6, 2.6)]  # fmt: skip
    random = np.random.default_rng(5)
    for x, y, z in places:
        skin = coloured((0.86, 0.30 + 0.05 * random.random(), 0.02), 0.32, specular=0.5)
        turn = np.linspace(0, np.pi, 40)
        sphere = lathe(list(zip(0.76 * np.sin(turn), -0.66 * np.cos(turn), strict=True)), skin)
        sphere.vertices[:] += np.array([x, y, z], np.float32)
        parts.append(sphere)
    return parts


PRODUCTS: dict[str, Callable[[], list[Part]]] = {
    "sesame_oil": sesame_oil,
    "gift_box": gift_box,
    "latte_cup": latte_cup,
    "tangerines": tangerine_bowl,
}


def _smooth(points: list[tuple[float, float]], count: int = 80) -> list[tuple[float, float]]:
    """A monotone curve through the points, so that bottles have shoulders and not cones."""
    from scipy.interpolate import PchipInterpolator

    array = np.array(points, float)
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(array, axis=0), axis=1))])
    curve = PchipInterpolator(steps, array)(np.linspace(0, steps[-1], count))
    return [(float(r), float(h)) for r, h in curve]


def _mesh(name: str, part: Part):
    import mitsuba as mi

    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict({"type": "twosided", "nested": part.bsdf})
    mesh = mi.Mesh(name, len(part.vertices), len(part.faces), props=properties,
                   has_vertex_texcoords=True)  # fmt: skip
    values = mi.traverse(mesh)
    values["vertex_positions"] = part.vertices.ravel()
    values["vertex_texcoords"] = part.uv.ravel()
    values["faces"] = part.faces.ravel()
    values.update()
    return mesh


def scene(parts: list[Part], *, turn: float, with_ground: bool) -> dict:
    """A product on a pale table by a window; z is up, the camera looks 12 degrees down."""
    import mitsuba as mi

    to_world = mi.ScalarTransform4f
    spin = np.deg2rad(turn)
    rotation = np.array([[np.cos(spin), -np.sin(spin), 0], [np.sin(spin), np.cos(spin), 0],
                         [0, 0, 1]], np.float32)  # fmt: skip
    points = np.concatenate([part.vertices @ rotation.T for part in parts])
    top, wide = points[:, 2].max(), np.abs(points[:, :2]).max()
    target = [0, 0, float(top) * 0.47]
    distance = max(float(top) * 1.55, float(wide) * 3.6) / np.tan(np.deg2rad(12.0)) * 0.5
    eye = [0.0, -distance * 0.975, target[2] + distance * 0.22]
    window = to_world().look_at(origin=[-7, -6, 10], target=target, up=[0, 0, 1]).scale(4.5)
    content: dict = {
        "type": "scene",
        "integrator": render.integrator(6),
        "sensor": {
            "type": "perspective", "fov": 24.0, "fov_axis": "smaller",
            "to_world": to_world().look_at(origin=eye, target=target, up=[0, 0, 1]),
            "film": {"type": "hdrfilm", "width": SIZE[0], "height": SIZE[1],
                     "pixel_format": "rgba", "rfilter": {"type": "box"}},
        },
        "window": {"type": "rectangle", "to_world": window,
                   "emitter": {"type": "area", "radiance": {"type": "rgb",
                                                            "value": [7.0, 6.8, 6.5]}}},
        "sky": {"type": "constant", "radiance": {"type": "rgb", "value": [0.52, 0.55, 0.60]}},
    }  # fmt: skip
    if with_ground:
        table = {"type": "rgb", "value": [0.72, 0.70, 0.68]}
        content["ground"] = {
            "type": "rectangle", "to_world": to_world().scale(GROUND_SIZE),
            "bsdf": {"type": "diffuse", "reflectance": table},
        }  # fmt: skip
        wall = to_world().translate([0, 9, 0]).rotate([1, 0, 0], 90).scale(GROUND_SIZE)
        content["wall"] = {
            "type": "rectangle", "to_world": wall,
            "bsdf": {"type": "twosided", "nested": {"type": "diffuse", "reflectance": table}},
        }  # fmt: skip
    for index, part in enumerate(parts):
        turned = Part(part.vertices @ rotation.T, part.uv, part.faces, part.bsdf)
        content[f"part{index}"] = _mesh(f"part{index}", turned)
    return content


def photograph(name: str, out: Path) -> None:
    """Render one product and its exact alpha into the folder."""
    render.use_variant()
    parts = PRODUCTS[name]()
    turn = 28.0 if name == "gift_box" else 0.0
    layers = render.render_passes(scene(parts, turn=turn, with_ground=True), seed=1,
                                  samples=SAMPLES, samples_per_pass=8)  # fmt: skip
    picture = render.denoise_layers(layers)
    developed = np.clip(1 - np.exp(-1.35 * picture), 0, 1) ** (1 / 2.2)
    grain = np.random.default_rng(3).normal(0, 0.006, developed.shape)
    photo = np.clip((developed + grain) * 255, 0, 255).astype(np.uint8)
    cv2.imwrite(str(out / f"{name}.jpg"), photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    bare = scene(parts, turn=turn, with_ground=False)
    del bare["sky"]
    alpha = render.render_passes(bare, seed=2, samples=16, samples_per_pass=16).alpha
    cv2.imwrite(
        str(out / f"{name}.alpha.png"), np.round(np.clip(alpha, 0, 1) * 255).astype(np.uint8)
    )


def main() -> None:
    """Render the named products, or all."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or PRODUCTS:
        photograph(name, out)
        print(f"{out / name}.jpg")


if __name__ == "__main__":
    main()
