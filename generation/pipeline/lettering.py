"""Stage 2: the copy as 3D lettering in the set's light, as an RGBA layer with its proof."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .beside import Beside
from .errors import InputMissing, WordsWrong
from .glow import save_glow
from .glyphs.account import cells_of, face_of, fit_of
from .glyphs.cast import cast_light, save_light, shadow_window
from .glyphs.glow import halo, in_halo, spill
from .glyphs.layer import developed
from .glyphs.plan import Lettering, plan_lettering
from .glyphs.readback import read_back
from .glyphs.shooting import Shot, front_coverage, shoot
from .glyphs.verify import WordsCheck, check_words, intended_masks
from .linear_light import to_linear, to_srgb
from .png import write_png
from .previews import encode_preview
from .stopwatch import Stopwatch
from .studio.render import Layers
from .types import Progress, Report, Stage, StageOutput, StageRequest, SubStep

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

# Samples per pixel: 8, denoised, look like 64 (PSNR 34 dB, what differs are edges); the second
# try takes more.
SAMPLES: Final = 8
SECOND_TRY_SAMPLES: Final = 64

# A draft is denoised from few, and proves nothing.
DRAFT_SAMPLES: Final = 4

# Copy that an optical reader must know Latin letters for.
LATIN: Final = re.compile("[A-Za-z]")

# Where the sub-steps begin on the stage's own 0..1 bar.
LIGHT_FROM: Final = 0.10
RENDER_FROM: Final = 0.25
CHECK_FROM: Final = 0.92

# Names of a cell's corners in `cells`.
CORNERS: Final = ("x0", "y0", "x1", "y1")

# Colour of the flat letters in the first preview, before anything is rendered.
SKETCH_COLOUR: Final = (236, 226, 205)


@dataclass(frozen=True)
class _Proven:
    """The lettering as it stands, its proof and its RGBA layer.

    `front` (H, W) uint8, what was proven; `bloom` (h, w, 3) the halo of letters that shine.
    """

    lettering: Lettering
    words: WordsCheck
    layer: Picture
    front: Picture
    bloom: Plane | None


def run_lettering(request: StageRequest, report: Report) -> StageOutput:
    """Run stage 2: `text.png`, RGBA at the frame's size with straight alpha.

    Extras: `cells`, a JSON list of {text, x0, y0, x1, y1} in pixels, and on a set of stage 1's
    `light`, the linear ratio by which the letters change it, 1.0 at half of the range; `glow`, the
    light that shining letters add; `front`, the coverage of letters that bring their own ground.
    Checks: `words`, `face` with the face used and the one it replaced, and `fit` with the shares of
    the frame that the lettering takes. Raises GlyphMissing, TextDoesNotFit, UnknownChoice,
    InputMissing without copy, WordsWrong when the proof fails twice.
    """
    if not request.spec.ad_text.strip():
        raise InputMissing("stage 2 needs copy", stage=Stage.TEXT.value)
    watch = Stopwatch()
    report(Progress(sub_step=SubStep.LETTERING, fraction=0.02))
    with watch.lap(SubStep.LETTERING):
        lettering = plan_lettering(request)
        preview = encode_preview(_sketch(lettering))
    report(Progress(sub_step=SubStep.LETTERING, fraction=LIGHT_FROM, preview=preview))
    extras, spilled = {}, None
    with Beside() as beside:
        if lettering.on_set:
            with watch.lap(SubStep.LETTERING):
                ratio, lettering, spilled = _in_its_light(lettering, request.cache_dir, report)
            extras["light"] = request.out_dir / "light.png"
            beside.begin(save_light, ratio, extras["light"])
        make = _sketched if request.spec.draft else _proven
        proven = make(lettering, request.spec.seed, report, watch)
        read = None if request.spec.draft else beside.begin(_read, proven)
        extras |= _own_light(proven, spilled, request.out_dir)
        report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=0.97))
        output = _stored(request, proven, extras=extras, watch=watch)
    return output if read is None else _with_reading(output, read.result())


def _in_its_light(
    lettering: Lettering, cache_dir: Path, report: Report
) -> tuple[Plane, Lettering, Plane | None]:
    """Return the letters' shadow on the set, and the lettering with it on its backdrop.

    Of letters that shine, also what their light adds to the set.
    """

    def passed(done: int, total: int) -> None:
        fraction = LIGHT_FROM + (RENDER_FROM - LIGHT_FROM) * done / total
        report(Progress(sub_step=SubStep.LETTERING, fraction=fraction))

    ratio, spilled = cast_light(lettering, passed, cache_dir=cache_dir), None
    glow = lettering.material.glow
    if glow and glow.spill:
        spilled, ratio = spill(lettering.backdrop, ratio), np.minimum(ratio, 1)
    lit = lettering.backdrop.copy()
    window = shadow_window(lettering)
    part = np.s_[window.y : window.bottom, window.x : window.right]
    lit[part] = to_srgb(to_linear(lettering.backdrop[part]) * ratio[part])
    return ratio, replace(lettering, backdrop=lit), spilled


def _own_light(proven: _Proven, spilled: Plane | None, folder: Path) -> dict[str, Path]:
    """Store what shining letters add to the picture, and where a board is their own ground."""
    stored = {}
    glow = [light for light in (spilled, proven.bloom) if light is not None]
    if glow:
        stored["glow"] = folder / "glow.png"
        save_glow(np.sum(glow, axis=0), stored["glow"])
    if proven.lettering.material.plate:
        stored["front"] = folder / "front.png"
        write_png(proven.front, stored["front"])
    return stored


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


def _proven(lettering: Lettering, seed: int, report: Report, watch: Stopwatch) -> _Proven:
    """Render and check; once more, unswollen and with more samples, if a character is wrong."""
    words = None
    for samples, start in ((SAMPLES, RENDER_FROM), (SECOND_TRY_SAMPLES, CHECK_FROM)):
        tried = lettering if words is None else lettering.unswollen()
        with watch.lap(SubStep.TEXT_RENDER):
            shot = _shoot(tried, seed, samples, start, report)
            colour, alpha = developed(shot.layers, tried.rig.exposure, clean=True)
        preview = encode_preview(_over(tried, colour, alpha))
        report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM, preview=preview))
        with watch.lap(SubStep.TEXT_CHECK):
            front = np.minimum(alpha, _front(tried, seed, report))
            words = _check(tried, front)
        if words.ok:
            return _made(tried, shot, words, colour, alpha, front=front)
    assert words is not None  # noqa: S101 - the loop ran
    raise WordsWrong(
        f"{words.passed} of {words.total} characters match: {words.cells}",
        passed=words.passed,
        total=words.total,
    )


def _sketched(lettering: Lettering, seed: int, report: Report, watch: Stopwatch) -> _Proven:
    """Render a draft: as `_proven`, but wrong characters stay."""
    with watch.lap(SubStep.TEXT_RENDER):
        shot = _shoot(lettering, seed, DRAFT_SAMPLES, RENDER_FROM, report)
        colour, alpha = developed(shot.layers, lettering.rig.exposure, clean=True)
    # What the letters stand on is not theirs: a sheet of paper taken for words would be shaded.
    on_board = lettering.material.plate is not None
    front = np.minimum(alpha, _front(lettering, seed, report)) if on_board else alpha
    words = _check(lettering, front)
    return _made(lettering, shot, words, colour, alpha, front=front)


def _made(
    lettering: Lettering,
    shot: Shot,
    words: WordsCheck,
    colour: Picture,
    alpha: Plane,
    *,
    front: Plane,
) -> _Proven:
    """Return the layers at the frame's size, letters that shine in their own halo."""
    bloom = halo(lettering, shot.lit)
    if bloom is not None:
        colour = in_halo(lettering, colour, bloom)
    layer = _layer(lettering, np.dstack([colour, _bits(alpha)]))
    return _Proven(lettering, words, layer, _layer(lettering, _bits(front)), bloom)


