"""Silk laid over the table and hung behind it: one cloth with soft folds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .shapes import Mesh, grid_faces, two_sided
from .textures import HeightMap, stretched_noise

# Vertices along the cloth, and decimetres from one to the next across it.
ROWS: Final = 170
STEP: Final = 0.17
# Folds begin this far outside the smooth place, and reach their full height there.
SMOOTHED: Final = (0.6, 1.9)
# Height of the folds on the table and depth of those that hang, in decimetres.
LYING_FOLDS: Final = 0.36
HANGING_FOLDS: Final = 0.28
# Distance from fold to fold.
LYING_PITCH: Final = 1.7
HANGING_PITCH: Final = 2.6
# The cloth at the product's own place lies this far under the ground plane.
CLEARANCE: Final = 0.01

Plane = NDArray[np.float64]


@dataclass(frozen=True)
class Hang:
    """Where a cloth lies: from `front` to `wall` (y), bending up over `bend`, to the height `top`.

    `half_width` to both sides, `center` (x, y) and `smooth` (half-width) of the place kept flat;
    all in decimetres.
    `repeat` is the edge of one repeat of its pattern.
    """

    front: float
    wall: float
    bend: float
    top: float
    half_width: float
    center: tuple[float, float]
    smooth: float
    repeat: float


def draped(seed: int, hang: Hang, bsdf: dict[str, Any]) -> Mesh:
    """Return the cloth; flat under the product, waves round it, pleats on the wall."""
    rng = np.random.default_rng(seed)
    along = _along(hang)
    columns = math.ceil(2 * hang.half_width / STEP) + 1
    x = np.linspace(-hang.half_width, hang.half_width, columns)[None, :]
    s = along[:, None]
    y, z, ny, nz = _profile(hang, along)
    warp_x, warp_s = (1.1 * stretched_noise(rng, ROWS, columns, (5, 6)) for _ in range(2))
    hanging = np.clip((y - (hang.wall - hang.bend)) / hang.bend, 0, 1)
    waves = _waves(rng, x + warp_x, s + warp_s)
    pleats = _pleats(rng, x + 0.35 * warp_x + 0 * s)
    away = np.hypot(x - hang.center[0], y - hang.center[1])
    near, far = (hang.smooth + reach for reach in SMOOTHED)
    free = np.clip((away - near) / (far - near), 0, 1)
    free = free * free * (3 - 2 * free)
    lying = LYING_FOLDS * free * waves - CLEARANCE
    push = lying * (1 - hanging) + HANGING_FOLDS * hanging * pleats
    points = np.stack([np.broadcast_to(x, push.shape), y + push * ny, z + push * nz], -1)
    uv = (
        np.stack([np.broadcast_to(x, push.shape), np.broadcast_to(s, push.shape)], -1) / hang.repeat
    )
    return Mesh(
        points.reshape(-1, 3).astype(np.float32),
        grid_faces(ROWS, columns),
        two_sided(bsdf),
        uv.reshape(-1, 2).astype(np.float32),
        smooth=True,
    )


def _along(hang: Hang) -> Plane:
    """Return the places along the cloth (ROWS,), from its front edge over the bend to its top."""
    length = (hang.wall - hang.bend - hang.front) + math.pi / 2 * hang.bend + hang.top - hang.bend
    return np.linspace(0, length, ROWS)


def _profile(hang: Hang, s: Plane) -> tuple[Plane, Plane, Plane, Plane]:
    """Return y, z and the normal (y, z) at places along the cloth, each (ROWS, 1)."""
    flat = hang.wall - hang.bend - hang.front
    angle = np.clip((s - flat) / hang.bend, 0, math.pi / 2)
    rest = np.maximum(s - flat - math.pi / 2 * hang.bend, 0)
    y = hang.front + np.minimum(s, flat) + hang.bend * np.sin(angle)
    z = hang.bend * (1 - np.cos(angle)) + rest
    return y[:, None], z[:, None], -np.sin(angle)[:, None], np.cos(angle)[:, None]


def _waves(rng: np.random.Generator, x: Plane, s: Plane) -> Plane:
    """Return the height 0..1 of long soft folds across the table in one general direction."""
    course = float(rng.uniform(0.5, 1.0)) * float(rng.choice([-1, 1]))
    total = np.zeros(np.broadcast_shapes(x.shape, s.shape))
    for turn, pitch, share in ((0.0, 1.0, 0.7), (0.5, 0.62, 0.3)):
        angle = course + turn * float(rng.uniform(0.5, 1.0))
        phase = (x * math.cos(angle) + s * math.sin(angle)) / (LYING_PITCH * pitch)
        wave = 0.5 + 0.5 * np.sin(2 * math.pi * phase + float(rng.uniform(0, 6.3)))
        total += share * wave**1.4
    return total


def _pleats(rng: np.random.Generator, x: Plane) -> Plane:
    """Return the depth 0..1 of hanging folds."""
    first, second = rng.uniform(0, 6.3, 2)
    wide = 0.5 + 0.5 * np.sin(2 * math.pi * x / HANGING_PITCH + first)
    slim = 0.5 + 0.5 * np.sin(2 * math.pi * x / (0.57 * HANGING_PITCH) + second)
    folds: Plane = 0.75 * wide + 0.25 * slim
    return folds


def flecks(
    seed: int, count: int, reach: float, center: tuple[float, float], bsdf: dict[str, Any]
) -> Mesh:
    """Return flakes of gold leaf strewn on the table round `center`, none nearer than 1 dm."""
    rng = np.random.default_rng(seed)
    distance = 1.0 + (reach - 1.0) * np.sqrt(rng.random(count))
    angle = rng.uniform(0, 2 * math.pi, count)
    x, y = center[0] + distance * np.cos(angle), center[1] + distance * np.sin(angle)
    size = rng.uniform(0.015, 0.06, count) * np.where(rng.random(count) < 0.15, 1.8, 1.0)
    corners = np.sort(rng.uniform(0, 2 * math.pi, (count, 5)), axis=1)
    span = size[:, None] * rng.uniform(0.6, 1.2, (count, 5))
    tilt = rng.normal(0, 0.45, (count, 2))
    offset_x, offset_y = span * np.cos(corners), span * np.sin(corners)
    lift = 0.03 + offset_x * tilt[:, :1] + offset_y * tilt[:, 1:]
    points = np.stack([x[:, None] + offset_x, y[:, None] + offset_y, lift], -1)
    fan = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4]])
    faces = (fan[None] + 5 * np.arange(count)[:, None, None]).reshape(-1, 3)
    return Mesh(points.reshape(-1, 3).astype(np.float32), faces.astype(np.uint32), two_sided(bsdf))


def brocade(
    pattern: HeightMap, ground: NDArray[np.float32], figure: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Return a pattern's colours, uint8: `ground` and `figure` are display colours 0..1."""
    mix = pattern[..., None]
    colour = ground * (1 - mix) + figure * mix
    cloth: NDArray[np.uint8] = np.clip(colour * 255, 0, 255).astype(np.uint8)
    return cloth
