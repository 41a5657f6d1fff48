"""Procedural stone as bitmaps: polished marble with veins; made with NumPy, tied to a seed."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .palette import Rgb
from .textures import ColourMap, HeightMap, stretched_noise

# Slabs that are kept: those of one set.
KEPT: Final = 3
# Veins that cross a slab, and how often one splits on its way.
VEINS: Final = 7
BRANCHES: Final = 3
# How bold veins are, with the share of each, and the boldest's width as a share of the diagonal.
BOLDNESS: Final = {0.35: 0.45, 0.6: 0.35, 1.0: 0.20}
WIDTH: Final = 0.0034
# The veins' common course in radians (down to the right), and how far each strays from it.
COURSE: Final = 0.62
STRAY: Final = 0.30
# Points along a vein, and each point's sideways step against the last, as shares of its length.
STEPS: Final = 90
WAVER: Final = 0.0045
# Sub-pixel bits of the drawn lines.
SHIFT: Final = 4

Line = NDArray[np.float64]


@lru_cache(maxsize=KEPT)
def marble(seed: int, rows: int, columns: int, *, stone: Rgb, vein: Rgb) -> ColourMap:
    """Return one slab of marble, `stone` and `vein` as display colours 0..1.

    A few veins cross it along a common course, waver, thin out, split into hair-fine ones; the
    ground between them is clouded. Nothing repeats.
    """
    rng = np.random.default_rng(seed)
    size = float(np.hypot(rows, columns))
    layers = {bold: np.zeros((rows, columns), np.float32) for bold in BOLDNESS}
    for index in range(VEINS):
        across = (index + float(rng.uniform(0.1, 0.9))) / VEINS - 0.5
        course = COURSE + float(rng.normal(0, STRAY))
        normal = np.array([-np.sin(COURSE), np.cos(COURSE)])
        way = np.array([np.cos(course), np.sin(course)])
        start = np.array([columns, rows]) / 2 + across * size * normal - 0.6 * size * way
        bold = float(rng.choice(list(BOLDNESS), p=list(BOLDNESS.values())))
        points = _walk(rng, start, course, 1.2 * size)
        width = bold * size * WIDTH
        _draw(rng, layers[bold], points, width=width, strength=0.35 + 0.65 * bold)
        for _ in range(BRANCHES):
            fork = points[int(rng.integers(STEPS // 6, 5 * STEPS // 6))]
            turned = course + float(rng.choice([-1, 1])) * float(rng.uniform(0.25, 0.8))
            twig = _walk(rng, fork, turned, size * float(rng.uniform(0.12, 0.4)))
            thin = layers[min(BOLDNESS)]
            _draw(rng, thin, twig, width=0.4 * width, strength=0.30 * bold + 0.1)
    soft = (
        cv2.GaussianBlur(layer, (0, 0), max(0.35 * bold * size * WIDTH, 0.6))
        for bold, layer in layers.items()
    )
    lines = np.maximum.reduce(list(soft))
    clouds = _clouds(rng, rows, columns)
    small = cv2.resize(lines, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), size * 0.0015)
    halo = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    mix = np.clip(lines * (0.75 + 0.25 * clouds) + 0.35 * halo, 0, 1)[..., None]
    ground = np.array(stone, np.float32) * (1 + 0.15 * clouds)[..., None]
    colour = ground * (1 - mix) + np.array(vein, np.float32) * mix
    slab: ColourMap = np.clip(colour * 255, 0, 255).astype(np.uint8)
    return slab


def _walk(rng: np.random.Generator, start: Line, course: float, length: float) -> Line:
    """Return the points (STEPS, 2) of a vein: it turns a little, now and then sharply."""
    turns = rng.normal(0, 0.10, STEPS) + rng.normal(0, 0.55, STEPS) * (rng.random(STEPS) < 0.12)
    heading = course + 0.45 * (np.cumsum(turns) - np.linspace(0, turns.sum(), STEPS))
    steps = np.stack([np.cos(heading), np.sin(heading)], 1) * (length / STEPS)
    sideways = np.stack([-np.sin(heading), np.cos(heading)], 1)
    return start + np.cumsum(steps, 0) + sideways * rng.normal(0, WAVER * length, (STEPS, 1)) * 0.3


def _draw(
    rng: np.random.Generator, layer: HeightMap, points: Line, *, width: float, strength: float
) -> None:
    """Draw a vein into `layer` (0..1), thinner and paler towards its ends, in place."""
    count = len(points)
    swell = np.interp(np.arange(count), np.linspace(0, count - 1, 9), rng.uniform(0.25, 1.0, 9))
    taper = np.minimum(1.0, 6 * np.linspace(1, 0, count))
    pixels = np.round(points * 2**SHIFT).astype(int)
    for index in range(count - 1):
        thick = max(1, round(width * swell[index] * taper[index]))
        level = strength * (0.45 + 0.55 * swell[index]) * taper[index]
        ends = (tuple(pixels[index].tolist()), tuple(pixels[index + 1].tolist()))
        cv2.line(layer, *ends, float(level), thick, cv2.LINE_AA, SHIFT)


def _clouds(rng: np.random.Generator, rows: int, columns: int) -> HeightMap:
    """Return soft mottling in three octaves, mean 0 and spread about 1."""
    total = np.zeros((rows, columns), np.float32)
    short = min(rows, columns)
    for octave in range(3):
        cells = [max(round(4 * 2**octave * side / short), 2) for side in (rows, columns)]
        noise = stretched_noise(rng, rows, columns, (cells[0], cells[1]))
        total += noise * np.float32(0.5**octave)
    return total
