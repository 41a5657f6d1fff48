"""Procedural surfaces as bitmaps: wood grain, cloth weave, cane; made with NumPy, tied to a seed.

Colour maps are display-encoded (sRGB) uint8 (height, width, 3); height maps float32 0..1. The last
of a kind is kept, for the same ad in another format and after its draft: not to be written to.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .palette import Rgb

ColourMap = NDArray[np.uint8]
HeightMap = NDArray[np.float32]

# Textures of one kind that are kept: tens of megabytes each.
KEPT: Final = 1
# Pixels of one plank in the atlas: across the grain fine, along it coarser (grain is long).
PLANK_ROWS: Final = 192
PLANK_COLUMNS: Final = 2048


def stretched_noise(
    rng: np.random.Generator, rows: int, columns: int, cells: tuple[int, int]
) -> HeightMap:
    """Return smooth noise, mean 0 and spread about 1, with `cells` (rows, columns) grains."""
    grains = rng.standard_normal(cells).astype(np.float32)
    return cast("HeightMap", cv2.resize(grains, (columns, rows), interpolation=cv2.INTER_CUBIC))


def tiled_noise(
    rng: np.random.Generator, rows: int, columns: int, cells: tuple[int, int]
) -> HeightMap:
    """Return the same for a texture that repeats: its opposite edges fit each other."""
    grains = rng.standard_normal(cells).astype(np.float32)
    across, down = (
        ((np.arange(side, dtype=np.float32) + 0.5) * (count / side) - 0.5)
        for side, count in ((columns, cells[1]), (rows, cells[0]))
    )
    x, y = np.meshgrid(across, down)
    noise = cv2.remap(grains, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
    return cast("HeightMap", noise)


def plank(rng: np.random.Generator) -> tuple[HeightMap, HeightMap]:
    """Return one plank's grain (0 pale early wood .. 1 dark late wood) and wear (0..1)."""
    rows, columns = PLANK_ROWS, PLANK_COLUMNS
    across = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    along = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
    bend = 0.10 * stretched_noise(rng, rows, columns, (3, 7))
    bend += 0.03 * stretched_noise(rng, rows, columns, (8, 24))
    for _ in range(int(rng.integers(0, 3))):
        x, y = rng.uniform(0.05, 0.95), rng.uniform(0.2, 0.8)
        reach = np.exp(-(((along - x) / 0.012) ** 2) - ((across - y) / 0.16) ** 2)
        bend += np.float32(rng.uniform(0.5, 0.9)) * reach
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (across + bend) * float(rng.uniform(5, 11)))
    fibres = stretched_noise(rng, rows, columns, (rows, 40))
    fibres += 0.6 * stretched_noise(rng, rows, columns, (rows // 2, 160))
    grain = 0.46 * rings**1.5 + 0.13 * fibres + 0.22
    wear = stretched_noise(rng, rows, columns, (2, 9)) + 0.5 * stretched_noise(
        rng, rows, columns, (6, 40)
    )
    edge = np.minimum(across, 1 - across)
    wear = 0.5 + 0.2 * wear - 0.55 * np.exp(-edge / 0.035)
    return np.clip(grain, 0, 1).astype(np.float32), np.clip(wear, 0, 1).astype(np.float32)


@lru_cache(maxsize=KEPT)
def plank_atlas(seed: int, count: int, pale: Rgb, dark: Rgb) -> tuple[ColourMap, HeightMap]:
    """Return the colours and the relief of `count` planks stacked downwards.

    `pale` and `dark` are display colours 0..1 of early and late wood; every plank varies them.
    """
    rng = np.random.default_rng(seed)
    colours, reliefs = [], []
    for _ in range(count):
        grain, wear = plank(rng)
        light = np.array(pale, np.float32) * np.float32(rng.uniform(0.82, 1.10))
        deep = np.array(dark, np.float32) * np.float32(rng.uniform(0.80, 1.15))
        bright = 255 * (0.70 + 0.45 * wear)
        # By channel: arrays of one plank stay in the processor's cache.
        channels = [
            (first + (last - first) * grain) * bright
            for first, last in zip(light, deep, strict=True)
        ]
        # Rounded and clipped by OpenCV, which is quicker at it than NumPy.
        colours.append(cv2.merge([cv2.convertScaleAbs(part) for part in channels]))
        reliefs.append(1 - np.float32(0.7) * grain)
    return np.concatenate(colours), np.concatenate(reliefs)


@lru_cache(maxsize=KEPT)
def weave(seed: int, size: int, threads: int, thread: Rgb, gap: Rgb) -> tuple[ColourMap, HeightMap]:
    """Return plain-woven cloth: `threads` warp and weft threads across `size` pixels."""
    rng = np.random.default_rng(seed)
    wobble = 0.25 * stretched_noise(rng, size, size, (threads // 2, 12))
    waver = 0.25 * stretched_noise(rng, size, size, (12, threads // 2))
    line = np.linspace(0, threads, size, dtype=np.float32, endpoint=False)
    rows, columns = line[:, None] + wobble, line[None, :] + waver
    warp = np.abs(np.sin(np.pi * columns))
    weft = np.abs(np.sin(np.pi * rows))
    over = (np.floor(rows) + np.floor(columns)) % 2
    height = np.where(over > 0.5, 0.6 * warp + 0.4 * weft, 0.4 * warp + 0.6 * weft)
    height = height * (0.9 + 0.1 * over)
    slub = stretched_noise(rng, size, size, (threads, 10)) + stretched_noise(
        rng, size, size, (10, threads)
    )
    tone = height * (1 + 0.07 * slub) + 0.05 * stretched_noise(rng, size, size, (9, 9))
    tone = np.clip(tone, 0, 1) * 255
    channels = [255 * low + (high - low) * tone for low, high in zip(gap, thread, strict=True)]
    return cv2.merge([cv2.convertScaleAbs(part) for part in channels]), height.astype(np.float32)


def colour_texture(colours: ColourMap) -> dict[str, Any]:
    """Return Mitsuba's description of a display-encoded colour map."""
    import mitsuba as mi

    return {"type": "bitmap", "bitmap": mi.Bitmap(np.ascontiguousarray(colours)), "raw": False}


def scalar_texture(values: HeightMap) -> dict[str, Any]:
    """Return Mitsuba's description of a map of plain numbers (relief, roughness)."""
    import mitsuba as mi

    single = np.ascontiguousarray(values[..., None], np.float32)
    return {"type": "bitmap", "bitmap": mi.Bitmap(single), "raw": True}
