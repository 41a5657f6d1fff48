"""The product's shadow on a painted ground: no set stands behind it, so its silhouette falls over.

For scenes without a rig. With one, `studio.shading` traces the light instead.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .layout import Box
from .linear_light import luminance, to_linear, to_srgb
from .studio.proxy import Footing

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

# A standing product's shadow: how far it falls to the side and back into the picture, per height.
# Art direction: one large soft key 45 degrees to the side and above.
FALLS_ASIDE: Final = 0.50
FALLS_BACK: Final = 0.16
# How dark it is at the foot, and what is left of that at the shadow's far end.
DARKNESS: Final = 0.50
FAR_END: Final = 0.15
# Blur (sigma) at the foot and at the far end, over the product's smaller side.
NEAR_BLUR: Final = 0.02
FAR_BLUR: Final = 0.10
# A lying product's: it moves aside and down by these shares of its height, and is this soft.
LYING_ASIDE: Final = 0.10
LYING_DOWN: Final = 0.06
LYING_BLUR: Final = 0.10
LYING_DARKNESS: Final = 0.42
# Less difference than this between the scene's halves (of their sum) does not say where light is.
UNDECIDED: Final = 0.03
# Grey product pixels (saturation below) show the light they were photographed in; there must be
# this share of them. The scene follows by this power and never by more than the limits.
GREY: Final = 0.18
LEAST_GREY: Final = 0.03
FOLLOW: Final = 0.35
WHITE_BALANCE: Final = (0.92, 1.08)


def light_side(scene: Picture) -> int:
    """Return where a scene's light comes from: -1 left, 1 right; left when nothing says so."""
    bright = luminance(to_linear(scene))[: max(2 * scene.shape[0] // 3, 1)]
    middle = bright.shape[1] // 2
    left, right = float(bright[:, :middle].mean()), float(bright[:, -middle:].mean())
    return 1 if right - left > UNDECIDED * (right + left) else -1


def cast_shade(alpha: Plane, box: Box, footing: Footing, light: int) -> Plane:
    """Return what light remains beside the product (H, W) 0..1, 1 where its shadow is not.

    `alpha` (H, W) 0..1 is the placed product, `box` what it fills, `light` the side it comes from.
    """
    away = -light
    if footing == "flat":
        dark = _lying(alpha, box, away)
        return np.asarray(1 - LYING_DARKNESS * dark, np.float32)
    return np.asarray(1 - DARKNESS * _fallen(alpha, box, away), np.float32)


def _lying(alpha: Plane, box: Box, away: int) -> Plane:
    move = np.array(
        [[1, 0, away * LYING_ASIDE * box.height], [0, 1, LYING_DOWN * box.height]], np.float32
    )
    moved = cv2.warpAffine(alpha, move, alpha.shape[::-1])
    sigma = max(LYING_BLUR * min(box.width, box.height), 0.8)
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), sigma), np.float32)


def _fallen(alpha: Plane, box: Box, away: int) -> Plane:
    """Return the silhouette laid on the ground, sharp and dark at its foot, soft at its head."""
    foot = float(box.bottom)
    rows = np.arange(alpha.shape[0], dtype=np.float32)
    height = np.clip((foot - rows) / max(box.height, 1), 0, 1)[:, None]
    lay = np.array(
        [
            [1, -away * FALLS_ASIDE, away * FALLS_ASIDE * foot],
            [0, FALLS_BACK, (1 - FALLS_BACK) * foot],
        ],
        np.float32,
    )
    size, side = alpha.shape[::-1], min(box.width, box.height)
    weighted = alpha * (1 - (1 - FAR_END) * height)
    sharp, soft = (
        cv2.GaussianBlur(
            cv2.warpAffine(weighted * share, lay, size, flags=cv2.INTER_AREA),
            (0, 0),
            max(blur * side, 0.8),
        )
        for share, blur in ((1 - height, NEAR_BLUR), (height, FAR_BLUR))
    )
    return np.asarray(np.clip(sharp + soft, 0, 1), np.float32)


def shaded(scene: Picture, shade: Plane, seed: int) -> Picture:
    """Return the scene (H, W, 3) with its light multiplied by `shade` (H, W), in linear light."""
    return to_srgb(to_linear(scene) * shade[..., None], seed=seed)


def balanced(scene: Picture, product: Picture, seed: int) -> Picture:
    """Return the scene with its white balance drawn a little towards the product's photograph.

    The product (H, W, 4) keeps its pixels, so the scene has to come to meet it. Nothing happens
    where the product has no grey to judge by.
    """
    solid = product[product[..., 3] == 255][:, :3]
    grey = _greys(solid)
    if len(grey) < LEAST_GREY * max(len(solid), 1):
        return scene
    around = _greys(scene.reshape(-1, 3)[::7])
    if len(around) == 0:
        return scene
    ratio = _tint(grey) / _tint(around)
    gain = np.clip(ratio**FOLLOW, *WHITE_BALANCE).astype(np.float32)
    return to_srgb(to_linear(scene) * gain, seed=seed)


def _greys(pixels: Picture) -> Picture:
    """Return the pixels (N, 3) that are nearly grey, neither black nor clipped."""
    high, low = pixels.max(axis=1).astype(np.float32), pixels.min(axis=1).astype(np.float32)
    nearly = (high - low) < GREY * np.maximum(high, 1)
    return np.asarray(pixels[nearly & (high > 40) & (high < 250)], np.uint8)


def _tint(pixels: Picture) -> Plane:
    """Return the mean linear colour over its own luminance."""
    mean = to_linear(pixels[None]).reshape(-1, 3).mean(axis=0)
    return np.asarray(mean / max(float(luminance(mean)), 1e-4), np.float32)
