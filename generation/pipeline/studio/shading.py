"""What the product does to the set's light: cast shadow and bounce, by differential rendering.

The set is rendered twice with the same noise, with and without a stand-in for the product; the
ratio of the two multiplies the plate (after Debevec, "Rendering synthetic objects into real
scenes", 1998, with a ratio instead of a difference so that textures stay sharp).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.layout import Box

from .palette import Rgb
from .plates import kept_picture
from .proxy import footing_of, product_proxy
from .render import Image, Layers, denoise, render_passes, samples_of_pass
from .rig import Rig
from .shapes import Mesh
from .stage import build_scene, plain_set_shapes
from .thrift import light_samples
from .whole import window_of

# Shadows are soft: a third of the frame's resolution is enough.
SHADE_SCALE: Final = 1 / 3
SHADE_SAMPLES: Final = 12
SHADE_PASSES: Final = 3
# Radiance (1 = white) below which the ratio is not trusted: deep blacks stay as they are.
DARKEST: Final = 0.004
# Shadows reach this far from the product, in widths of its box; the key stands on the left.
REACH_LEFT: Final = 0.7
REACH_RIGHT: Final = 1.6
REACH_UP: Final = 0.15
# The ratio fades to 1 over this share of the window's inner edges.
FEATHER: Final = 0.14
# Blur of the factor, in its own pixels: the contact line is drawn apart, sharper than this.
SMOOTHING: Final = 2.0
# A loss of light below this share is noise or a faint veil that would show the window's edge.
UNSEEN: Final = 0.035
# Shadows are deepened by this power: a photographer would flag the fill off round the product.
DEEPEN: Final = 1.5
# Light thrown back by the product may brighten the ground by this much at most.
BRIGHTEST: Final = 1.5

Plane = NDArray[np.float32]
Rgba = NDArray[np.uint8]


def shade_window(frame: Box, product: Box) -> Box:
    """Return the part of the frame that the product can darken."""
    left = max(0, round(product.x - REACH_LEFT * product.width))
    right = min(frame.width, round(product.right + REACH_RIGHT * product.width))
    top = max(0, round(product.y - REACH_UP * product.height))
    return Box(left, top, right - left, frame.height - top)


def product_shade(
    rig: Rig,
    alpha: Plane,
    colour: Rgb,
    on_pass: Callable[[int, int], None],
    *,
    cache_dir: Path | None = None,
    thin: bool = False,
) -> Image:
    """Return the factor (height, width, 3) by which the product changes the set's light.

    `alpha` (height, width) 0..1 is the placed product; `colour` its mean linear colour. 1 where
    nothing changes; under the product the values around it are continued. The set without it is
    the same for all products and kept in `cache_dir`.
    """
    window = shade_window(rig.layout.frame, rig.layout.product)
    frame = rig.layout.frame
    ratio = _faded_ratio(rig, frame, alpha, colour, on_pass, cache_dir=cache_dir, thin=thin)
    full = np.ones((frame.height, frame.width, 3), np.float32)
    enlarged = cv2.resize(ratio, (window.width, window.height), interpolation=cv2.INTER_CUBIC)
    full[window.y : window.bottom, window.x : window.right] = np.clip(enlarged, 0, BRIGHTEST)
    return full


def shade_through(product: Rgba) -> Callable[..., Image]:
    """Return `product_shade` for a window of a whole, worked out once for all windows.

    `product` is the product in a box of its own, at any size, straight alpha.
    """
    shape = product[..., 3].astype(np.float32) / np.float32(255)

    def shade(
        rig: Rig,
        _alpha: Plane,
        colour: Rgb,
        on_pass: Callable[[int, int], None],
        *,
        cache_dir: Path,
        thin: bool,
    ) -> Image:
        assert rig.whole is not None  # noqa: S101 - callers have a window
        whole, canvas = rig.whole, Box(0, 0, rig.whole.camera.width, rig.whole.camera.height)
        alpha = _placed(shape, rig, canvas)
        facts = hashlib.sha256(alpha.tobytes() + repr((colour, thin)).encode()).hexdigest()[:24]

        def worked_out() -> Image:
            return _faded_ratio(
                whole, canvas, alpha, colour, on_pass, cache_dir=cache_dir, thin=thin
            )

        ratio = kept_picture(whole, f"shade-{facts}", cache_dir, worked_out)
        return _seen(ratio, rig, shade_window(canvas, whole.layout.product))

    return shade


def _seen(ratio: Image, rig: Rig, area: Box) -> Image:
    """Return the frame's part of a small picture of an area of the whole, at the frame's size."""
    window, small = window_of(rig), ratio.shape[1] / area.width
    # From the frame's pixel centres to the small picture's.
    step = window.pixels * small
    left = (window.left + 0.5 * window.pixels - area.x) * small - 0.5
    top = (window.top + 0.5 * window.pixels - area.y) * small - 0.5
    seen = cv2.warpAffine(
        ratio,
        np.array([[step, 0, left], [0, step, top]], np.float32),
        (rig.camera.width, rig.camera.height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(np.clip(seen, 0, BRIGHTEST), np.float32)


def _placed(shape: Plane, rig: Rig, canvas: Box) -> Plane:
    """Return the product's coverage of the whole's frame, as large as in the window of it."""
    assert rig.whole is not None  # noqa: S101 - callers have a window
    slot, pixels = rig.layout.product, window_of(rig).pixels
    aspect, middle = shape.shape[1] / shape.shape[0], rig.whole.layout
    height = min(slot.height * pixels, slot.width * pixels / aspect)
    size = max(round(height * aspect), 1), max(round(height), 1)
    smaller = size[0] < shape.shape[1]
    fitted = cv2.resize(shape, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    alpha = np.zeros((canvas.height, canvas.width), np.float32)
    left, top = round(middle.product.center[0] - size[0] / 2), middle.ground_y - size[1]
    alpha[top : top + size[1], left : left + size[0]] = fitted
    return alpha


def _faded_ratio(
    rig: Rig,
    frame: Box,
    alpha: Plane,
    colour: Rgb,
    on_pass: Callable[[int, int], None],
    *,
    cache_dir: Path | None,
    thin: bool,
) -> Image:
    """Return the factor in the shade's window, small, 1 at the window's inner edges."""
    footing = footing_of(alpha, rig.pose)
    window = shade_window(frame, rig.layout.product)
    total = 2 * SHADE_PASSES

    def lit(extra: Mapping[str, Mesh], before: int) -> Image:
        def taken(done: int, _total: int, _layers: Layers) -> None:
            on_pass(before + done, total)

        return _lit(
            rig, window, near | {key: mesh.to_mitsuba() for key, mesh in extra.items()}, taken
        )

    near = plain_set_shapes(rig)
    part = f"plain-{light_samples(rig, SHADE_SAMPLES)}-{SHADE_PASSES}-{round(1 / SHADE_SCALE)}"
    bare = kept_picture(rig, part, cache_dir, lambda: lit({}, 0))
    proxy = product_proxy(alpha, rig.camera, footing, colour, thin=thin)
    ratio = np.clip(
        (lit({"product_proxy": proxy}, SHADE_PASSES) + DARKEST) / (bare + DARKEST), 0, BRIGHTEST
    )
    shadow = np.clip((1 - ratio - UNSEEN) / (1 - UNSEEN), 0, 1)
    ratio = np.where(ratio < 1, (1 - shadow) ** DEEPEN, ratio)
    return _faded(frame, window, ratio.astype(np.float32), alpha)


def _lit(
    rig: Rig, window: Box, shapes: dict[str, Any], on_pass: Callable[[int, int, Layers], None]
) -> Image:
    """Return the shapes in the rig's light, in the window, denoised and exposed."""
    scene = build_scene(
        rig, near=shapes, crop=window, scale=rig.camera.soft_scale(SHADE_SCALE), pinhole=True
    )
    samples = light_samples(rig, SHADE_SAMPLES)
    layers = render_passes(
        scene,
        seed=rig.seed,
        samples=samples,
        samples_per_pass=samples_of_pass(samples, SHADE_PASSES),
        on_pass=on_pass,
    )
    return denoise(layers.radiance, fast=True) * np.float32(rig.exposure)


