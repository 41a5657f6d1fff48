"""Uneven ground as meshes: as much of it as the lens sees, finer where it is near."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .camera import Array, Camera
from .shapes import Mesh, grid_faces, two_sided

Plane = NDArray[np.float64]

# Rows of the ground crowd towards the lens by this power of their share of the way.
CROWDING: Final = 1.7
# The ground reaches beyond the frame's sides by this share of its width, for its own shadows.
BEYOND: Final = 0.12


def seen_ground(
    camera: Camera, *, front: float, back: float | Array, rows: int, columns: int
) -> tuple[Plane, Plane]:
    """Return x and y (rows, columns) of a grid of ground from `front` to `back`, as wide as seen.

    `back` may differ by column. Decimetres in world space.
    """
    share = np.linspace(0.0, 1.0, rows)[:, None] ** CROWDING
    far = np.broadcast_to(np.asarray(back, np.float64), (columns,))[None, :]
    y = front + (far - front) * share
    margin = BEYOND * camera.width
    pixels = np.linspace(-margin, camera.width + margin, columns)[None, :]
    depth = np.maximum(y - camera.position[1], 2.0)
    return (pixels - camera.axis_x) / camera.focal * depth, y


def ground_mesh(
    ground: tuple[Plane, Plane, Plane],
    bsdf: dict[str, Any],
    camera: Camera,
    *,
    texture_size: float = 1.0,
) -> Mesh:
    """Return a grid's x, y, z as a smooth mesh for that camera's eye.

    Its texture repeats every `texture_size` decimetres.
    """
    x, y, z = ground
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    uv = np.stack([x, y], -1).reshape(-1, 2).astype(np.float32) / np.float32(texture_size)
    faces = grid_faces(*x.shape)
    return Mesh(vertices, faces, two_sided(bsdf), uv, smooth=True, seen_from=camera.eye)


def rolling(rng: np.random.Generator, x: Plane, y: Plane, length: float, waves: int = 7) -> Plane:
    """Return smooth hills without a grid, about -1..1, `length` decimetres from crest to crest."""
    total = np.zeros_like(x)
    for _ in range(waves):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        step = 2 * np.pi / (length * float(rng.uniform(0.7, 1.5)))
        total += np.sin(step * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    hills: Plane = total / np.sqrt(waves)
    return hills


def ripples(rng: np.random.Generator, x: Plane, y: Plane, length: float) -> Plane:
    """Return wind ripples 0 (trough) .. 1 (crest): sharp crests across the view that fork."""
    turn = float(rng.uniform(-0.5, 0.5))
    along = y * np.cos(turn) + x * np.sin(turn)
    bent = along + 0.30 * length * rolling(rng, x, y, 4.2 * length)
    bent += 0.10 * length * rolling(rng, x, y, 1.6 * length)
    wave = np.sin(2 * np.pi * bent / length)
    wave = wave + 0.22 * np.sin(4 * np.pi * bent / length + 0.9)
    height = (0.5 + 0.42 * wave) * (0.78 + 0.22 * rolling(rng, x, y, 3.0 * length))
    return np.asarray(height, np.float64)


def calm_middle(x: Plane, y: Plane, radius: float) -> Plane:
    """Return 0 where the product stands, 1 from about twice `radius` outwards."""
    return np.asarray(1.0 - np.exp(-((np.hypot(x, y) / radius) ** 2)), np.float64)
