"""The letters photographed: lit by the set and their studio, and by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.studio.materials.profile import Cushion, Rounded
from generation.pipeline.studio.render import Layers, OnPass, load_scene, render_passes, use_variant
from generation.pipeline.studio.wavefront import is_compiled

from .mounting import card_shape, plate_shape
from .plan import Lettering
from .scene import front_scene, lettering_scene, shine_scene

Plane = NDArray[np.float32]

# Samples per pixel of the coverage that is proven, and of the letters' own light, which has no
# noise but at edges.
FRONT_SAMPLES: Final = 4
SHINE_SAMPLES: Final = 4

# Samples per pixel of a compiled variant's pass: it takes a second, and each pass a launch more.
# All of a pass are in memory at once, some 200 bytes each: a wide frame's letters take two or more.
COMPILED_PASS: Final = 16
COMPILED_SAMPLES_OF_A_PASS: Final = 2_600_000

# A pass of this many pixel samples takes about a second on one busy core.
SAMPLES_OF_A_PASS: Final = 450_000


@dataclass(frozen=True)
class Shot:
    """The letters' crop: `layers` with all their light; `lit` (H, W) 0..1 is what shines itself."""

    layers: Layers
    lit: Plane | None


def shoot(
    lettering: Lettering, *, seed: int, samples: int, loaded: Callable[[], None], on_pass: OnPass
) -> Shot:
    """Render the letters. `loaded` is called when the scene stands, `on_pass` after each pass."""
    crop = lettering.placement.crop
    per_pass = samples_per_pass(crop.width * crop.height)
    if is_compiled(use_variant()):
        per_pass = min(samples, COMPILED_PASS)
        while per_pass > 1 and per_pass * crop.width * crop.height > COMPILED_SAMPLES_OF_A_PASS:
            per_pass //= 2
    scene = load_scene(
        lettering_scene(
            lettering.mesh,
            lettering.material,
            lettering.rig,
            lettering.placement,
            lettering.setting(),
            samples_per_pass=per_pass,
            extra=_mounting(lettering),
        )
    )
    loaded()
    shine = _shine(lettering, seed)

    def shining(done: int, total: int, layers: Layers) -> None:
        on_pass(done, total, _added(layers, shine))

    layers = render_passes(
        scene, seed=seed, samples=samples, samples_per_pass=per_pass, on_pass=shining
    )
    return Shot(_added(layers, shine), shine.alpha if shine else None)


def samples_per_pass(pixels: int) -> int:
    """Return 9, 4 or 2: what the sampler stratifies well and a second allows."""
    return next((n for n in (9, 4) if n * pixels <= SAMPLES_OF_A_PASS), 2)


def _mounting(lettering: Lettering) -> dict[str, Any]:
    """Return what belongs behind the letters."""
    use_variant()
    made_of, placement = lettering.material, lettering.placement
    shapes: dict[str, Any] = {}
    if made_of.plate:
        shapes["plate"] = plate_shape(
            made_of.plate, lettering.layout, lettering.mesh, placement, lettering.setting()
        )
    if made_of.seen_through:
        gain, lift = made_of.seen_through(lettering.setting())
        shapes["card"] = card_shape(lettering.backdrop, lettering.rig, placement, gain, lift)
    return shapes


def _shine(lettering: Lettering, seed: int) -> Layers | None:
    glow = lettering.material.glow
    if glow is None:
        return None
    scene = shine_scene(
        lettering.mesh,
        glow,
        lettering.rig,
        lettering.placement,
        lettering.setting(),
        samples_per_pass=SHINE_SAMPLES,
    )
    return render_passes(scene, seed=seed, samples=SHINE_SAMPLES, samples_per_pass=SHINE_SAMPLES)


def _added(layers: Layers, shine: Layers | None) -> Layers:
    return replace(layers, radiance=layers.radiance + shine.radiance) if shine else layers


def front_coverage(lettering: Lettering, seed: int, step: Callable[[], None]) -> Plane:
    """Return the coverage (H, W) 0..1 of what faces the viewer, seen by the same camera."""
    profile, crop = lettering.material.profile, lettering.placement.crop
    sides = not isinstance(profile, Cushion) and not (
        isinstance(profile, Rounded) and profile.depth == 0
    )
    if not sides and lettering.material.plate is None:
        # No sides: all that is seen of the letters is their front.
        return np.ones((crop.height, crop.width), np.float32)
    step()
    scene = front_scene(lettering.mesh, lettering.rig, lettering.placement, FRONT_SAMPLES)
    loaded = load_scene(scene)
    step()
    layers = render_passes(loaded, seed=seed, samples=FRONT_SAMPLES, samples_per_pass=FRONT_SAMPLES)
    step()
    return np.clip(layers.alpha, 0.0, 1.0)
