"""Builders shared by the sets: meshes from arrays, sweeps, plinths, arches, planks, paints."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .palette import Rgb

Vertices = NDArray[np.float32]
Faces = NDArray[np.uint32]

# Segments of a full turn: round enough at 1080 px.
ROUND_SEGMENTS: Final = 96


def mesh(
    vertices: Vertices,
    faces: Faces,
    *,
    bsdf: dict[str, Any],
    uv: Vertices | None = None,
    smooth: bool = False,
) -> Any:
    """Return a Mitsuba mesh: `vertices` (n, 3) decimetres, `faces` (m, 3), `uv` (n, 2)."""
    import mitsuba as mi

    properties = mi.Properties()
    properties["mesh_bsdf"] = mi.load_dict(bsdf)
    shape = mi.Mesh(
        "mesh",
        vertex_count=len(vertices),
        face_count=len(faces),
        has_vertex_normals=smooth,
        has_vertex_texcoords=uv is not None,
        props=properties,
    )
    parameters = mi.traverse(shape)
    parameters["vertex_positions"] = np.ascontiguousarray(vertices, np.float32).ravel()
    parameters["faces"] = np.ascontiguousarray(faces, np.uint32).ravel()
    if uv is not None:
        parameters["vertex_texcoords"] = np.ascontiguousarray(uv, np.float32).ravel()
    if smooth:
        normals = vertex_normals(vertices, faces)
        parameters["vertex_normals"] = np.ascontiguousarray(normals, np.float32).ravel()
    parameters.update()
    return shape


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


def grid_faces(rows: int, columns: int) -> Faces:
    """Return the triangles of a rows x columns grid of vertices, counter-clockwise."""
    index = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], 2)
    return np.ascontiguousarray(faces.reshape(-1, 3))


def lathe(profile: NDArray[np.float64], *, bsdf: dict[str, Any]) -> Any:
    """Return a solid of revolution about z: `profile` (n, 2) radius and height, bottom to top."""
    turn = np.linspace(0, 2 * math.pi, ROUND_SEGMENTS + 1)
    radius, height = profile[:, :1], profile[:, 1:]
    x, y = radius * np.cos(turn), radius * np.sin(turn)
    z = np.broadcast_to(height, x.shape)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    return mesh(vertices, grid_faces(len(profile), len(turn)), bsdf=two_sided(bsdf))


def cylinder_solid(
    radius: float, *, bottom: float, top: float, bevel: float, bsdf: dict[str, Any]
) -> Any:
    """Return an upright cylinder at the origin with a rounded upper edge."""
    bend = np.linspace(0, math.pi / 2, 7)
    edge = np.stack(
        [radius - bevel + bevel * np.cos(bend), top - bevel + bevel * np.sin(bend)], axis=1
    )
    profile = np.concatenate([[[radius, bottom]], edge, [[0.0, top]]])
    return lathe(profile, bsdf=bsdf)


def extrude_profile(
    profile: NDArray[np.float64], *, x_from: float, x_to: float, bsdf: dict[str, Any]
) -> Any:
    """Return a surface that runs along x: `profile` (n, 2) is its y, z line; smooth shading."""
    columns = np.array([x_from, x_to])
    x = np.broadcast_to(columns, (len(profile), 2))
    y, z = (np.broadcast_to(profile[:, axis : axis + 1], x.shape) for axis in (0, 1))
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    return mesh(vertices, grid_faces(len(profile), 2), bsdf=two_sided(bsdf), smooth=True)


def sweep(*, distance: float, floor: float, bsdf: dict[str, Any], bend: float = 4.0) -> Any:
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
) -> Any:
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
    return mesh(vertices.astype(np.float32), faces, bsdf=two_sided(bsdf))


def two_sided(bsdf: dict[str, Any]) -> dict[str, Any]:
    """Return the surface, lit from both sides whatever way its faces turn."""
    return {"type": "twosided", "material": bsdf}


def painted(colour: Rgb) -> dict[str, Any]:
    """Return matt paint of a linear colour."""
    return {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(colour)}}
