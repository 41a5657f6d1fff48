"""Photographing a set without a product: a glance, the far layer, the near one, exposed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np

from generation.pipeline.memory import give_back_memory

from .backdrops import BACKDROP_SCALE, add_bokeh, blur_radius, disc_blur, lamp_shapes
from .camera import sensor
from .lights import surround
from .near_layer import denoised, guide_of, near_window, photographed
from .render import (
    Image,
    Layers,
    denoise,
    integrator,
    luminance,
    mitsuba_scene,
    render_passes,
    use_variant,
)
from .rig import WHOLE, Rig
from .stage import build_scene, studio_set
from .thrift import near_scale

# Samples per pixel of a draft's near layer.
DRAFT_SAMPLES: Final = 4
# The backdrop is blurred afterwards and rendered at a quarter of the size.
BACKDROP_SAMPLES: Final = 9
# The first preview: this wide on its long side, in pixels, and this many samples.
GLANCE_SIDE: Final = 240
GLANCE_SAMPLES: Final = 4
# Long side in pixels of what tells where a draft's set is near.
PEEK_SIDE: Final = 96
# Part of the frame, as multiples of the product's box, over which the table is metered.
METER_SIZE: Final = 256

# Called with (steps done, steps planned, linear exposed picture of any size, 1 = white, or None).
OnStep = Callable[[int, int, Image | None], None]


@dataclass(frozen=True)
class Plate:
    """A photographed set.

    `picture` linear RGB (height, width, 3) float32, already exposed; `near` (height, width) 0..1,
    where the sharp part of the set is; `exposure` is what the set's radiance was multiplied by.
    """

    picture: Image
    near: Image
    exposure: float


def render_plate(rig: Rig, on_step: OnStep) -> Plate:
    """Photograph the set: a glance first, then the far layer, then the near one band by band.

    A draft is a glance itself: it is shown when it is done.
    """
    if rig.draft:
        return _draft_plate(rig, on_step)
    first_look, seen = glance(rig)
    window = near_window(rig, *plate_sampling(rig), seen)
    bands = window.bands()
    total = len(bands) + 4
    on_step(1, total, first_look)
    far = render_far(rig, share=BACKDROP_SCALE, samples=BACKDROP_SAMPLES)
    on_step(2, total, first_look)
    size = (window.width // 3, window.height // 3)
    draft = cv2.resize(first_look, size, interpolation=cv2.INTER_CUBIC)
    scene = mitsuba_scene(build_scene(rig, scale=window.scale))
    finished: list[Layers] = []
    for index, band in enumerate(bands):
        finished.append(photographed(rig, scene, window, band, seed=rig.seed + index))
        on_step(3 + index, total, _mend(draft, rig, window.layers(finished), band.end, far))
    layers = window.layers(finished)
    picture, exposure = expose(rig, layers, far)
    on_step(total - 1, total, cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    guide = guide_of(rig, scene, window, picture, layers.alpha)
    # The denoiser takes as much memory as the scene, which is not needed any more.
    del scene, finished
    give_back_memory()
    clean = _full_size(rig, denoised(window, picture, guide))
    on_step(total, total, clean)
    return Plate(clean, _full_size(rig, layers.alpha), exposure)


def _draft_plate(rig: Rig, on_step: OnStep) -> Plate:
    """Photograph the set small and in one go; it is shown when it is done, and can end before."""
    far = render_far(rig, share=BACKDROP_SCALE, samples=GLANCE_SAMPLES)
    on_step(1, 4, None)
    scale, samples = plate_sampling(rig)
    scene = mitsuba_scene(build_scene(rig, scale=scale))
    window = near_window(rig, scale, samples, _peek(rig, scene))
    on_step(2, 4, None)
    layers = window.layers([photographed(rig, scene, window, window.rows, seed=rig.seed)])
    on_step(3, 4, None)
    picture, exposure = expose(rig, layers, far)
    guide = guide_of(rig, scene, window, picture, layers.alpha)
    clean = _full_size(rig, denoised(window, picture, guide))
    on_step(4, 4, clean)
    return Plate(clean, _full_size(rig, layers.alpha), exposure)


def _peek(rig: Rig, scene: Any) -> Image:
    """Return the alpha of a tiny picture of the loaded scene."""
    lens = sensor(rig.camera, scale=PEEK_SIDE / max(rig.camera.width, rig.camera.height), crop=None)
    return render_passes(scene, seed=rig.seed, samples=1, lens=lens).alpha


def plate_sampling(rig: Rig) -> tuple[float, int]:
    """Return the near layer's size against the frame, and its samples per pixel."""
    chosen = studio_set(rig.style)
    if rig.draft:
        return near_scale(rig), DRAFT_SAMPLES
    return chosen.plate_scale, chosen.plate_samples


