"""Test mode: the whole path of an ad in about a second, drawn flat, with no engine at all.

Stages 1 and 2 are drawn with Pillow; stage 3 is the real composition with its real checks. The
same sub-steps are reported in the same order, with previews, so that queue, page and API can be
tried without waiting for light.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .catalog import background_style, text_style
from .composition import run_composition
from .errors import PhotoUnreadable
from .frames import frame_for
from .layout import Box, Layout, fit_into, plan_layout
from .png import write_png
from .previews import encode_preview
from .types import AdSpec, Progress, Report, Stage, StageOutput, StageRequest, SubStep

Bytes = NDArray[np.uint8]

# As many steps as a short real render has passes, so that a page shows "2/3".
PASSES: Final = 3
# A photo without alpha is shown as a card with corners rounded by this part of its short side.
CORNER: Final = 0.06
# Two lines when one would leave the letters lower than this part of the frame (art direction).
LEAST_LETTER: Final = 0.07
# Outline round the letters, as a part of their size: legible on any colour.
OUTLINE: Final = 0.06
# Fill and outline of the flat letters by text style; others take the first.
INKS: Final = {
    "gold_balloon": ((250, 200, 70), (96, 52, 8)),
    "metal": ((226, 232, 240), (30, 34, 44)),
    "neon": ((255, 240, 250), (150, 10, 70)),
    "glass": ((214, 236, 244), (34, 84, 104)),
    "candy": ((255, 120, 150), (120, 8, 40)),
    "wood": ((214, 160, 96), (70, 36, 14)),
    "lacquer": ((196, 28, 26), (236, 190, 96)),
    "ink": ((24, 24, 26), (238, 230, 212)),
}


def run_test_stage(request: StageRequest, report: Report) -> StageOutput:
    """Run one stage in test mode; same contract as the real stages. Raises StageFailed."""
    if request.stage is Stage.BACKGROUND:
        return _draw_background(request, report)
    if request.stage is Stage.TEXT:
        return _draw_lettering(request, report)
    return run_composition(request, report)


def _draw_background(request: StageRequest, report: Report) -> StageOutput:
    spec = request.spec
    report(Progress(sub_step=SubStep.CUTOUT, fraction=0.1))
    photo = _photo(spec)
    layout = _layout(spec, photo)
    ground = _gradient(spec)
    for index in range(1, PASSES + 1):
        fraction = 0.1 + 0.6 * index / PASSES
        preview = encode_preview(ground)
        report(
            Progress(
                sub_step=SubStep.BACKGROUND,
                fraction=fraction,
                index=index,
                total=PASSES,
                preview=preview,
            )
        )
    scene, extras = Image.fromarray(ground), {}
    if photo is not None:
        layer = _placed(photo, layout)
        extras["product"] = request.out_dir / "product.png"
        write_png(np.asarray(layer), extras["product"])
        scene.paste(layer, mask=layer)
    image = request.out_dir / "background.png"
    write_png(np.asarray(scene), image)
    preview = encode_preview(np.asarray(scene))
    report(Progress(sub_step=SubStep.COMPOSITE, fraction=1.0, preview=preview))
    return StageOutput(image=image, extras=extras)


def _photo(spec: AdSpec) -> Image.Image | None:
    """Return the product as RGBA: its own alpha, or a card with round corners."""
    if spec.photo is None:
        return None
    try:
        with Image.open(spec.photo) as opened:
            photo = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoUnreadable(f"cannot read {spec.photo.name}: {error}") from error
    if photo.getchannel("A").getextrema()[0] == 255:
        corners = Image.new("L", photo.size)
        box = (0, 0, photo.width - 1, photo.height - 1)
        ImageDraw.Draw(corners).rounded_rectangle(box, CORNER * min(photo.size), fill=255)
        photo.putalpha(corners)
    return photo


def _layout(spec: AdSpec, photo: Image.Image | None) -> Layout:
    aspect = photo.width / photo.height if photo else None
    frame, has_subtext = frame_for(spec), bool(spec.subtext)
    return plan_layout(frame, spec.text_position, aspect, bool(spec.ad_text), has_subtext)


def _gradient(spec: AdSpec) -> Bytes:
    """Return (H, W, 3): two tones whose hue follows from the style and the seed."""
    frame = frame_for(spec)
    style = background_style(spec.background_style)
    hue = zlib.crc32(f"{style.key} {spec.seed}".encode()) % 256
    tones = Image.new("HSV", (1, 2), (hue, 90, 205))
    tones.putpixel((0, 1), (hue, 120, 120))
    size = (frame.width, frame.height)
    return np.asarray(tones.convert("RGB").resize(size, Image.Resampling.BILINEAR))


def _placed(photo: Image.Image, layout: Layout) -> Image.Image:
    box = fit_into(layout.product, photo.width / photo.height)
    layer = Image.new("RGBA", (layout.frame.width, layout.frame.height))
    small = photo.resize((box.width, box.height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    layer.paste(small, (box.x, box.y))
    return layer


@dataclass(frozen=True)
class _Line:
    """One line of the copy, set: its words and the left end of its base line, px."""

    text: str
    x: float
    y: float


def _draw_lettering(request: StageRequest, report: Report) -> StageOutput:
    from .glyphs.faces import face_for

    spec = request.spec
    face = face_for(text_style(spec.text_style).key, spec.ad_text, spec.font).face
    report(Progress(sub_step=SubStep.LETTERING, fraction=0.2))
    photo = _photo(spec)
    box = _layout(spec, photo).headline
    font, lines = _set_lines(spec.ad_text, box, str(face.path))
    layer = Image.new("RGBA", (frame_for(spec).width, frame_for(spec).height))
    fill, outline = INKS.get(spec.text_style, INKS["gold_balloon"])
    draw = ImageDraw.Draw(layer)
    for line in lines:
        stroke = max(1, round(OUTLINE * font.size))
        place = (line.x, line.y)
        draw.text(place, line.text, fill, font, "ls", stroke_width=stroke, stroke_fill=outline)
    image, cells = request.out_dir / "text.png", request.out_dir / "cells.json"
    write_png(np.asarray(layer), image)
    cells.write_text(json.dumps(_cells(lines, font), ensure_ascii=False), encoding="utf-8")
    preview = encode_preview(np.asarray(layer))
    report(Progress(sub_step=SubStep.TEXT_RENDER, fraction=0.9, index=1, total=1, preview=preview))
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=1.0))
    return StageOutput(image=image, extras={"cells": cells})


def _set_lines(copy: str, box: Box, font_file: str) -> tuple[ImageFont.FreeTypeFont, list[_Line]]:
    """Set the copy in one or two lines, the way that gives the larger letters."""
    words = copy.split()
    splits = [[" ".join(words)]]
    splits += [[" ".join(words[:n]), " ".join(words[n:])] for n in range(1, len(words))]
    fonts = [_largest(lines, box, font_file) for lines in splits]
    best = max(range(len(splits)), key=lambda index: fonts[index].size)
    if fonts[0].size >= LEAST_LETTER * box.width:
        best = 0
    font, texts = fonts[best], splits[best]
    ascent, descent = font.getmetrics()
    top = box.y + (box.height - len(texts) * (ascent + descent)) / 2
    return font, [
        _Line(
            text,
            box.x + (box.width - font.getlength(text)) / 2,
            top + ascent + n * (ascent + descent),
        )
        for n, text in enumerate(texts)
    ]


def _largest(lines: list[str], box: Box, font_file: str) -> ImageFont.FreeTypeFont:
    trial = ImageFont.truetype(font_file, 100)
    width = max(trial.getlength(line) for line in lines)
    height = len(lines) * sum(trial.getmetrics())
    return ImageFont.truetype(font_file, 100 * min(box.width / width, box.height / height))


def _cells(lines: list[_Line], font: ImageFont.FreeTypeFont) -> list[dict[str, object]]:
    """Return where each character stands, in px."""
    ascent, descent = font.getmetrics()
    cells: list[dict[str, object]] = []
    for line in lines:
        for index, character in enumerate(line.text):
            if character.isspace():
                continue
            x0 = line.x + font.getlength(line.text[:index])
            x1 = line.x + font.getlength(line.text[: index + 1])
            ends = {"x0": x0, "y0": line.y - ascent, "x1": x1, "y1": line.y + descent}
            cells.append({"text": character, **ends})
    return cells
