"""Latents to colours by one matrix: a preview for the price of a multiplication.

The matrix is fitted to the VAE at hand, by least squares over a chart of soft random colours that
the VAE encodes, so no table of published factors has to match the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# A square chart of this many tokens a side: 576 samples for FLUX's 64 or 128 channels, 144 for
# SDXL's 4.
CHART_TOKENS: Final = {2: 24, 1: 12}
# Pixels of the picture that become one pixel of the preview.
LATENT: Final = 8
# Blotches of the chart, in cells over its side, coarse to fine, and how strong each is.
BLOTCHES: Final = ((6, 0.6), (24, 0.3), (96, 0.1))
# Ridge of the fit, as a share of the latents' mean power: what the chart does not fill stays 0.
RIDGE: Final = 1e-3


@dataclass(frozen=True)
class LatentMap:
    """`weights` (channels + 1, patch * patch * 3): a token's values and 1 to its pixels' RGB 0..1.

    One token becomes `patch` x `patch` pixels of the preview.
    """

    weights: Floats
    patch: int

    def colours(self, tokens: Floats) -> NDArray[np.uint8]:
        """Return sRGB (rows * patch, columns * patch, 3) of tokens (rows, columns, channels)."""
        rows, columns, _ = tokens.shape
        flat = tokens.reshape(rows * columns, -1)
        found = flat @ self.weights[:-1] + self.weights[-1]
        tiles = found.reshape(rows, columns, self.patch, self.patch, 3).transpose(0, 2, 1, 3, 4)
        picture = tiles.reshape(rows * self.patch, columns * self.patch, 3)
        return np.asarray(np.clip(np.nan_to_num(picture) * 255, 0, 255).round(), np.uint8)


def fit(tokens: Floats, picture: Floats, patch: int) -> LatentMap:
    """Return the map that takes `tokens` (rows, columns, channels) nearest to `picture`.

    `picture` (H, W, 3) 0..1 is what was encoded.
    """
    rows, columns, channels = tokens.shape
    size = (columns * patch, rows * patch)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    tiles = small.reshape(rows, patch, columns, patch, 3).transpose(0, 2, 1, 3, 4)
    wanted = tiles.reshape(rows * columns, -1).astype(np.float64)
    known = tokens.reshape(rows * columns, channels).astype(np.float64)
    mean, level = known.mean(axis=0), wanted.mean(axis=0)
    centred = known - mean
    power = centred.T @ centred
    ridge = RIDGE * max(float(np.trace(power)) / channels, 1e-12)
    slopes = np.linalg.solve(power + ridge * np.eye(channels), centred.T @ (wanted - level))
    weights = np.vstack([slopes, level - mean @ slopes])
    return LatentMap(weights.astype(np.float32), patch)


@lru_cache(maxsize=2)
def chart(patch: int) -> Floats:
    """Return soft blotches of all colours (side, side, 3) 0..1, always the same.

    `patch` is how many latents a token has along a side.
    """
    random = np.random.default_rng(0)
    side = CHART_TOKENS[patch] * patch * LATENT
    mixed = np.full((side, side, 3), 0.5, np.float32)
    for cells, strength in BLOTCHES:
        coarse = random.random((cells, cells, 3), np.float32) - 0.5
        mixed += 2 * strength * cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(mixed, 0, 1), np.float32)


_known: WeakKeyDictionary[Any, LatentMap] = WeakKeyDictionary()


def latent_map(vae: Any, encode: Any, patch: int) -> LatentMap:
    """Return a VAE's map, fitted on first use; `encode` makes tokens (rows, columns, C)."""
    if vae not in _known:
        _known[vae] = fit(encode(chart(patch)), chart(patch), patch)
    return _known[vae]
