"""sRGB and linear light, and the way back to 8 bits without bands (IEC 61966-2-1)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

# Rec. 709 luminance of linear RGB.
LUMINANCE: Final = np.array((0.2126, 0.7152, 0.0722), np.float32)


def _decoded(encoded: Floats) -> Floats:
    low = encoded <= 0.04045
    return np.where(low, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


_DECODE: Final = _decoded(np.linspace(0, 1, 256, dtype=np.float32))


def to_linear(srgb: Bytes) -> Floats:
    """Return linear light 0..1 of 8-bit sRGB of any shape."""
    return _DECODE[srgb]


def encode(linear: Floats) -> Floats:
    """Return sRGB 0..255, not rounded, of linear light of any shape."""
    light = np.clip(linear, 0, 1)
    curve = 1.055 * np.power(light, 1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, curve).astype(np.float32) * 255


def to_srgb(linear: Floats, *, seed: int = 0) -> Bytes:
    """Return 8-bit sRGB of linear (H, W, 3).

    Less than half a step of fixed noise is added before rounding: smooth gradients do not band,
    and values that were 8-bit to begin with come back exactly.
    """
    encoded = encode(linear)
    noise = np.random.default_rng(seed).random(encoded.shape[:2], np.float32) - 0.5
    return np.clip(np.rint(encoded + 0.96 * noise[..., None]), 0, 255).astype(np.uint8)


def luminance(linear: Floats) -> Floats:
    """Return (H, W) of linear (H, W, 3)."""
    return linear @ LUMINANCE
