"""Photographing a set without a product: a glance, the far layer, the near one, exposed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np

from .backdrops import BACKDROP_SCALE, add_bokeh, blur_radius, disc_blur, lamp_shapes
from .camera import sensor
from .lights import surround
from .render import (
    Image,
    Layers,
    denoise,
    integrator,
    luminance,
    mitsuba_scene,
    render_albedo,
    render_passes,
    use_variant,
)
from .rig import Rig
from .stage import build_albedo_scene, build_scene, studio_set

# Samples per pixel of the denoiser's guide.
ALBEDO_SAMPLES: Final = 2
# Half the blur, in pixels, of the guide where edges are out of focus.
SOFT_EDGE: Final = 2.5
# Pixel samples of one band: about a second on two cores.
BAND_SAMPLES: Final = 1_200_000
# Samples per pixel of a draft's near layer.
DRAFT_SAMPLES: Final = 4
# The backdrop is blurred afterwards and rendered at a quarter of the size.
BACKDROP_SAMPLES: Final = 9
# The first preview: this wide on its long side, in pixels, and this many samples.
GLANCE_SIDE: Final = 240
GLANCE_SAMPLES: Final = 4
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
    scale, samples = plate_sampling(rig)
    width, height = (max(round(side * scale), 1) for side in (rig.camera.width, rig.camera.height))
    bands = _bands(width, height, samples)
    total = len(bands) + 4
    first_look = glance(rig)
    on_step(1, total, first_look)
    far = render_far(rig, scale=BACKDROP_SCALE, samples=BACKDROP_SAMPLES)
    on_step(2, total, first_look)
    draft = cv2.resize(first_look, (width // 3, height // 3), interpolation=cv2.INTER_CUBIC)
    scene = mitsuba_scene(build_scene(rig, scale=scale))
    finished: list[Layers] = []
    for index, rows in enumerate(bands):
        lens = sensor(rig.camera, scale=scale, crop=None, rows=rows)
        finished.append(_band(scene, lens, seed=rig.seed + index, samples=samples))
        on_step(3 + index, total, _mend(draft, rig, finished, far, height))
    layers = _stack(finished)
    picture, exposure = expose(rig, layers, far)
    guide = _guide(rig, scene, picture, layers.alpha, scale)
    on_step(total - 1, total, cv2.resize(picture, draft.shape[1::-1], interpolation=cv2.INTER_AREA))
    clean = _full_size(rig, denoise(picture, guide, fast=True))
    on_step(total, total, clean)
    return Plate(clean, _full_size(rig, layers.alpha), exposure)


def _draft_plate(rig: Rig, on_step: OnStep) -> Plate:
    """Photograph the set small and in one go; it is shown when it is done, and can end before."""
    scale, samples = plate_sampling(rig)
    far = render_far(rig, scale=BACKDROP_SCALE, samples=GLANCE_SAMPLES)
    on_step(1, 4, None)
    scene = mitsuba_scene(build_scene(rig, scale=scale))
    on_step(2, 4, None)
    layers = _band(scene, None, seed=rig.seed, samples=samples)
    on_step(3, 4, None)
    picture, exposure = expose(rig, layers, far)
    guide = _guide(rig, scene, picture, layers.alpha, scale)
    clean = _full_size(rig, denoise(picture, guide, fast=True))
    on_step(4, 4, clean)
    return Plate(clean, _full_size(rig, layers.alpha), exposure)


def plate_sampling(rig: Rig) -> tuple[float, int]:
    """Return the near layer's size against the frame, and its samples per pixel."""
    chosen = studio_set(rig.style)
    if rig.draft:
        return 1.0, DRAFT_SAMPLES
    return chosen.plate_scale, chosen.plate_samples


def _bands(width: int, height: int, samples: int) -> list[tuple[int, int]]:
    """Cut the picture into bands of rows that take about a second each on two cores."""
    count = max(1, math.ceil(width * height * samples / BAND_SAMPLES))
    edges = np.linspace(0, height, count + 1).round().astype(int)
    return [(int(top), int(end)) for top, end in itertools.pairwise(edges)]


def _band(scene: Any, lens: dict[str, Any] | None, *, seed: int, samples: int) -> Layers:
    return render_passes(scene, seed=seed, samples=samples, samples_per_pass=samples, lens=lens)


def _stack(bands: list[Layers]) -> Layers:
    """Return the bands as one picture, top to bottom."""
    return replace(
        bands[0],
        radiance=np.concatenate([band.radiance for band in bands]),
        alpha=np.concatenate([band.alpha for band in bands]),
    )


