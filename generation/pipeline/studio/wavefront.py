"""Rendering with the compiled variants (`llvm_*`, `cuda_*`): few kernels, little memory.

Dr.Jit compiles one kernel for everything that a render does, and what is a plain number in
Mitsuba's classes becomes part of its code: `mitsuba.render` makes another kernel for every size,
crop, lens and light, each one to four seconds on two cores. Here they are data: rays are made from
numbers in memory and handed to the integrator in pieces, so that a kernel depends only on what the
scene is built of. Compiled kernels stay in memory and in `~/.drjit`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
# From loaded scene, sampler, rays to a colour and whether something was hit, per ray.
Tracer = Callable[[Any, Any, Any], tuple[Any, Any]]

# Camera rays in flight: each launch costs 30 ms of tracing Python, and each ray 100 bytes.
WAVEFRONT: Final = 1 << 20
# Samples per pixel of one piece: the sampler's own number is part of the kernel, so it is always
# the same, a square, which multijittering stratifies best.
STRATA: Final = 4
# Seeds of a picture's pieces differ by this (any odd number does).
SEED_STEP: Final = 40_503
SEED_MASK: Final = 0x7FFFFFFF
# A kernel knows how many shapes, surfaces and lights there may be; more than any set has.
ROOM: Final = 400


@dataclass(frozen=True)
class _Lens:
    """A loaded sensor's numbers as arrays of one element, which are no part of a kernel.

    `corner` and `step` take a pixel of the crop to the plane at distance 1 before the lens;
    `right`, `up`, `forward` and `place` are its axes and position in world space.
    """

    columns: Any
    corner: Any
    step: Any
    right: Any
    up: Any
    forward: Any
    place: Any
    aperture: Any
    focus: Any
    near: Any


def is_compiled(variant: str) -> bool:
    """Return whether Mitsuba's variant compiles kernels."""
    return variant.startswith(("llvm", "cuda"))


