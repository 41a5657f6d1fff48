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
from .errors import InputMissing
from .glow import save_glow
from .glyphs.account import cells_of, face_of, fit_of
from .glyphs.cast import cast_light, save_light, shadow_window
from .glyphs.common import CommonLetters, common_letters, with_common
from .glyphs.glow import halo, in_halo, spill
from .glyphs.plan import Lettering, plan_lettering
from .glyphs.readback import read_back
from .letters import RENDER_FROM, Proven, over, proven, proven_in_common, sketch, sketched
from .linear_light import to_linear, to_srgb
from .png import write_png
from .previews import encode_preview
from .stopwatch import Stopwatch
from .together import LOWEST, is_together
from .types import Progress, Report, Stage, StageOutput, StageRequest, SubStep
from .window_proof import keep_front

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

# Copy that an optical reader must know Latin letters for.
LATIN: Final = re.compile("[A-Za-z]")

# Where the sub-steps begin on the stage's own 0..1 bar.
LIGHT_FROM: Final = 0.10
MADE: Final = 0.97

# Names of a cell's corners in `cells`.
CORNERS: Final = ("x0", "y0", "x1", "y1")


@dataclass(frozen=True)
class _Made:
    """The lettering's RGBA `layer`; `bloom` (h, w, 3) is the halo of letters that shine."""

    layer: Picture
    bloom: Plane | None


def run_lettering(request: StageRequest, report: Report) -> StageOutput:
    """Run stage 2: `text.png`, RGBA at the frame's size with straight alpha.

    Extras: `cells`, a JSON list of {text, x0, y0, x1, y1} in pixels, and on a set of stage 1's
    `light`, the linear ratio by which the letters change it, 1.0 at half of the range; `glow`, the
    light that shining letters add; `front`, the coverage of letters that bring their own ground;
    `proven`, what formats that are windows of this one prove their words by.
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
        common = common_letters(lettering, request.spec, request.cache_dir)
        lettering = with_common(lettering, common) if common else lettering
        preview = encode_preview(sketch(lettering))
    report(Progress(sub_step=SubStep.LETTERING, fraction=LIGHT_FROM, preview=preview))
    extras, spilled = {}, None
    with Beside() as beside:
        if lettering.on_set:
            with watch.lap(SubStep.LETTERING):
                ratio, lettering, spilled = _in_its_light(lettering, request.cache_dir, report)
            extras["light"] = request.out_dir / "light.png"
            beside.begin(save_light, ratio, extras["light"])
        letters = _letters(request, lettering, common, report, watch)
        read = None if request.spec.draft else beside.begin(_read, letters)
        with watch.lap(SubStep.TEXT_RENDER):
            made = _made(letters, report)
        extras |= _own_light(letters, made, spilled, request.out_dir)
        if is_together(request.spec) and request.spec.format in LOWEST:
            extras["proven"] = keep_front(letters, request.out_dir)
        output = _stored(request, letters, made, extras=extras, watch=watch)
    return output if read is None else _with_reading(output, read.result())


def _letters(
    request: StageRequest,
    lettering: Lettering,
    common: CommonLetters | None,
    report: Report,
    watch: Stopwatch,
) -> Proven:
    seed = request.spec.seed
    if request.spec.draft:
        return sketched(lettering, seed, report, watch)
    if common is not None:
        return proven_in_common(lettering, common, seed, report, watch)
    return proven(lettering, seed, report, watch)


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


def _own_light(
    letters: Proven, made: _Made, spilled: Plane | None, folder: Path
) -> dict[str, Path]:
    """Store what shining letters add to the picture, and where a board is their own ground."""
    stored = {}
    glow = [light for light in (spilled, made.bloom) if light is not None]
    if glow:
        stored["glow"] = folder / "glow.png"
        save_glow(np.sum(glow, axis=0), stored["glow"])
    if letters.lettering.material.plate:
        stored["front"] = folder / "front.png"
        write_png(_layer(letters.lettering, _bits(letters.front)), stored["front"])
    return stored


def _made(letters: Proven, report: Report) -> _Made:
    """Return the layers at the frame's size, letters that shine in their own halo."""
    lettering, colour, alpha = letters.lettering, letters.colour(), letters.alpha
    preview = encode_preview(over(lettering, colour, alpha))
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=MADE, preview=preview))
    bloom = halo(lettering, letters.lit)
    if bloom is not None:
        colour = in_halo(lettering, colour, bloom)
    return _Made(_layer(lettering, np.dstack([colour, _bits(alpha)])), bloom)


def _read(letters: Proven) -> str | None:
    """Return what an optical reader makes of what was proven."""
    layout = letters.lettering.layout
    return read_back(letters.front, len(layout.lines), latin=bool(LATIN.search(layout.copy)))


def _with_reading(output: StageOutput, read: str | None) -> StageOutput:
    words = output.checks["words"] | {"read_back": read}
    return replace(output, checks={**output.checks, "words": words})


def _bits(alpha: Plane) -> Picture:
    return np.asarray(np.round(alpha * 255), np.uint8)


def _layer(lettering: Lettering, part: Picture) -> Picture:
    """Return the crop's picture in a frame of nothing."""
    crop, frame = lettering.placement.crop, lettering.backdrop.shape
    layer = np.zeros((*frame[:2], *part.shape[2:]), np.uint8)
    layer[crop.y : crop.bottom, crop.x : crop.right] = part
    return layer


def _stored(
    request: StageRequest,
    letters: Proven,
    made: _Made,
    *,
    extras: dict[str, Path],
    watch: Stopwatch,
) -> StageOutput:
    lettering, words = letters.lettering, letters.words
    image, cells = request.out_dir / "text.png", request.out_dir / "cells.json"
    with watch.lap(SubStep.EXPORT):
        write_png(made.layer, image)
    cells.write_text(json.dumps(cells_of(lettering), ensure_ascii=False), encoding="utf-8")
    return StageOutput(
        image=image,
        extras=extras | {"cells": cells},
        checks={"words": words.to_json(), "face": face_of(lettering), "fit": fit_of(lettering)},
        seconds=watch.seconds,
    )