def _mend(draft: Image, rig: Rig, done: Layers, end: int, far: Image | None) -> Image:
    """Return the draft with the finished rows, which `end`, in place of its own.

    The exposure is the draft's: matched by the rows' mean where both exist. Above the near layer
    the far one is finished.
    """
    rows = min(max(end * draft.shape[0] // done.alpha.shape[0], 1), draft.shape[0])
    radiance, alpha = (
        cv2.resize(part, draft.shape[1::-1], interpolation=cv2.INTER_AREA)
        for part in (done.radiance, done.alpha)
    )
    fresh = expose(rig, replace(done, radiance=radiance, alpha=alpha), far)[0][:rows]
    own = draft[:rows]
    gain = float(luminance(own).mean()) / max(float(luminance(fresh).mean()), 1e-6)
    return np.concatenate([fresh * np.float32(gain), draft[rows:]])


def _full_size(rig: Rig, picture: Image) -> Image:
    """Return a picture of a set at the frame's size, no value below 0."""
    size = (rig.camera.width, rig.camera.height)
    if picture.shape[1::-1] == size:
        return np.maximum(picture, 0)
    enlarged: Image = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    return np.maximum(enlarged, 0)


def glance(rig: Rig) -> tuple[Image, Image]:
    """Return a small, quick, denoised picture of the set, the first thing people see, and what
    of it is near: (height, width) 0..1.
    """
    scale = GLANCE_SIDE / max(rig.camera.width, rig.camera.height)
    far = render_far(rig, share=scale / 2, samples=GLANCE_SAMPLES)
    layers = render_passes(
        build_scene(rig, scale=scale),
        seed=rig.seed,
        samples=GLANCE_SAMPLES,
        samples_per_pass=GLANCE_SAMPLES,
    )
    picture, _ = expose(rig, layers, far)
    return np.maximum(denoise(picture, fast=True), 0), layers.alpha


def render_far(rig: Rig, *, share: float, samples: int) -> Image | None:
    """Return what is far behind, out of focus, its median luminance 1; None if nothing.

    `share` is its size against the frame, a large one's is less.

    The lamps are not in it: they are drawn as discs at full size.
    """
    chosen = studio_set(rig.style)
    if chosen.backdrop is None:
        return None
    use_variant()
    far, scale = chosen.backdrop(rig), rig.camera.soft_scale(share)
    scene = {
        "type": "scene",
        "integrator": integrator(3),
        "sensor": sensor(rig.camera, scale=scale, crop=None, pinhole=True),
        "surround": surround(far.ambient),
        **far.shapes,
        **lamp_shapes(far.lamps),
    }
    layers = render_passes(scene, seed=rig.seed, samples=samples, samples_per_pass=samples)
    radius = blur_radius(rig.camera, chosen.backdrop_depth) * scale
    blurred = disc_blur(denoise(layers.radiance, fast=True), radius)
    return blurred / max(float(np.median(luminance(blurred))), 1e-6)


def expose(rig: Rig, layers: Layers, far: Image | None) -> tuple[Image, float]:
    """Return near over far, exposed (1 = white), and the near layer's exposure.

    Lamps and fall-off are the frame's: a whole has them in its windows (see `windows.py`).
    """
    chosen = studio_set(rig.style)
    exposure = chosen.key_level.against(rig.palette.product_tone) / meter(rig, layers)
    picture = layers.radiance * np.float32(exposure)
    if far is not None:
        height, width = layers.alpha.shape
        behind = cv2.resize(far, (width, height), interpolation=cv2.INTER_CUBIC)
        behind = np.maximum(behind * chosen.backdrop_level.against(rig.palette.product_tone), 0)
        assert chosen.backdrop is not None  # noqa: S101 - there is a far layer
        if rig.format != WHOLE:
            behind = add_bokeh(behind, rig.camera, chosen.backdrop(rig).lamps)
        picture += (1 - layers.alpha[..., None]) * behind
    if rig.format != WHOLE:
        picture *= vignette(rig, layers.alpha.shape, chosen.vignette)[..., None]
    return np.ascontiguousarray(picture, np.float32), exposure


def vignette(rig: Rig, shape: tuple[int, ...], loss: float) -> Image:
    """Return the lens's fall-off round the product: 1 there, `loss` less in the farthest corner."""
    height, width = shape[:2]
    frame, (x, y) = rig.layout.frame, rig.layout.product.center
    longest = max(frame.width, frame.height)
    columns = (np.arange(width, dtype=np.float32) / width * frame.width - x) / longest
    rows = (np.arange(height, dtype=np.float32) / height * frame.height - y) / longest
    square = columns[None, :] ** 2 + rows[:, None] ** 2
    kept: Image = 1 - np.float32(loss) * square / square.max()
    return kept


def meter(rig: Rig, layers: Layers) -> float:
    """Return the median luminance of the near layer in the rows round the product's base."""
    height, width = layers.alpha.shape
    size = (min(METER_SIZE, width), min(METER_SIZE, height))
    bright = cv2.resize(luminance(layers.radiance), size, interpolation=cv2.INTER_AREA)
    solid = cv2.resize(layers.alpha, size, interpolation=cv2.INTER_AREA) > 0.95
    box, camera = rig.layout.product, rig.camera
    top = int((box.y + 0.5 * box.height) / camera.height * size[1])
    left, right = (int(x / camera.width * size[0]) for x in (box.x, box.right))
    region = np.zeros_like(solid)
    region[top:, left:right] = True
    chosen = bright[solid & region]
    return max(float(np.median(chosen)) if chosen.size else float(np.median(bright)), 1e-5)