def _shoot(lettering: Lettering, seed: int, samples: int, start: float, report: Report) -> Shot:
    def loaded() -> None:
        report(Progress(sub_step=SubStep.TEXT_RENDER, fraction=start))

    def passed(done: int, total: int, layers: Layers) -> None:
        fraction = start + (CHECK_FROM - start) * done / total
        preview = None
        if done < total:  # the last pass is shown denoised
            colour, alpha = developed(layers, lettering.rig.exposure, clean=False)
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

    return shoot(lettering, seed=seed, samples=samples, loaded=loaded, on_pass=passed)


def _front(lettering: Lettering, seed: int, report: Report) -> Plane:
    """Return the coverage (H, W) 0..1 of what faces the viewer."""
    fractions = iter((0.01, 0.02, 0.03))

    def step() -> None:
        report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM + next(fractions)))

    return front_coverage(lettering, seed, step)


def _read(proven: _Proven) -> str | None:
    """Return what an optical reader makes of what was proven."""
    front = proven.front.astype(np.float32) / np.float32(255)
    layout = proven.lettering.layout
    return read_back(front, len(layout.lines), latin=bool(LATIN.search(layout.copy)))


def _with_reading(output: StageOutput, read: str | None) -> StageOutput:
    words = output.checks["words"] | {"read_back": read}
    return replace(output, checks={**output.checks, "words": words})


def _check(lettering: Lettering, alpha: Plane) -> WordsCheck:
    crop = lettering.placement.crop
    return check_words(
        alpha,
        lettering.layout,
        lettering.placement.mapping.shifted(crop.x, crop.y),
        swell=lettering.mesh.swell,
    )


def _bits(alpha: Plane) -> Picture:
    return np.asarray(np.round(alpha * 255), np.uint8)


def _layer(lettering: Lettering, part: Picture) -> Picture:
    """Return the crop's picture in a frame of nothing."""
    crop, frame = lettering.placement.crop, lettering.backdrop.shape
    layer = np.zeros((*frame[:2], *part.shape[2:]), np.uint8)
    layer[crop.y : crop.bottom, crop.x : crop.right] = part
    return layer


def _stored(
    request: StageRequest, proven: _Proven, *, extras: dict[str, Path], watch: Stopwatch
) -> StageOutput:
    lettering, words = proven.lettering, proven.words
    image, cells = request.out_dir / "text.png", request.out_dir / "cells.json"
    with watch.lap(SubStep.EXPORT):
        write_png(proven.layer, image)
    cells.write_text(json.dumps(cells_of(lettering), ensure_ascii=False), encoding="utf-8")
    return StageOutput(
        image=image,
        extras=extras | {"cells": cells},
        checks={"words": words.to_json(), "face": face_of(lettering), "fit": fit_of(lettering)},
        seconds=watch.seconds,
    )
