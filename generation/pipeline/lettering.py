"""Stage 2: the copy as 3D lettering in the set's light, as an RGBA layer with its proof."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .errors import InputMissing, WordsWrong
from .glyphs.account import cells_of, face_of, fit_of
from .glyphs.cast import cast_light, save_light
from .glyphs.layer import developed
from .glyphs.plan import Lettering, plan_lettering
from .glyphs.scene import front_scene, lettering_scene
from .glyphs.verify import WordsCheck, check_words, intended_masks
from .linear_light import to_linear, to_srgb
from .previews import encode_preview
from .studio.materials.profile import Cushion
from .studio.render import Layers, load_scene, render_passes
from .types import Progress, Report, Stage, StageOutput, StageRequest, SubStep

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

# Samples per pixel: 16 leave no visible noise in what metal mirrors; the second try takes more.
SAMPLES: Final = 16
SECOND_TRY_SAMPLES: Final = 64

# A draft is denoised from few, and proves nothing.
DRAFT_SAMPLES: Final = 4

# Samples per pixel of the coverage that is proven.
FRONT_SAMPLES: Final = 4

# A pass of this many pixel samples takes about a second on one busy core.
SAMPLES_OF_A_PASS: Final = 450_000

# Where the sub-steps begin on the stage's own 0..1 bar.
LIGHT_FROM: Final = 0.10
RENDER_FROM: Final = 0.25
CHECK_FROM: Final = 0.92

# Names of a cell's corners in `cells`.
CORNERS: Final = ("x0", "y0", "x1", "y1")

# zlib level of the layer: 1 is three times faster than 6 and a tenth larger.
PNG_EFFORT: Final = 1

# Colour of the flat letters in the first preview, before anything is rendered.
SKETCH_COLOUR: Final = (236, 226, 205)


@dataclass
class _Clock:
    """Seconds spent per sub-step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def run_lettering(request: StageRequest, report: Report) -> StageOutput:
    """Run stage 2: `text.png`, RGBA at the frame's size with straight alpha.

    Extras: `cells`, a JSON list of {text, x0, y0, x1, y1} in pixels, and on a set of stage 1's
    `light`, the linear ratio by which the letters change it, 1.0 at half of the range. Checks:
    `words`, `face` with the face used and the one it replaced, and `fit` with the shares of the
    frame that the lettering takes. Raises GlyphMissing, TextDoesNotFit, UnknownChoice,
    InputMissing without copy, WordsWrong when the proof fails twice.
    """
    if not request.spec.ad_text.strip():
        raise InputMissing("stage 2 needs copy", stage=Stage.TEXT.value)
    clock = _Clock()
    report(Progress(sub_step=SubStep.LETTERING, fraction=0.02))
    with clock.measure(SubStep.LETTERING):
        lettering = plan_lettering(request)
        preview = encode_preview(_sketch(lettering))
    report(Progress(sub_step=SubStep.LETTERING, fraction=LIGHT_FROM, preview=preview))
    extras = {}
    if lettering.on_set:
        with clock.measure(SubStep.LETTERING):
            extras["light"] = request.out_dir / "light.png"
            lettering = _in_its_light(lettering, extras["light"], report)
    make = _sketched if request.spec.draft else _proven
    lettering, words, layer = make(lettering, request.spec.seed, report, clock)
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=0.97))
    return _stored(request, lettering, words, layer, extras=extras, clock=clock)


def _in_its_light(lettering: Lettering, path: Path, report: Report) -> Lettering:
    """Store the letters' shadow on the set; return the lettering with it on its backdrop."""

    def passed(done: int, total: int) -> None:
        fraction = LIGHT_FROM + (RENDER_FROM - LIGHT_FROM) * done / total
        report(Progress(sub_step=SubStep.LETTERING, fraction=fraction))

    ratio = cast_light(lettering, passed)
    save_light(ratio, path)
    return replace(lettering, backdrop=to_srgb(to_linear(lettering.backdrop) * ratio))


def _sketch(lettering: Lettering) -> Picture:
    """Return the flat letters on stage 1's picture: the first thing that is seen."""
    crop, mapping = lettering.placement.crop, lettering.placement.mapping
    alpha = intended_masks(
        lettering.layout,
        mapping.shifted(crop.x, crop.y),
        (crop.height, crop.width),
        lettering.mesh.swell,
    )
    colour = np.broadcast_to(np.array(SKETCH_COLOUR, np.uint8), (*alpha.shape, 3))
    return _over(lettering, colour, alpha)


def _over(lettering: Lettering, colour: Picture, alpha: Plane) -> Picture:
    """Return stage 1's picture with the crop's letters on it."""
    crop = lettering.placement.crop
    picture: Picture = lettering.backdrop.copy()
    window = picture[crop.y : crop.bottom, crop.x : crop.right]
    mixed = window + (colour - window.astype(np.float32)) * alpha[..., None]
    window[:] = np.round(mixed).astype(np.uint8)
    return picture


