"""Slices of a log and slabs of stone to stand goods on: meshes and the maps on them."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from .camera import Array
from .shapes import Mesh, grid_faces, two_sided
from .textures import ColourMap, stretched_noise

# Pixels of the face's texture, and corners of the outline.
SLAB_TEXTURE: Final = 1024
SLAB_TURNS: Final = 160


def slab_outline(rng: np.random.Generator, radius: float, uneven: float) -> Array:
    """Return the slab's radius by angle (SLAB_TURNS + 1), closed."""
    turn = np.linspace(0, 2 * math.pi, SLAB_TURNS + 1)
    wave = np.zeros_like(turn)
    for order in range(2, 9):
        amount, phase = rng.normal() / order**0.8, rng.uniform(0, 2 * math.pi)
        wave += amount * np.sin(order * turn + phase)
    return np.asarray(radius * (1 + uneven * wave), np.float64)


def slab_top(outline: Array, bsdf: dict[str, Any]) -> Mesh:
    """Return the slab's face at z = 0 with a worn edge; its texture spans twice the radius."""
    turn = np.linspace(0, 2 * math.pi, len(outline))
    shares = np.array([0.0, 0.5, 0.9, 0.965, 0.99, 1.0])
    drop = np.array([0.0, 0.0, 0.0, -0.012, -0.035, -0.075])
    radius = shares[:, None] * outline[None, :]
    x, y = radius * np.cos(turn), radius * np.sin(turn)
    z = np.broadcast_to(drop[:, None], x.shape)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    uv = np.stack([x, y], -1).reshape(-1, 2) / (2.4 * float(outline.max())) + 0.5
    return Mesh(
        vertices,
        grid_faces(*x.shape),
        two_sided(bsdf),
        uv.astype(np.float32),
        smooth=True,
    )


def slab_side(outline: Array, bsdf: dict[str, Any], radius: float, height: float) -> Mesh:
    """Return the slab's rough side from its worn edge down to `height` under its face."""
    turn = np.linspace(0, 2 * math.pi, len(outline))
    drop = np.array([-0.075, -0.2, -0.4, -height])
    bulge = np.array([1.0, 1.012, 1.008, 1.0])
    ridges = 1 + 0.006 * np.sin(turn * 61) + 0.005 * np.sin(turn * 37 + 1)
    x = bulge[:, None] * (outline * ridges * np.cos(turn))[None, :]
    y = bulge[:, None] * (outline * ridges * np.sin(turn))[None, :]
    z = np.broadcast_to(drop[:, None], x.shape)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    u = np.broadcast_to(turn[None, :] * radius / 4.0, x.shape)
    uv = np.stack([u, z / 4.0], -1).reshape(-1, 2).astype(np.float32)
    faces = np.ascontiguousarray(grid_faces(*x.shape)[:, ::-1])  # seen from outside
    return Mesh(vertices, faces, two_sided(bsdf), uv, smooth=True)


def log_rings(rng: np.random.Generator) -> ColourMap:
    """Return a log's cut face: year rings round an off-centre heart, cracks, saw marks."""
    size = SLAB_TEXTURE
    line = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = line[None, :] - float(rng.uniform(-0.12, 0.12)), line[:, None]
    away = np.hypot(x, y) + 0.020 * stretched_noise(rng, size, size, (6, 6))
    away += 0.004 * stretched_noise(rng, size, size, (40, 40))
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * np.maximum(away, 0) ** 0.9 * float(rng.uniform(17, 24)))
    angle = np.arctan2(y, x)
    rays = np.sin(angle * 90 + 3 * stretched_noise(rng, size, size, (9, 9)))
    fibres = stretched_noise(rng, size, size, (size // 2, size // 2))
    tone = 0.30 * rings**2 + 0.05 * rays + 0.10 * fibres
    tone += 0.12 * stretched_noise(rng, size, size, (5, 5)) + 0.25 * np.clip(away - 0.62, 0, 1)
    pale, dark = np.array((0.80, 0.63, 0.44)), np.array((0.47, 0.31, 0.18))
    mix = np.clip(tone, 0, 1)[..., None]
    colour = pale * (1 - mix) + dark * mix
    for heart in rng.uniform(-math.pi, math.pi, 3):
        bend = np.abs(np.angle(np.exp(1j * (angle - heart + 0.012 * rings))))
        crack = np.exp(-((bend * away / 0.004) ** 2)) * (away > 0.12) * (away < 0.7)
        colour = colour * (1 - 0.6 * crack[..., None])
    return np.asarray(np.clip(colour * 255, 0, 255).astype(np.uint8))


def log_bark(rng: np.random.Generator) -> ColourMap:
    """Return bark: upright plates in brown and grey with a little lichen."""
    size = SLAB_TEXTURE // 2
    plates = stretched_noise(rng, size, size, (7, 60)) + 0.5 * stretched_noise(
        rng, size, size, (40, 130)
    )
    tone = np.clip(0.5 + 0.25 * plates, 0, 1)[..., None]
    colour = np.array((0.17, 0.12, 0.09)) * (1 - tone) + np.array((0.46, 0.36, 0.27)) * tone
    lichen = np.clip(stretched_noise(rng, size, size, (14, 20)) - 0.8, 0, 1)[..., None]
    colour = colour * (1 - lichen) + np.array((0.45, 0.50, 0.33)) * lichen
    return np.asarray(np.clip(colour * 255, 0, 255).astype(np.uint8))


def river_stone(rng: np.random.Generator) -> ColourMap:
    """Return a grey river stone: clouds, grains, a few pale veins."""
    size = SLAB_TEXTURE
    clouds = stretched_noise(rng, size, size, (6, 6)) + 0.6 * stretched_noise(
        rng, size, size, (21, 21)
    )
    grains = stretched_noise(rng, size, size, (size, size))
    grains += 0.7 * stretched_noise(rng, size, size, (size // 4, size // 4))
    vein = np.abs(stretched_noise(rng, size, size, (4, 4)) + 0.12 * clouds)
    tone = 1 + 0.10 * clouds + 0.07 * grains + 0.22 * np.exp(-((vein / 0.025) ** 2))
    colour = np.array((0.47, 0.48, 0.45)) * tone[..., None]
    lichen = np.clip(stretched_noise(rng, size, size, (10, 10)) - 0.9, 0, 1)[..., None]
    colour = colour * (1 - 0.8 * lichen) + np.array((0.42, 0.50, 0.28)) * 0.8 * lichen
    return np.asarray(np.clip(colour * 255, 0, 255).astype(np.uint8))
