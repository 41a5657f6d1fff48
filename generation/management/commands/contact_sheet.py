"""`make contact-sheet`: all sets in all formats and in all materials, as two pictures to look at.

Each tile is a draft that goes through the same three stages as a merchant's ad. Tiles are kept as
they are finished: an interrupted run goes on where it stopped, and `--fresh` renders them anew
(only the named ones where names are given), which is what to do after a set or a material changed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from PIL import Image, ImageDraw, ImageFont

from generation.pipeline import catalog
from generation.pipeline.fingerprint import ENGINE_VERSION
from generation.pipeline.glyphs.faces import face
from generation.pipeline.run import run_stage
from generation.pipeline.types import STAGES, AdSpec, Progress, Stage, StageOutput, StageRequest

PHOTOS: Final = settings.BASE_DIR / "campaigns" / "demo"
# Each demo photo with copy that a merchant would put on it.
GOODS: Final = (
    ("sesame_oil.jpg", "갓 짠 참기름"),
    ("gift_box.jpg", "추석 선물세트"),
    ("latte_cup.jpg", "오늘만 반값"),
    ("tangerines.jpg", "제주 감귤"),
)
# A material's place moves on by this much from set to set: 3 and 8 share no divisor, so that every
# material comes once in a row and in every column.
MATERIAL_STEP: Final = 3
# The first seed: neighbours differ, so that props do too.
SEED: Final = 7
# Tiles of all formats are equally high; pixels between them and of the words beside them.
TILE_HEIGHT: Final = 260
SQUARE: Final = 250
GAP: Final = 8
LABEL_SIZE: Final = 17
LABEL_WIDTH: Final = 116
PAPER: Final = (250, 248, 245)
INK: Final = (60, 50, 44)
# The sheets are looked at in a browser and kept in the repository: lower quality until they fit.
SHEET_BYTES: Final = 1_500_000
QUALITIES: Final = (86, 80, 72, 60)
TILE_QUALITY: Final = 92


@dataclass(frozen=True)
class Sheet:
    """A table of ads: `specs[row][column]`, the words beside rows and above columns."""

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    specs: tuple[tuple[AdSpec, ...], ...]


def _ad(row: int, column: int, background: str, text: str, format_key: str) -> AdSpec:
    photo, copy = GOODS[(row + column) % len(GOODS)]
    return AdSpec(
        photo=PHOTOS / photo,
        ad_text=copy,
        background_style=background,
        text_style=text,
        format=format_key,
        seed=SEED + 5 * row + column,
        draft=True,
    )


def sheets() -> tuple[Sheet, Sheet]:
    """Return sets by formats, photos and materials taking turns, and materials by sets."""
    sets = [style.key for style in catalog.BACKGROUND_STYLES]
    materials = [style.key for style in catalog.TEXT_STYLES]
    formats = [frame.key for frame in catalog.FORMATS]
    by_format = tuple(
        tuple(
            _ad(row, column, style, materials[(MATERIAL_STEP * row + column) % len(materials)], key)
            for column, key in enumerate(formats)
        )
        for row, style in enumerate(sets)
    )
    by_material = tuple(
        tuple(_ad(row, column, style, material, "1:1") for column, style in enumerate(sets))
        for row, material in enumerate(materials)
    )
    return (
        Sheet("contact-sheet", tuple(sets), tuple(formats), by_format),
        Sheet("contact-sheet-materials", tuple(materials), tuple(sets), by_material),
    )


class Command(BaseCommand):
    help = "Renders docs/contact-sheet.webp and docs/contact-sheet-materials.webp."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="only rows and columns so named: beach 9:16")
        parser.add_argument("--fresh", action="store_true", help="render tiles that exist anew")
        parser.add_argument("--out", default="", help="folder; docs, or the cache for a part")
        parser.add_argument("--test-mode", action="store_true", help="no render engine")

    def handle(self, *args: Any, **options: Any) -> None:
        work = Path(settings.CACHE_DIR) / "contact-sheet"
        if options["fresh"]:
            # Plates know nothing of a set's new code.
            shutil.rmtree(work / "stages", ignore_errors=True)
        out = Path(options["out"] or (work if options["names"] else settings.BASE_DIR / "docs"))
        out.mkdir(parents=True, exist_ok=True)
        chosen = [narrowed(sheet, set(options["names"])) for sheet in sheets()]
        chosen = [sheet for sheet in chosen if sheet.rows and sheet.columns]
        total, done = sum(len(sheet.rows) * len(sheet.columns) for sheet in chosen), 0
        for sheet in chosen:
            tiles: list[list[Image.Image]] = []
            for specs in sheet.specs:
                tiles.append([])
                for spec in specs:
                    done += 1
                    wanted = replace(spec, test_mode=options["test_mode"])
                    tiles[-1].append(self._tile(wanted, work, options["fresh"], f"{done}/{total}"))
            save(laid_out(sheet, tiles), out / f"{sheet.name}.webp")
            self.stdout.write(str(out / f"{sheet.name}.webp"))

    def _tile(self, spec: AdSpec, work: Path, fresh: bool, count: str) -> Image.Image:
        path = work / "tiles" / f"{_name(spec)}.webp"
        if fresh or not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            start = time.perf_counter()
            part = path.with_suffix(".part")
            _render(spec, work / "stages").save(part, "WEBP", quality=TILE_QUALITY)
            part.replace(path)
            what = f"{spec.background_style} {spec.format} {spec.text_style}"
            self.stdout.write(f"{count} {what} {time.perf_counter() - start:.1f} s")
        with Image.open(path) as image:
            return image.convert("RGB")


def narrowed(sheet: Sheet, names: set[str]) -> Sheet:
    """Return the rows and columns of those names; names of neither kind narrow nothing.

    A sheet that no name is about is emptied.
    """
    if names and not names & {*sheet.rows, *sheet.columns}:
        return replace(sheet, rows=(), columns=(), specs=())
    rows, columns = (
        [index for index, label in enumerate(labels) if label in names] or list(range(len(labels)))
        for labels in (sheet.rows, sheet.columns)
    )
    return replace(
        sheet,
        rows=tuple(sheet.rows[row] for row in rows),
        columns=tuple(sheet.columns[column] for column in columns),
        specs=tuple(tuple(sheet.specs[row][column] for column in columns) for row in rows),
    )


def _name(spec: AdSpec) -> str:
    """Name a tile by all that it depends on, but for the photo's folder and the code."""
    facts = spec.to_json() | {"photo": spec.photo.name if spec.photo else "", "e": ENGINE_VERSION}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]