def _proven(
    lettering: Lettering, seed: int, report: Report, clock: _Clock
) -> tuple[Lettering, WordsCheck, Picture]:
    """Render and check; once more, unswollen and with more samples, if a character is wrong.

    Returns what was proven: the lettering as it stands, its proof and its RGBA layer.
    """
    words = None
    for samples, start in ((SAMPLES, RENDER_FROM), (SECOND_TRY_SAMPLES, CHECK_FROM)):
        tried = lettering if words is None else lettering.unswollen()
        with clock.measure(SubStep.TEXT_RENDER):
            layers = _render(tried, seed, samples, start, report)
            colour, alpha = developed(layers, tried.rig.exposure, clean=True)
        report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM))
        with clock.measure(SubStep.TEXT_CHECK):
            words = _check(tried, np.minimum(alpha, _front(tried, seed, report)))
        if words.ok:
            return tried, words, _layer(tried, colour, alpha)
    assert words is not None  # noqa: S101 - the loop ran
    raise WordsWrong(
        f"{words.passed} of {words.total} characters match: {words.cells}",
        passed=words.passed,
        total=words.total,
    )


def _sketched(
    lettering: Lettering, seed: int, report: Report, clock: _Clock
) -> tuple[Lettering, WordsCheck, Picture]:
    """Render a draft: as `_proven`, but wrong or unread characters stay."""
    with clock.measure(SubStep.TEXT_RENDER):
        layers = _render(lettering, seed, DRAFT_SAMPLES, RENDER_FROM, report)
        colour, alpha = developed(layers, lettering.rig.exposure, clean=True)
    words = _check(lettering, alpha, ocr=False)
    return lettering, words, _layer(lettering, colour, alpha)


def _render(lettering: Lettering, seed: int, samples: int, start: float, report: Report) -> Layers:
    crop = lettering.placement.crop
    per_pass = _samples_per_pass(crop.width * crop.height)
    scene = lettering_scene(
        lettering.mesh,
        lettering.material,
        lettering.rig,
        lettering.placement,
        lettering.setting(),
        samples_per_pass=per_pass,
    )

    loaded = load_scene(scene)
    report(Progress(sub_step=SubStep.TEXT_RENDER, fraction=start))

    def passed(done: int, total: int, layers: Layers) -> None:
        colour, alpha = developed(layers, lettering.rig.exposure, clean=False)
        fraction = start + (CHECK_FROM - start) * done / total
        preview = encode_preview(_over(lettering, colour, alpha))
        report(
            Progress(
                sub_step=SubStep.TEXT_RENDER,
                fraction=fraction,
                index=done,
                total=total,
                preview=preview,
            )
        )

    return render_passes(
        loaded, seed=seed, samples=samples, samples_per_pass=per_pass, on_pass=passed
    )


def _samples_per_pass(pixels: int) -> int:
    """Return 9, 4 or 2: what the sampler stratifies well and a second allows."""
    return next((n for n in (9, 4) if n * pixels <= SAMPLES_OF_A_PASS), 2)


def _front(lettering: Lettering, seed: int, report: Report) -> Plane:
    """Return the coverage (H, W) 0..1 of what faces the viewer, seen by the same camera."""
    if isinstance(lettering.material.profile, Cushion):
        # A cushion has no sides: all that is seen of it is its front.
        return np.ones(
            (lettering.placement.crop.height, lettering.placement.crop.width), np.float32
        )
    mesh, rig, placement = lettering.mesh, lettering.rig, lettering.placement
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM + 0.01))
    loaded = load_scene(front_scene(mesh, rig, placement, FRONT_SAMPLES))
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM + 0.02))
    layers = render_passes(loaded, seed=seed, samples=FRONT_SAMPLES, samples_per_pass=FRONT_SAMPLES)
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM + 0.03))
    return np.clip(layers.alpha, 0.0, 1.0)


def _check(lettering: Lettering, alpha: Plane, *, ocr: bool = True) -> WordsCheck:
    crop = lettering.placement.crop
    return check_words(
        alpha,
        lettering.layout,
        lettering.placement.mapping.shifted(crop.x, crop.y),
        swell=lettering.mesh.swell,
        ocr=ocr,
    )


def _layer(lettering: Lettering, colour: Picture, alpha: Plane) -> Picture:
    """Return the RGBA layer at the frame's size; invisible pixels carry the nearest colour."""
    crop, frame = lettering.placement.crop, lettering.backdrop.shape
    layer = np.zeros((frame[0], frame[1], 4), np.uint8)
    window = layer[crop.y : crop.bottom, crop.x : crop.right]
    window[..., :3] = colour
    window[..., 3] = np.round(alpha * 255)
    return layer


def _stored(
    request: StageRequest,
    lettering: Lettering,
    words: WordsCheck,
    layer: Picture,
    *,
    extras: dict[str, Path],
    clock: _Clock,
) -> StageOutput:
    image, cells = request.out_dir / "text.png", request.out_dir / "cells.json"
    with clock.measure(SubStep.EXPORT):
        Image.fromarray(layer).save(image, compress_level=PNG_EFFORT)
    cells.write_text(json.dumps(cells_of(lettering), ensure_ascii=False), encoding="utf-8")
    return StageOutput(
        image=image,
        extras=extras | {"cells": cells},
        checks={"words": words.to_json(), "face": face_of(lettering), "fit": fit_of(lettering)},
        seconds=clock.seconds,
    )