def _mend(draft: Image, rig: Rig, finished: list[Layers], far: Image | None, height: int) -> Image:
    """Return the draft with the finished rows in place of its own, at a third of the size.

    The exposure is the draft's: matched by the rows' mean where both exist.
    """
    done = _stack(finished)
    rows = min(max(done.alpha.shape[0] * draft.shape[0] // height, 1), draft.shape[0])
    size, missing = (draft.shape[1], rows), draft.shape[0] - rows
    radiance, alpha = (
        cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (done.radiance, done.alpha)
    )
    padded = replace(
        done,
        radiance=np.pad(radiance, ((0, missing), (0, 0), (0, 0)), mode="edge"),
        alpha=np.pad(alpha, ((0, missing), (0, 0)), mode="edge"),
    )
    fresh, own = expose(rig, padded, far)[0][:rows], draft[:rows]
    gain = float(luminance(own).mean()) / max(float(luminance(fresh).mean()), 1e-6)
    return np.concatenate([fresh * np.float32(gain), draft[rows:]])


def _guide(rig: Rig, scene: Any, picture: Image, alpha: Image, scale: float) -> Image | None:
    """Return the near set's albedo over the picture of the far one, for the denoiser.

    Smooth where `alpha` says that an edge is out of focus: the denoiser would take the noise of a
    few samples there for texture.
    """
    if not studio_set(rig.style).textured:
        return None
    albedo = render_albedo(scene, seed=rig.seed, samples=ALBEDO_SAMPLES) or _band(
        build_albedo_scene(rig, scale=scale), None, seed=rig.seed, samples=ALBEDO_SAMPLES
    )
    guide = albedo.radiance + (1 - albedo.alpha[..., None]) * np.clip(picture, 0, 1)
    covered = cv2.GaussianBlur(alpha, (0, 0), SOFT_EDGE)
    soft = ((covered > 0.01) & (covered < 0.99)).astype(np.float32)
    share = cv2.GaussianBlur(soft, (0, 0), SOFT_EDGE)[..., None]
    guide += share * (cv2.GaussianBlur(guide, (0, 0), 2 * SOFT_EDGE) - guide)
    return np.ascontiguousarray(np.clip(guide, 0, 1), np.float32)


def _full_size(rig: Rig, picture: Image) -> Image:
    """Return a picture of a set at the frame's size, no value below 0."""
    size = (rig.camera.width, rig.camera.height)
    if picture.shape[1::-1] == size:
        return np.maximum(picture, 0)
    enlarged: Image = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    return np.maximum(enlarged, 0)


def glance(rig: Rig) -> Image:
    """Return a small, quick, denoised picture of the set: the first thing people see."""
    scale = GLANCE_SIDE / max(rig.camera.width, rig.camera.height)
    far = render_far(rig, scale=scale / 2, samples=GLANCE_SAMPLES)
    layers = render_passes(
        build_scene(rig, scale=scale),
        seed=rig.seed,
        samples=GLANCE_SAMPLES,
        samples_per_pass=GLANCE_SAMPLES,
    )
    picture, _ = expose(rig, layers, far)
    return np.maximum(denoise(picture, fast=True), 0)


def render_far(rig: Rig, *, scale: float, samples: int) -> Image | None:
    """Return what is far behind, out of focus, at `scale`, its median luminance 1; None if nothing.

    The lamps are not in it: they are drawn as discs at full size.
    """
    chosen = studio_set(rig.style)
    if chosen.backdrop is None:
        return None
    use_variant()
    far = chosen.backdrop(rig)
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
    """Return near over far, exposed (1 = white), and the near layer's exposure."""
    chosen = studio_set(rig.style)
    exposure = chosen.key_level.against(rig.palette.product_tone) / meter(rig, layers)
    picture = layers.radiance * np.float32(exposure)
    if far is not None:
        height, width = layers.alpha.shape
        behind = cv2.resize(far, (width, height), interpolation=cv2.INTER_CUBIC)
        behind = np.maximum(behind * chosen.backdrop_level.against(rig.palette.product_tone), 0)
        assert chosen.backdrop is not None  # noqa: S101 - there is a far layer
        behind = add_bokeh(behind, rig.camera, chosen.backdrop(rig).lamps)
        picture += (1 - layers.alpha[..., None]) * behind
    picture *= _vignette(rig, layers.alpha.shape, chosen.vignette)[..., None]
    return np.ascontiguousarray(picture, np.float32), exposure


def _vignette(rig: Rig, shape: tuple[int, ...], loss: float) -> Image:
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
    box, frame = rig.layout.product, rig.layout.frame
    top = int((box.y + 0.5 * box.height) / frame.height * size[1])
    left, right = (int(x / frame.width * size[0]) for x in (box.x, box.right))
    region = np.zeros_like(solid)
    region[top:, left:right] = True
    chosen = bright[solid & region]
    return max(float(np.median(chosen)) if chosen.size else float(np.median(bright)), 1e-5)
