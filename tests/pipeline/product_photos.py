"""Synthetic product photos with exact alpha: drawn at twice the size, shaded, set on a backdrop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Backdrop = Literal["plain", "gradient", "table", "clutter"]
Shape = Literal["bottle", "box", "bowl", "bag", "fish", "mug"]
Image = NDArray[np.float32]

SUPERSAMPLING = 2


@dataclass(frozen=True)
class ProductPhoto:
    """`rgb` uint8 (H, W, 3); `alpha` float (H, W) 0..1, the truth; `product` (H, W, 3) 0..255."""

    rgb: NDArray[np.uint8]
    alpha: Image
    product: Image


def product_photo(
    shape: Shape,
    backdrop: Backdrop,
    *,
    seed: int = 0,
    side: int = 640,
    colour: tuple[int, int, int] = (190, 60, 40),
    ground: tuple[int, int, int] = (225, 222, 215),
    shadow: float = 0.35,
    noise: float = 2.0,
    fill: float = 1.0,
) -> ProductPhoto:
    """Return one photo. `shadow` 0..1 is its depth, `noise` a sigma in 8-bit steps."""
    rng = np.random.default_rng(seed)
    size = side * SUPERSAMPLING
    alpha = _silhouette(shape, size, fill)
    product = _shaded(alpha, colour, rng, label=shape in ("bottle", "box", "bag"))
    scene = _backdrop(backdrop, size, ground, rng)
    scene = scene * (1 - shadow * _shadow(alpha, size))[..., None]
    photo = product * alpha[..., None] + scene * (1 - alpha[..., None])
    photo, alpha, product = (
        cv2.resize(layer, (side, side), interpolation=cv2.INTER_AREA)
        for layer in (photo, alpha, product)
    )
    photo = photo + rng.normal(0, noise, photo.shape)
    return ProductPhoto(np.clip(photo, 0, 255).round().astype(np.uint8), alpha, product)


def intersection_over_union(found: NDArray[np.generic], truth: NDArray[np.generic]) -> float:
    """Both bool (H, W)."""
    return float(np.logical_and(found, truth).sum() / max(np.logical_or(found, truth).sum(), 1))


def _silhouette(shape: Shape, size: int, fill: float) -> Image:
    canvas = np.zeros((size, size), np.uint8)
    outlines = {
        "bottle": _polygons_bottle,
        "box": _polygons_box,
        "bowl": _polygons_bowl,
        "bag": _polygons_bag,
        "fish": _polygons_fish,
        "mug": _polygons_mug,
    }
    for polygon, value in outlines[shape]():
        points = (polygon - 0.5) * fill + 0.5
        cv2.fillPoly(canvas, [np.round(points * size * 16).astype(np.int32)], value, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / 255


def _ellipse(cx: float, cy: float, rx: float, ry: float, to: float = 360) -> Image:
    """Points of an ellipse, clockwise on screen from its right end; negative `to` goes back."""
    angle = np.radians(np.linspace(0, to, 120))
    return np.stack([cx + rx * np.cos(angle), cy + ry * np.sin(angle)], 1).astype(np.float32)


Outline = list[tuple[Image, int]]


def _polygons_bottle() -> Outline:
    half = [(0.04, 0.12), (0.04, 0.28), (0.12, 0.38), (0.13, 0.84), (0.11, 0.87)]
    points = [(0.5 + x, y) for x, y in half] + [(0.5 - x, y) for x, y in reversed(half)]
    return [(np.array(points, np.float32), 255)]


def _polygons_box() -> Outline:
    points = [(0.27, 0.38), (0.6, 0.31), (0.75, 0.37), (0.73, 0.79), (0.43, 0.87), (0.28, 0.79)]
    return [(np.array(points, np.float32), 255)]


def _polygons_bowl() -> Outline:
    body = np.concatenate(
        [_ellipse(0.5, 0.5, 0.3, 0.28, 180), _ellipse(0.5, 0.5, 0.3, 0.07, -180)[::-1]]
    )
    return [(body, 255)]


def _polygons_bag() -> Outline:
    points = [(0.3, 0.25), (0.5, 0.23), (0.7, 0.26), (0.69, 0.5), (0.74, 0.83), (0.5, 0.86)]
    points += [(0.27, 0.82), (0.32, 0.5)]
    return [(np.array(points, np.float32), 255)]


def _polygons_fish() -> Outline:
    tail = np.array([(0.7, 0.6), (0.88, 0.48), (0.85, 0.6), (0.89, 0.73)], np.float32)
    return [(_ellipse(0.45, 0.6, 0.31, 0.11), 255), (tail, 255)]


def _polygons_mug() -> Outline:
    points = [(0.28, 0.35), (0.6, 0.35), (0.58, 0.8), (0.3, 0.8)]
    handle, hole = _ellipse(0.61, 0.55, 0.14, 0.15), _ellipse(0.63, 0.55, 0.075, 0.085)
    return [(handle, 255), (hole, 0), (np.array(points, np.float32), 255)]


def _shaded(
    alpha: Image, colour: tuple[int, int, int], rng: np.random.Generator, *, label: bool
) -> Image:
    size = alpha.shape[0]
    y, x = np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j].astype(np.float32)
    light = 0.75 + 0.5 * np.exp(-(((x - 0.42) / 0.12) ** 2)) - 0.35 * (x - 0.5)
    grain = cv2.resize(
        rng.normal(0, 1, (48, 48)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC
    )
    product = np.array(colour, np.float32) * (light + 0.05 * grain)[..., None]
    if label:
        inside = (np.abs(y - 0.62) < 0.1) & (np.abs(x - 0.5) < 0.11)
        product[inside] = np.array((240, 236, 226), np.float32)
        lines = inside & ((y * 60 % 1) < 0.35) & (np.abs(x - 0.5) < 0.08)
        product[lines] = (40, 40, 60)
    return np.clip(product, 0, 255).astype(np.float32)


def _backdrop(
    kind: Backdrop, size: int, ground: tuple[int, int, int], rng: np.random.Generator
) -> Image:
    y, x = np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j].astype(np.float32)
    base = np.broadcast_to(np.array(ground, np.float32), (size, size, 3)).copy()
    if kind == "plain":
        return base
    falloff = 1.05 - 0.25 * x - 0.2 * (y - 0.4) ** 2 - 0.1 * y
    if kind == "gradient":
        return base * falloff[..., None]
    wall = base * falloff[..., None]
    planks = rng.normal(0, 1, (4, 160)).astype(np.float32)
    grain = cv2.resize(planks, (size, size), interpolation=cv2.INTER_CUBIC).T
    wood = np.array((150, 108, 70), np.float32) * (1 + 0.05 * grain - 0.15 * (x - 0.5))[..., None]
    table = np.where((y > 0.58 + 0.03 * x)[..., None], wood, wall).astype(np.float32)
    if kind == "table":
        return cv2.GaussianBlur(table, (0, 0), 2)
    for _ in range(60):
        corner = rng.uniform(-0.1, 0.9, 2) * size
        extent = rng.uniform(0.08, 0.35, 2) * size
        tint = tuple(float(v) for v in rng.uniform(20, 240, 3))
        cv2.rectangle(
            table, corner.astype(int).tolist(), (corner + extent).astype(int).tolist(), tint, -1
        )
    return table


def _shadow(alpha: Image, size: int) -> Image:
    ys = np.nonzero(alpha.max(1) > 0.5)[0]
    bottom = int(ys.max())
    lower = alpha.copy()
    lower[: bottom - size // 6] = 0
    slid = np.roll(np.roll(lower, size // 30, 1), size // 60, 0)
    return cv2.GaussianBlur(slid, (0, 0), size / 40)
