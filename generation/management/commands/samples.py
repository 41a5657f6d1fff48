"""`manage.py samples`: render the style pictures of the form and the landing page's ads.

Each picture goes through the same three stages as a merchant's ad. They are committed, so that a
fresh site has them; run it again when a set or a material changes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from PIL import Image

from generation.pipeline import catalog
from generation.pipeline.run import run_stage
from generation.pipeline.types import STAGES, AdSpec, Progress, Stage, StageOutput, StageRequest

FOLDER: Final = settings.BASE_DIR / "static" / "samples"
PHOTOS: Final = settings.BASE_DIR / "campaigns" / "demo"
# Two device pixels for the form's tiles, a little more for the landing page's ads.
TILE_SIDE: Final = 480
SHOWCASE_WIDTH: Final = 720
WEBP_QUALITY: Final = 84
# Text samples lie on cocoa: gold, chrome and light colours all read on it.
TEXT_GROUND: Final = (52, 33, 25)
TEXT_MARGIN: Final = 0.15


@dataclass(frozen=True)
class Sample:
    """One picture: its file's name, what to render, and the last stage that it needs."""

    name: str
    spec: AdSpec
    last: Stage


def _spec(photo: str | None, ad_text: str, background: str, text: str, **more: Any) -> AdSpec:
    return AdSpec(
        photo=PHOTOS / photo if photo else None,
        ad_text=ad_text,
        background_style=background,
        text_style=text,
        **more,
    )


def samples() -> Iterator[Sample]:
    """Yield every picture there is to render."""
    plain_set, plain_text = catalog.BACKGROUND_STYLES[0].key, catalog.TEXT_STYLES[0].key
    for style in catalog.BACKGROUND_STYLES:
        spec = _spec("sesame_oil.jpg", "", style.key, plain_text, seed=3)
        yield Sample(f"set-{style.key}", spec, Stage.BACKGROUND)
    for style in catalog.TEXT_STYLES:
        spec = _spec(None, "대박", plain_set, style.key, text_position="center", seed=3)
        yield Sample(f"text-{style.key}", spec, Stage.TEXT)
    for number, spec in enumerate(SHOWCASE, start=1):
        yield Sample(f"ad-{number}", spec, Stage.COMPOSITION)


SHOWCASE: Final = (
    _spec("gift_box.jpg", "건어물 대박 세일", "market", "gold_balloon", format="4:5", seed=7),
    _spec("sesame_oil.jpg", "갓 짠 참기름", "minimal", "metal", format="4:5", seed=11),
    _spec("tangerines.jpg", "제주 귤 한가득", "market", "gold_balloon", format="4:5", seed=23),
)


class Command(BaseCommand):
    help = "Renders static/samples with the real engine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="only these, e.g. set-market text-metal ad-1")

    def handle(self, *args: Any, **options: Any) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for sample in samples():
            if options["names"] and sample.name not in options["names"]:
                continue
            self.stdout.write(sample.name)
            with tempfile.TemporaryDirectory() as folder:
                picture = _render(sample, Path(folder))
                picture.save(FOLDER / f"{sample.name}.webp", quality=WEBP_QUALITY, method=6)


def _render(sample: Sample, folder: Path) -> Image.Image:
    done: dict[Stage, StageOutput] = {}
    for stage in STAGES[: sample.last.number]:
        out = folder / stage
        out.mkdir()
        request = StageRequest(
            stage=stage,
            spec=sample.spec,
            earlier=done,
            out_dir=out,
            cache_dir=settings.CACHE_DIR,
        )
        done[stage] = run_stage(request, _quiet)
    with Image.open(done[sample.last].image) as image:
        return _trim(image, sample.last)


def _quiet(progress: Progress) -> None:
    """Nobody watches."""


def _trim(image: Image.Image, stage: Stage) -> Image.Image:
    if stage is Stage.TEXT:
        return _on_cocoa(image.convert("RGBA"))
    width = TILE_SIDE if stage is Stage.BACKGROUND else SHOWCASE_WIDTH
    height = round(width * image.height / image.width)
    return image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


def _on_cocoa(layer: Image.Image) -> Image.Image:
    """Return the lettering alone, centred on a 2:1 ground."""
    box = layer.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    words = layer.crop(box)
    ground = Image.new("RGBA", (TILE_SIDE, TILE_SIDE // 2), (*TEXT_GROUND, 255))
    room = (1 - 2 * TEXT_MARGIN) * min(ground.width / words.width, ground.height / words.height)
    size = (round(words.width * room), round(words.height * room))
    words = words.resize(size, Image.Resampling.LANCZOS)
    place = ((ground.width - size[0]) // 2, (ground.height - size[1]) // 2)
    ground.alpha_composite(words, place)
    return ground.convert("RGB")