@cache
def prepare(_variant: str) -> Any:
    """Make kernels independent of what else is in memory; call once a variant is set.

    Dr.Jit numbers objects as they come, writes the highest number into its kernels, and puts the
    code of every object that lives into them: two with high numbers live on, a light and a stand-in
    for products and letters, so that a set has one kernel with and without these. Loads of several
    numbers at once depend on where NumPy put them: they are switched off.
    """
    import drjit as dr
    import mitsuba as mi

    dr.set_flag(dr.JitFlag.PacketOps, False)
    colour = {"type": "rgb", "value": [0.5, 0.5, 0.5]}
    paint = {"type": "diffuse", "reflectance": colour}
    light = {"type": "area", "radiance": colour}
    panel = {"type": "rectangle", "bsdf": paint, "emitter": light}
    solid = {"type": "cube", "bsdf": {"type": "twosided", "material": paint}}
    return [mi.load_dict(thing) for _ in range(ROOM // 2) for thing in (solid, panel)][-2:]


def make_opaque(scene: Any) -> None:
    """Turn the places of a scene's lights and primitives from code into data."""
    import drjit as dr
    import mitsuba as mi

    for thing in (*scene.shapes(), *scene.emitters()):
        parameters = mi.traverse(thing)
        if "to_world" not in parameters:
            continue
        place = parameters["to_world"]
        dr.make_opaque(place)
        parameters["to_world"] = place
        parameters.set_dirty("to_world")
        parameters.update()


def whole_rounds(samples: int) -> int:
    """Return the samples per pixel that are taken where `samples` were asked for."""
    return max(round(samples / STRATA), 1) * STRATA


def radiance(scene: Any, sensor: Any, samples: int, seed: int) -> Image:
    """Return linear RGB, premultiplied, and alpha: (height, width, 4) of the sensor's crop.

    About `samples` rays per pixel, by the scene's own integrator, box-filtered. `scene` went
    through `make_opaque`.
    """
    return _picture(scene, sensor, _light, samples, seed)


def albedo(scene: Any, sensor: Any, samples: int, seed: int) -> Image:
    """Return the surfaces' own colour, premultiplied, and alpha: (height, width, 4)."""
    return _picture(scene, sensor, _own_colour, samples, seed)


def _light(scene: Any, sampler: Any, ray: Any) -> tuple[Any, Any]:
    colour, hit, _ = scene.integrator().sample(scene, sampler, ray)
    return colour, hit


def _own_colour(scene: Any, _sampler: Any, ray: Any) -> tuple[Any, Any]:
    found = scene.ray_intersect(ray)
    hit = found.is_valid()
    return found.bsdf(ray).eval_diffuse_reflectance(found, hit), hit


def _picture(scene: Any, sensor: Any, tracer: Tracer, samples: int, seed: int) -> Image:
    import drjit as dr

    width, height = (int(side) for side in sensor.film().crop_size())
    lens, pixels, rounds = _lens(sensor), width * height, whole_rounds(samples) // STRATA
    edges = np.linspace(0, pixels, -(-pixels * rounds * STRATA // WAVEFRONT) + 1).astype(int)
    pieces: list[Image] = []
    launched: Any = None
    for first, end in itertools.pairwise(edges):
        # The next piece is put together while the one before is computed.
        part, own_seed = range(first, end), seed + int(first)
        ahead = _launched(scene, lens, tracer, part, rounds=rounds, seed=own_seed)
        if launched is not None:
            pieces.append(_averaged(launched, rounds))
        launched = ahead
    pieces.append(_averaged(launched, rounds))
    # Dr.Jit keeps what it took, by size: every format would leave its own behind.
    dr.flush_malloc_cache()
    return np.concatenate(pieces).reshape(height, width, 4)


def _launched(
    scene: Any, lens: _Lens, tracer: Tracer, pixels: range, *, rounds: int, seed: int
) -> list[Any]:
    """Begin to compute some consecutive pixels of the crop; return the sums of their rounds."""
    import drjit as dr
    import mitsuba as mi

    rays = len(pixels) * rounds * STRATA
    sampler = mi.load_dict({"type": "multijitter", "sample_count": STRATA})
    sampler.set_samples_per_wavefront(STRATA)
    sampler.seed(dr.opaque(mi.UInt32, seed * SEED_STEP & SEED_MASK), rays)
    # One round after the other: a pixel's rounds are strangers to the sampler.
    place, count = dr.arange(mi.UInt32, rays) // STRATA, dr.opaque(mi.UInt32, len(pixels))
    pixel = place - place // count * count + dr.opaque(mi.UInt32, pixels.start)
    colour, hit = tracer(scene, sampler, _rays(lens, pixel, sampler))
    channels = [colour.x, colour.y, colour.z, dr.select(hit, mi.Float(1), mi.Float(0))]
    dr.eval(channels)
    return [dr.block_sum(channel, STRATA, mode="evaluated") for channel in channels]


def _averaged(sums: list[Any], rounds: int) -> Image:
    """Return (n, 4) of what was launched, when it is there."""
    table = np.stack([np.array(channel).reshape(rounds, -1).mean(axis=0) for channel in sums], 1)
    return np.asarray(table / np.float32(STRATA), np.float32)


def _rays(lens: _Lens, pixel: Any, sampler: Any) -> Any:
    """Return the thin lens's rays through the pixels."""
    import drjit as dr
    import mitsuba as mi

    row = pixel // lens.columns
    column = pixel - row * lens.columns
    spot = mi.Vector2f(mi.Float(column), mi.Float(row)) + sampler.next_2d()
    across, down = lens.corner.x + spot.x * lens.step.x, lens.corner.y + spot.y * lens.step.y
    on_lens = lens.aperture * mi.warp.square_to_uniform_disk_concentric(sampler.next_2d())
    x, y = across - on_lens.x / lens.focus, down - on_lens.y / lens.focus
    towards = lens.forward + x * lens.right + y * lens.up
    start = lens.place + on_lens.x * lens.right + on_lens.y * lens.up + lens.near * towards
    return mi.RayDifferential3f(mi.Ray3f(mi.Point3f(start), dr.normalize(towards)))


def _lens(sensor: Any) -> _Lens:
    import drjit as dr
    import mitsuba as mi

    numbers, film = mi.traverse(sensor), sensor.film()
    width, height = (float(side) for side in film.size())
    left, top = (float(side) for side in film.crop_offset())
    step = 2 * math.tan(math.radians(_number(numbers, "x_fov") / 2)) / width
    axes = np.array(numbers["to_world"].matrix, np.float64).reshape(4, 4)[:3]
    return _Lens(
        columns=dr.opaque(mi.UInt32, int(film.crop_size()[0])),
        corner=_opaque(mi.Vector2f, ((left - width / 2) * step, (height / 2 - top) * step)),
        step=_opaque(mi.Vector2f, (step, -step)),
        # Mitsuba's cameras have +x on their left.
        right=_opaque(mi.Vector3f, -axes[:, 0]),
        up=_opaque(mi.Vector3f, axes[:, 1]),
        forward=_opaque(mi.Vector3f, axes[:, 2]),
        place=_opaque(mi.Vector3f, axes[:, 3]),
        aperture=dr.opaque(mi.Float, _number(numbers, "aperture_radius", 0.0)),
        focus=dr.opaque(mi.Float, _number(numbers, "focus_distance", 1.0)),
        near=dr.opaque(mi.Float, _number(numbers, "near_clip")),
    )


def _number(parameters: Any, key: str, default: float | None = None) -> float:
    """Return one of a sensor's numbers; without the default it must be there."""
    if default is not None and key not in parameters:
        return default
    return float(np.ravel(parameters[key])[0])


def _opaque(kind: Any, values: Any) -> Any:
    import drjit as dr

    vector = kind(*(float(value) for value in values))
    dr.make_opaque(vector)
    return vector
