"""Builders shared by the sets: meshes from arrays, sweeps, plinths, arches, planks, paints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .palette import Rgb

Vertices = NDArray[np.float32]
Faces = NDArray[np.uint32]

# Least cosine between a normal and the way to who sees it.
LEAST_FACING: Final = 0.08
# Segments of a full turn: round enough at 1080 px.
ROUND_SEGMENTS: Final = 96


@dataclass(frozen=True, eq=False)
class Mesh:
    """A triangle mesh before it becomes Mitsuba's: `vertices` (n, 3), `faces` (m, 3), `uv` (n, 2).

    Lengths in decimetres. `bsdf` is Mitsuba's description of its surface. The normals of a
    `smooth` one are turned to the place it is `seen_from` where they would face away from it:
    crests would have black edges.
    """

    vertices: Vertices
    faces: Faces
    bsdf: dict[str, Any]
    uv: Vertices | None = None
    smooth: bool = False
    seen_from: tuple[float, float, float] | None = None

    def to_mitsuba(self, *, glow: dict[str, Any] | None = None) -> Any:
        """Return Mitsuba's shape; with `glow` (a texture) it shines instead of being lit."""
        import mitsuba as mi

        properties = mi.Properties()
        if glow is None:
            properties["mesh_bsdf"] = mi.load_dict(self.bsdf)
        else:
            properties["mesh_bsdf"] = mi.load_dict(painted((0.0, 0.0, 0.0)))
            properties["mesh_emitter"] = mi.load_dict({"type": "area", "radiance": glow})
        shape = mi.Mesh(
            "mesh",
            vertex_count=len(self.vertices),
            face_count=len(self.faces),
            has_vertex_normals=self.smooth,
            has_vertex_texcoords=self.uv is not None,
            props=properties,
        )
        parameters = mi.traverse(shape)
        parameters["vertex_positions"] = np.ascontiguousarray(self.vertices, np.float32).ravel()
        parameters["faces"] = np.ascontiguousarray(self.faces, np.uint32).ravel()
        if self.uv is not None:
            parameters["vertex_texcoords"] = np.ascontiguousarray(self.uv, np.float32).ravel()
        if self.smooth:
            normals = vertex_normals(self.vertices, self.faces)
            if self.seen_from is not None:
                normals = facing(normals, self.vertices, self.seen_from)
            parameters["vertex_normals"] = np.ascontiguousarray(normals, np.float32).ravel()
        parameters.update()
        return shape


Shape = Mesh | dict[str, Any]