def _faded(frame: Box, window: Box, ratio: Image, alpha: Plane) -> Image:
    """Fill in what the proxy hides, and fade at the window's inner edges."""
    cut = _without_hollows(alpha)[window.y : window.bottom, window.x : window.right]
    size = (ratio.shape[1], ratio.shape[0])
    hidden = cv2.dilate(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.ones((5, 5)))
    known = (hidden < 0.02).astype(np.float32)[..., None]
    filled = cv2.GaussianBlur(_fill_in(ratio, known), (0, 0), SMOOTHING)
    return np.asarray(1 + (filled - 1) * _feather(size, frame, window)[..., None], np.float32)


def _without_hollows(alpha: Plane) -> Plane:
    """Return the coverage with every row and column filled from end to end, like the proxy."""
    filled = alpha
    for axis in (0, 1):
        before = np.maximum.accumulate(alpha, axis=axis)
        after = np.flip(np.maximum.accumulate(np.flip(alpha, axis), axis=axis), axis)
        filled = np.maximum(filled, np.minimum(before, after))
    return filled


def _fill_in(ratio: Image, known: Image) -> Image:
    """Continue the known values into the hidden part, near ones first (push-pull blurs)."""
    out = ratio * known
    trust = known.copy()
    result, covered = out.copy(), trust.copy()
    for sigma in (1.0, 2.5, 6.0, 15.0, 40.0):
        weight = cv2.GaussianBlur(trust, (0, 0), sigma)[..., None]
        value = cv2.GaussianBlur(out, (0, 0), sigma) / np.maximum(weight, 1e-6)
        fresh = (weight > 0.02) & (covered < 0.5)
        result = np.where(fresh, value, result)
        covered = np.where(fresh, 1.0, covered)
    return cast("Image", np.where(covered > 0.5, result, 1.0).astype(np.float32))


def _feather(size: tuple[int, int], frame: Box, window: Box) -> Plane:
    """Return 1 inside, falling to 0 at the window's edges that are not the frame's."""
    width, height = size
    fade_x, fade_y = max(FEATHER * width, 1.0), max(FEATHER * height, 1.0)
    columns = np.arange(width, dtype=np.float32) + 0.5
    rows = np.arange(height, dtype=np.float32) + 0.5
    across, down = np.ones(width, np.float32), np.ones(height, np.float32)
    if window.x > 0:
        across = np.minimum(across, columns / fade_x)
    if window.right < frame.width:
        across = np.minimum(across, (width - columns) / fade_x)
    if window.y > 0:
        down = np.minimum(down, rows / fade_y)
    edge = np.clip(np.minimum(across[None, :], down[:, None]), 0, 1)
    return cast("Plane", (edge * edge * (3 - 2 * edge)).astype(np.float32))
