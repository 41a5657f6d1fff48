"""Progressive path tracing: passes that are averaged, watched, cancelled, denoised, developed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.linear_light import encoded

from . import wavefront
from .denoiser import denoised
from .variant import chosen_variant

Image = NDArray[np.float32]

# Light that has bounced this often adds less than the noise of a few samples.
MAX_DEPTH: Final = 4
# Radiance above this (after exposure, 1 = white) in one pass is a firefly: it is capped.
FIREFLY_LIMIT: Final = 30.0
# A pass is planned to take this long, so that progress and cancel come at least every 2 s.
PASS_SECONDS: Final = 1.2
# Seeds of consecutive passes differ by this; any odd constant does (Knuth's multiplicative).
SEED_STEP: Final = 2654435761

SEED_MASK: Final = 0x7FFFFFFF

# The guides: 3 + 3 + 1 + 1 channels.
AOVS: Final = "albedo:albedo,normal:sh_normal,depth:depth,shape:shape_index"
GUIDE_CHANNELS: Final = 8


@dataclass(frozen=True)
class Layers:
    """A rendered picture and its guides, each float32 (height, width, ...).

    `radiance` linear RGB, premultiplied by `alpha`; `albedo` 0..1; `normal` world space -1..1;
    `depth` decimetres along the ray (0 where nothing is); `shape` index of the shape hit. The four
    are zero unless `guided`.
    """

    radiance: Image
    alpha: Image
    albedo: Image
    normal: Image
    depth: Image
    shape: Image
    guided: bool = False


# Called after every pass with (passes done, passes planned, layers so far); may raise.
OnPass = Callable[[int, int, Layers], None]


def use_variant() -> str:
    """Set the variant that was chosen for this machine and return its name."""
    # Before Mitsuba, which looks for LLVM when it is imported.
    wanted = chosen_variant().name
    import mitsuba as mi

    if mi.variant() != wanted:
        mi.set_variant(wanted)
    if wavefront.is_compiled(wanted):
        wavefront.prepare(wanted)
    return wanted


def integrator(max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """Return a path tracer that hides the lights from the camera (alpha 0 where nothing is).

    Compiled variants trace no shorter paths than MAX_DEPTH: another kernel would cost more.
    """
    if wavefront.is_compiled(use_variant()):
        max_depth = max(max_depth, MAX_DEPTH)
    return {"type": "path", "max_depth": max_depth, "rr_depth": 3, "hide_emitters": True}


def render_passes(
    scene: Any,
    *,
    seed: int,
    samples: int,
    samples_per_pass: int = 1,
    guide_samples: int = 0,
    lens: dict[str, Any] | None = None,
    on_pass: OnPass | None = None,
) -> Layers:
    """Render `samples` per pixel in passes and return their average.

    `scene` is a loaded Mitsuba scene or its dictionary; `lens` another camera than the scene's
    own. `on_pass` is called after every pass; what it raises (a cancelled stage) ends the
    rendering. Same scene, seed and samples give the same bytes on the same machine.
    `guide_samples` > 0 adds albedo, normals, depth and shape indices from that many camera rays
    per pixel (each costs as much as eight path samples in scalar mode, so they are not taken with
    the picture).
    """
    import mitsuba as mi

    use_variant()
    loaded = mitsuba_scene(scene)
    view = loaded.sensors()[0] if lens is None else mi.load_dict(lens)
    if wavefront.is_compiled(use_variant()):
        samples_per_pass = wavefront.whole_rounds(samples_per_pass)
        samples = wavefront.whole_rounds(samples)
    total = max(1, -(-samples // samples_per_pass))
    guides = _render_guides(loaded, guide_samples, seed) if guide_samples else None
    running = np.zeros((), np.float64)
    for index in range(total):
        pass_seed = (seed * SEED_STEP + index * 977 + 1) & SEED_MASK
        picture = _radiance(loaded, view, samples_per_pass, pass_seed)
        picture[..., :3] = np.clip(np.nan_to_num(picture[..., :3]), 0.0, FIREFLY_LIMIT)
        running = running + picture
        if on_pass is not None:
            on_pass(index + 1, total, _layers(running / (index + 1), guides))
    return _layers(running / total, guides)


def samples_of_pass(samples: int, passes: int) -> int:
    """Return how many of the samples a small picture's pass takes: all, where code is compiled.

    A launch costs such a variant a tenth of a second, and the whole little more.
    """
    return samples if wavefront.is_compiled(use_variant()) else samples // passes


def mitsuba_scene(scene: Any) -> Any:
    """Return the scene loaded, from its dictionary or as it is."""
    use_variant()
    return load_scene(scene) if isinstance(scene, dict) else scene


def load_scene(scene: dict[str, Any]) -> Any:
    """Return the Mitsuba scene of a dictionary, its lights always in the same order.

    Their order decides which random number picks which light. Mitsuba 3.9's own optimisation
    (merging equal parts) leaves it to the addresses in memory, so one scene in twenty came out with
    other noise.
    """
    import mitsuba as mi

    loaded = mi.load_dict(scene, parallel=False, optimize=False)
    if wavefront.is_compiled(use_variant()):
        wavefront.make_opaque(loaded)
    return loaded


def _radiance(loaded: Any, view: Any, samples: int, seed: int) -> NDArray[np.float64]:
    import mitsuba as mi

    if wavefront.is_compiled(use_variant()):
        return wavefront.radiance(loaded, view, samples, seed).astype(np.float64)
    rendered = mi.render(loaded, sensor=view, spp=samples, seed=mi.UInt32(seed))
    return np.array(rendered, np.float64)


def render_albedo(scene: Any, lens: dict[str, Any], *, seed: int, samples: int) -> Layers | None:
    """Return the surfaces' own colours of a loaded scene through a lens, premultiplied.

    None in the scalar variant, where a scene of glowing surfaces is cheaper.
    """
    if not wavefront.is_compiled(use_variant()):
        return None
    import mitsuba as mi

    picture = wavefront.albedo(scene, mi.load_dict(lens), samples, seed)
    return _layers(picture.astype(np.float64), None)


def _render_guides(loaded: Any, samples: int, seed: int) -> Image:
    import mitsuba as mi

    tracer = mi.load_dict({"type": "aov", "aovs": AOVS})
    rendered = mi.render(loaded, integrator=tracer, spp=samples, seed=mi.UInt32(seed & SEED_MASK))
    channels = np.array(rendered, np.float32)
    return channels[..., -GUIDE_CHANNELS:]


def _layers(picture: NDArray[np.float64], guides: Image | None) -> Layers:
    found = np.zeros((*picture.shape[:2], GUIDE_CHANNELS), np.float32) if guides is None else guides
    return Layers(
        radiance=np.ascontiguousarray(picture[..., 0:3], np.float32),
        alpha=np.ascontiguousarray(picture[..., 3], np.float32),
        albedo=np.ascontiguousarray(np.clip(found[..., 0:3], 0, 1)),
        normal=np.ascontiguousarray(np.clip(found[..., 3:6], -1, 1)),
        depth=np.ascontiguousarray(found[..., 6]),
        shape=np.ascontiguousarray(found[..., 7]),
        guided=guides is not None,
    )


def denoise(
    radiance: Image,
    albedo: Image | None = None,
    normal: Image | None = None,
    *,
    fast: bool = False,
) -> Image:
    """Return the picture without path-tracing noise (Intel Open Image Denoise, HDR filter).

    All (height, width, 3) float32, linear; `albedo` and `normal` are guides of the same size.
    `fast` takes half the time and a little of the finest texture.
    """
    return denoised(radiance, albedo, normal, fast=fast)


def denoise_layers(layers: Layers) -> Image:
    """Return the denoised radiance of a render, guided by its albedo and normals if it has them."""
    if not layers.guided:
        return denoise(layers.radiance)
    return denoise(layers.radiance, layers.albedo, layers.normal)


# The shoulder of John Hable's filmic curve (Uncharted 2, GDC 2010): A..F and the linear white.
_HABLE: Final = (0.22, 0.30, 0.10, 0.20, 0.01, 0.30)
_LINEAR_WHITE: Final = 6.0
# Display brightness that scene value MIDDLE is developed to: art direction, "around 45 %".
MIDDLE_GREY: Final = 0.18
MIDDLE_DISPLAY: Final = 0.45


def _hable(x: Image) -> Image:
    a, b, c, d, e, f = _HABLE
    return cast("Image", (x * (a * x + c * b) + d * e) / (x * (a * x + b) + d * f) - e / f)


def _curve_gain() -> float:
    """Scale before the curve that develops MIDDLE_GREY to MIDDLE_DISPLAY."""
    white = float(_hable(np.array(_LINEAR_WHITE, np.float32)))
    target = ((MIDDLE_DISPLAY + 0.055) / 1.055) ** 2.4
    gains = np.linspace(0.2, 12, 4000, dtype=np.float32)
    developed = _hable(gains * MIDDLE_GREY) / white
    return float(gains[int(np.argmin(np.abs(developed - target)))])


_GAIN: Final = _curve_gain()
# Pixels developed at once: a dozen arrays of them fit into the processor's cache.
DEVELOPED_AT_ONCE: Final = 1 << 15


def develop(radiance: Image, exposure: float) -> NDArray[np.uint8]:
    """Return the sRGB picture (height, width, 3) uint8 of linear radiance times `exposure`.

    A filmic curve with toe and shoulder, half on luminance and half per channel: highlights roll
    off and pale a little, as on film, without shifting hue. For the set, never for the product.
    """
    developed = np.empty(radiance.shape, np.uint8)
    rows = max(DEVELOPED_AT_ONCE // radiance.shape[1], 1)
    for first in range(0, radiance.shape[0], rows):
        part = slice(first, first + rows)
        developed[part] = _developed(radiance[part], exposure)
    return developed


def _developed(radiance: Image, exposure: float) -> Image:
    """Return 0..255 of some rows."""
    scene = np.maximum(radiance * np.float32(exposure), 0)
    white = float(_hable(np.array(_LINEAR_WHITE, np.float32)))
    bright = luminance(scene)
    scale = _hable(bright * _GAIN) / white / np.maximum(bright, 1e-6)
    by_luminance = scene * scale[..., None]
    by_channel = _hable(scene * _GAIN) / white
    return cast("Image", np.round(encoded(0.5 * by_luminance + 0.5 * by_channel)))


def luminance(radiance: Image) -> Image:
    """Return the luminance (height, width) of linear sRGB, Rec. 709 weights."""
    bright: Image = radiance @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return bright


class Pacer:
    """Lets something through at most every `interval` seconds (previews cost time)."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._last = float("-inf")

    def due(self) -> bool:
        """Return True, and start waiting anew, when the interval has passed."""
        now = time.monotonic()
        if now - self._last < self._interval:
            return False
        self._last = now
        return True
