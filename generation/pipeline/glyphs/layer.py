"""Rendered letters -> a layer with straight alpha: developed, denoised, without a fringe."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.studio.render import Image, Layers, denoise, develop

# Coverage from which a pixel's own colour is trusted; thinner edges borrow from their neighbours.
TRUSTED: Final = 0.25

# How far (px, sigma) colour is carried over the edge, in growing rounds.
BLEEDS: Final = (1.0, 3.0, 8.0)

# Radiances among which a developed tone is looked up, and how many.
DARKEST_TONE, BRIGHTEST_TONE, TONES = 1e-4, 8.0, 2048


def developed(
    layers: Layers, exposure: float, *, clean: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return sRGB (H, W, 3) uint8, not premultiplied, and alpha (H, W) 0..1.

    Colour is continued beyond the letters' edge before denoising and development, so that neither
    the denoiser nor a later rescaling draws a dark line round them. `clean` runs the denoiser.
    """
    alpha = np.clip(layers.alpha, 0.0, 1.0)
    colour = _bled(layers.radiance, alpha)
    if clean:
        colour = denoise(colour, fast=True)
    return develop(colour, exposure), alpha


def _bled(radiance: Image, alpha: Image) -> Image:
    """Return colour without its coverage, carried from trusted pixels over the others."""
    weight = np.where(alpha >= TRUSTED, alpha, 0.0).astype(np.float32)
    colour = radiance / np.maximum(alpha, 1e-3)[..., None]
    known = alpha >= TRUSTED
    total = np.where(known[..., None], colour, 0.0).astype(np.float32)
    for sigma in BLEEDS:
        near = cv2.GaussianBlur(weight, (0, 0), sigma)
        carried = cv2.GaussianBlur(total * weight[..., None], (0, 0), sigma)
        fresh = ~known & (near > 1e-3)
        total[fresh] = carried[fresh] / near[fresh][:, None]
        known |= fresh
    return np.ascontiguousarray(total)


def undeveloped(picture: NDArray[np.uint8]) -> Image:
    """Return linear radiance (H, W, 3) that `develop` at exposure 1 turns into about `picture`.

    Exact for greys; the curve is taken for each channel by itself.
    """
    tones = np.geomspace(DARKEST_TONE, BRIGHTEST_TONE, TONES, dtype=np.float32)
    shown = develop(np.repeat(tones[:, None, None], 3, axis=2), 1.0)[:, 0, 0]
    return np.asarray(np.interp(picture, shown, tones), np.float32)