def _render(spec: AdSpec, cache: Path) -> Image.Image:
    """Run the three stages and return the finished ad."""
    cache.mkdir(parents=True, exist_ok=True)
    done: dict[Stage, StageOutput] = {}
    with tempfile.TemporaryDirectory() as folder:
        for stage in STAGES:
            out = Path(folder) / stage
            out.mkdir()
            request = StageRequest(
                stage=stage, spec=spec, earlier=done, out_dir=out, cache_dir=cache
            )
            done[stage] = run_stage(request, _quiet)
        with Image.open(done[Stage.COMPOSITION].image) as image:
            return image.convert("RGB")


def _quiet(progress: Progress) -> None:
    """Nobody watches."""


def laid_out(sheet: Sheet, tiles: list[list[Image.Image]]) -> Image.Image:
    """Return the tiles as a table, each column as wide as its format, with its words."""
    height = TILE_HEIGHT if len({tile.size for tile in tiles[0]}) > 1 else SQUARE
    columns = [_fitted(tile, height) for tile in tiles[0]]
    lefts = [LABEL_WIDTH]
    for width, _height in columns:
        lefts.append(lefts[-1] + width + GAP)
    top = LABEL_SIZE + 2 * GAP
    size = (lefts[-1], top + len(tiles) * (height + GAP))
    page = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(page)
    font = ImageFont.truetype(str(face("nanum_gothic").path), LABEL_SIZE)
    for label, left, (width, _height) in zip(sheet.columns, lefts, columns, strict=False):
        pen.text((left + width / 2, top / 2), label, INK, font, anchor="mm")
    for row, (label, line) in enumerate(zip(sheet.rows, tiles, strict=True)):
        y = top + row * (height + GAP)
        pen.text((LABEL_WIDTH - GAP, y + height / 2), label, INK, font, anchor="rm")
        for tile, left, fitted in zip(line, lefts, columns, strict=False):
            small = tile.resize(fitted, Image.Resampling.LANCZOS)
            page.paste(small, (left, y + (height - fitted[1]) // 2))
    return page


def _fitted(tile: Image.Image, height: int) -> tuple[int, int]:
    """Return the tile's size in its cell: as high as the row, and no larger than it is."""
    scale = min(height / tile.height, 1.0)
    return round(tile.width * scale), round(tile.height * scale)


def save(page: Image.Image, path: Path) -> None:
    """Write the page as WebP of at most `SHEET_BYTES`, or at the lowest quality."""
    for quality in QUALITIES:
        page.save(path, quality=quality, method=6)
        if path.stat().st_size <= SHEET_BYTES:
            return
