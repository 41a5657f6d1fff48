"""Meshes of goods: turned, boxed and pillow-shaped parts, drawn labels, surfaces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT = Path("generation/fonts")
SEGMENTS = 128


@dataclass(frozen=True)
class Part:
    """One mesh of a product: vertices (N,3), uv (N,2), faces (M,3), and its Mitsuba BSDF.

    `smooth` surfaces are shaded as if curved between the vertices; edges stay edges otherwise.
    """

    vertices: np.ndarray
    uv: np.ndarray
    faces: np.ndarray
    bsdf: dict
    smooth: bool = False


def lathe(
    profile: list[tuple[float, float]], bsdf: dict, *, squash: float = 1.0, smooth: bool = False
) -> Part:
    """Turn a profile of (radius, height) points into a surface of revolution about z."""
    points = np.array(profile, np.float32)
    angle = np.linspace(0, 2 * np.pi, SEGMENTS + 1, dtype=np.float32)
    radius, height = points[:, :1], np.repeat(points[:, 1:], SEGMENTS + 1, axis=1)
    vertices = np.stack([radius * np.cos(angle), radius * np.sin(angle) * squash, height], -1)
    along = np.linspace(0, 1, len(points), dtype=np.float32)
    uv = np.stack(np.broadcast_arrays(angle / (2 * np.pi), along[:, None]), -1)
    faces = _grid(len(points), SEGMENTS + 1)
    return Part(vertices.reshape(-1, 3), uv.reshape(-1, 2), faces, bsdf, smooth)


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


def ring(centre: tuple[float, float], radius: float, thickness: float, bsdf: dict) -> Part:
    """A torus upright in the x-z plane, centred at (x, z): a handle, half of it in the body."""
    turn = np.linspace(0, 2 * np.pi, SEGMENTS + 1, dtype=np.float32)[:, None]
    around = np.linspace(0, 2 * np.pi, 33, dtype=np.float32)[None]
    reach = radius + thickness * np.cos(around)
    points = np.stack(
        [
            centre[0] + reach * np.cos(turn),
            thickness * np.sin(around) + 0 * turn,
            centre[1] + reach * np.sin(turn),
        ],
        -1,
    )
    uv = np.stack(np.broadcast_arrays(turn, around), -1).reshape(-1, 2)
    return Part(points.reshape(-1, 3).astype(np.float32), uv, _grid(len(turn), 33), bsdf)


def sphere(radius: float, at: tuple[float, float, float], bsdf: dict, squash: float = 1.0) -> Part:
    """A ball with its middle at `at`, flattened by `squash`."""
    turn = np.linspace(0, np.pi, 40)
    profile = zip(radius * np.sin(turn), -radius * squash * np.cos(turn), strict=True)
    return moved(lathe(list(profile), bsdf, smooth=True), at)


def moved(part: Part, by: tuple[float, float, float]) -> Part:
    return replace(part, vertices=part.vertices + np.array(by, np.float32))


def turned(part: Part, degrees: float, axis: int = 2) -> Part:
    """Turn a part about x (0), y (1) or z (2) through the origin."""
    spin = np.deg2rad(degrees)
    one, other = [index for index in range(3) if index != axis]
    rotation = np.eye(3, dtype=np.float32)
    rotation[one, one] = rotation[other, other] = np.cos(spin)
    rotation[one, other], rotation[other, one] = -np.sin(spin), np.sin(spin)
    return replace(part, vertices=part.vertices @ rotation.T)


def pillow(size: tuple[float, float, float], bsdf: dict, seed: int = 0) -> Part:
    """A filled pouch that stands: wide, thick, high; its rim is flat and a little crumpled."""
    count = 60
    v, u = np.meshgrid(np.linspace(-1, 1, count), np.linspace(-1, 1, count), indexing="ij")
    bulge = np.sqrt(np.maximum(1 - np.abs(u) ** 2.6, 0)) * np.sqrt(np.maximum(1 - v**4, 0))
    waves = 0.04 * np.sin(5 * u + seed) * (1 + np.cos(9 * v + 2 * seed))
    parts, faces = [], []
    for side in (-1, 1):
        x = size[0] / 2 * u * (1 - 0.05 * np.cos(np.pi * v / 2) * bulge)
        y = side * size[1] / 2 * bulge * (1 + waves)
        z = size[2] / 2 * (v * (1 - 0.02 * np.cos(7 * u + seed)) + 1)
        faces.append(_grid(count, count) + len(parts) * count * count)
        parts.append(np.stack([x, y, z], -1).reshape(-1, 3))
    uv = np.stack([(u + 1) / 2, (v + 1) / 2], -1).reshape(-1, 2)
    return Part(
        np.concatenate(parts).astype(np.float32), np.concatenate([uv, uv]).astype(np.float32),
        np.concatenate(faces).astype(np.uint32), bsdf, smooth=True,
    )  # fmt: skip


def smooth_curve(points: list[tuple[float, float]], count: int = 80) -> list[tuple[float, float]]:
    """A monotone curve through the points, so that bottles have shoulders and not cones."""
    from scipy.interpolate import PchipInterpolator

    array = np.array(points, float)
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(array, axis=0), axis=1))])
    curve = PchipInterpolator(steps, array)(np.linspace(0, steps[-1], count))
    return [(float(r), float(h)) for r, h in curve]