def vertex_normals(vertices: Vertices, faces: Faces) -> Vertices:
    """Return the area-weighted mean normal of the faces around each vertex, (n, 3) unit."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(total, faces[:, corner], across)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    normals: Vertices = (total / np.maximum(length, 1e-12)).astype(np.float32)
    return normals


def facing(normals: Vertices, vertices: Vertices, place: tuple[float, float, float]) -> Vertices:
    """Return the normals (n, 3), none more than about 85 degrees from the way to the place."""
    way = np.array(place, np.float32) - vertices
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
    short = np.maximum(LEAST_FACING - (normals * way).sum(axis=1, keepdims=True), 0)
    turned = normals + short * way
    out: Vertices = turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12)
    return out.astype(np.float32)


def grid_faces(rows: int, columns: int) -> Faces:
    """Return the triangles of a rows x columns grid of vertices, counter-clockwise."""
    index = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], 2)
    return np.ascontiguousarray(faces.reshape(-1, 3))


def lathe(profile: NDArray[np.float64], *, bsdf: dict[str, Any]) -> Mesh:
    """Return a solid of revolution about z: `profile` (n, 2) radius and height, bottom to top."""
    turn = np.linspace(0, 2 * math.pi, ROUND_SEGMENTS + 1)
    radius, height = profile[:, :1], profile[:, 1:]
    x, y = radius * np.cos(turn), radius * np.sin(turn)
    z = np.broadcast_to(height, x.shape)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    return Mesh(vertices, grid_faces(len(profile), len(turn)), two_sided(bsdf))


def cylinder_solid(
    radius: float, *, bottom: float, top: float, bevel: float, bsdf: dict[str, Any]
) -> Mesh:
    """Return an upright cylinder at the origin with a rounded upper edge."""
    bend = np.linspace(0, math.pi / 2, 7)
    edge = np.stack(
        [radius - bevel + bevel * np.cos(bend), top - bevel + bevel * np.sin(bend)], axis=1
    )
    profile = np.concatenate([[[radius, bottom]], edge, [[0.0, top]]])
    return lathe(profile, bsdf=bsdf)


def extrude_profile(
    profile: NDArray[np.float64], *, x_from: float, x_to: float, bsdf: dict[str, Any]
) -> Mesh:
    """Return a surface that runs along x: `profile` (n, 2) is its y, z line; smooth shading."""
    columns = np.array([x_from, x_to])
    x = np.broadcast_to(columns, (len(profile), 2))
    y, z = (np.broadcast_to(profile[:, axis : axis + 1], x.shape) for axis in (0, 1))
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    return Mesh(vertices, grid_faces(len(profile), 2), two_sided(bsdf), smooth=True)


def sweep(*, distance: float, floor: float, bsdf: dict[str, Any], bend: float = 4.0) -> Mesh:
    """Return a seamless paper sweep: floor, a wide bend, a wall `distance` behind the origin."""
    turn = np.linspace(0, math.pi / 2, 25)
    curve = np.stack(
        [distance - bend + bend * np.sin(turn), floor + bend - bend * np.cos(turn)], axis=1
    )
    profile = np.concatenate([[[-40.0, floor]], curve, [[distance, floor + 40.0]]])
    return extrude_profile(profile, x_from=-60.0, x_to=60.0, bsdf=bsdf)


def arch(
    *,
    center: tuple[float, float, float],
    width: float,
    height: float,
    depth: float,
    bsdf: dict[str, Any],
) -> Mesh:
    """Return a standing slab with a round top: `center` is the middle of its foot."""
    x0, y0, z0 = center
    radius = width / 2
    turn = np.linspace(math.pi, 0, 49)
    outline = np.concatenate(
        [
            [[-radius, 0.0]],
            np.stack([radius * np.cos(turn), height - radius + radius * np.sin(turn)], 1),
            [[radius, 0.0]],
        ]
    )
    count = len(outline)
    layers = [
        np.stack([outline[:, 0] + x0, np.full(count, y), outline[:, 1] + z0], 1)
        for y in (y0 - depth / 2, y0 + depth / 2)
    ]
    vertices = np.concatenate([*layers, layers[0]])
    fan = np.arange(1, count - 1)
    front = np.stack([np.zeros_like(fan), fan, fan + 1], 1) + 2 * count
    side = grid_faces(2, count)
    faces = np.concatenate([front, side]).astype(np.uint32)
    return Mesh(vertices.astype(np.float32), faces, two_sided(bsdf))


def block(
    center: tuple[float, float, float], size: tuple[float, float, float], bsdf: dict[str, Any]
) -> dict[str, Any]:
    """Return an upright box by its middle and its edge lengths in decimetres."""
    import mitsuba as mi

    place = mi.ScalarTransform4f().translate(list(center))
    return {
        "type": "cube",
        "to_world": place @ mi.ScalarTransform4f().scale([edge / 2 for edge in size]),
        "bsdf": bsdf,
    }


def plank_table(
    *, seed: int, count: int, front: float, half_width: float, top: float, bsdf: dict[str, Any]
) -> Mesh:
    """Return `count` planks along x from y = `front` backwards, with real seams and worn edges.

    Widths 8-15 cm; plank `i` takes the i-th of `count` bands of the texture, from its top.
    """
    rng = np.random.default_rng(seed)
    vertices: list[NDArray[np.float64]] = []
    uvs: list[NDArray[np.float64]] = []
    faces: list[Faces] = []
    y = front
    for index in range(count):
        width = float(rng.uniform(0.9, 1.5))
        lift, bevel = top - float(rng.uniform(0, 0.025)), 0.035
        gap = float(rng.uniform(0.035, 0.06))
        line_y = np.array([0, 0, bevel, width - bevel, width, width]) + y
        line_z = np.array([lift - 0.4, lift - bevel, lift, lift, lift - bevel, lift - 0.4])
        band = np.array([0.001, 0.002, 0.02, 0.98, 0.998, 0.999])
        for first in range(len(line_y) - 1):
            pair = slice(first, first + 2)
            start = sum(len(part) for part in vertices)
            vertices.append(_strip(line_y[pair], line_z[pair], half_width))
            v = np.repeat((index + band[pair]) / count, 2)
            uvs.append(np.stack([np.array([0, 1, 0, 1.0]), v], 1))
            faces.append(grid_faces(2, 2) + np.uint32(start))
        y += width + gap
    stacked = np.concatenate(vertices).astype(np.float32)
    return Mesh(stacked, np.concatenate(faces), two_sided(bsdf), np.concatenate(uvs))


def _strip(y: NDArray[np.float64], z: NDArray[np.float64], half: float) -> NDArray[np.float64]:
    """Return the four corners of a strip along x between two (y, z) lines."""
    x = np.array([-half, half, -half, half])
    return np.stack([x, np.repeat(y, 2), np.repeat(z, 2)], 1)


def cloth_mat(*, seed: int, size: tuple[float, float], bsdf: dict[str, Any]) -> Mesh:
    """Return a cloth lying at z = 0 under the product, with soft folds towards its edges."""
    rng = np.random.default_rng(seed + 5)
    count = 65
    u, v = np.meshgrid(np.linspace(0, 1, count), np.linspace(0, 1, count))
    turn = float(rng.uniform(0.45, 0.95)) * (1 if rng.random() < 0.5 else -1)
    flat_x, flat_y = (u - 0.5) * size[0] * 2**0.5, (v - 0.5) * size[1] * 2**0.5
    x = flat_x * math.cos(turn) - flat_y * math.sin(turn)
    y = flat_x * math.sin(turn) + flat_y * math.cos(turn)
    away = np.clip((np.hypot((u - 0.5) * 2, (v - 0.5) * 2) - 0.55) / 0.6, 0, 1)
    folds = np.zeros_like(x)
    for phase in rng.uniform(0, 6, 5):
        folds += np.sin(x * rng.uniform(-3, 3) + y * rng.uniform(-3, 3) + phase)
    z = -0.045 + away * (0.045 + 0.035 * folds)
    z = np.maximum(z, -0.055)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    uv = np.stack([u, v], -1).reshape(-1, 2).astype(np.float32)
    return Mesh(vertices, grid_faces(count, count), two_sided(bsdf), uv, smooth=True)


def two_sided(bsdf: dict[str, Any]) -> dict[str, Any]:
    """Return the surface, lit from both sides whatever way its faces turn."""
    return {"type": "twosided", "material": bsdf}


def painted(colour: Rgb) -> dict[str, Any]:
    """Return matt paint of a linear colour."""
    return {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(colour)}}
