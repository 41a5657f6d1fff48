"""`make contact-sheet`: all sets in all formats and in all materials, as two pictures to look at.

Each tile is a draft that goes through the same three stages as a merchant's ad. Tiles are kept as
they are finished: an interrupted run goes on where it stopped. `--fresh` renders them anew (the
named ones, where names are given): tiles do not know when a set's or a material's code has changed.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from PIL import Image, ImageDraw, ImageFont

from generation.pipeline import catalog
from generation.pipeline.fingerprint import stage_key
from generation.pipeline.glyphs.faces import face
from generation.pipeline.run import run_stage
from generation.pipeline.types import AdSpec, Progress, Stage, StageOutput, StageRequest

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
# The first seed.
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


def _ad(number: int, background: str, text: str, format_key: str) -> AdSpec:
    """Return the ad of that number: goods take turns, and no two neighbours share a seed."""
    photo, copy = GOODS[number % len(GOODS)]
    return AdSpec(
        photo=PHOTOS / photo,
        ad_text=copy,
        background_style=background,
        text_style=text,
        format=format_key,
        seed=SEED + number,
        draft=True,
    )


def sheets() -> tuple[Sheet, Sheet]:
    """Return sets by formats, photos and materials taking turns, and materials by sets."""
    sets = [style.key for style in catalog.BACKGROUND_STYLES]
    texts = [style.key for style in catalog.TEXT_STYLES]
    formats = [frame.key for frame in catalog.FORMATS]
    by_format = tuple(
        tuple(
            _ad(5 * row + column, style, texts[(MATERIAL_STEP * row + column) % len(texts)], key)
            for column, key in enumerate(formats)
        )
        for row, style in enumerate(sets)
    )
    by_material = tuple(
        tuple(_ad(column, style, material, "1:1") for column, style in enumerate(sets))
        for material in texts
    )
    return (
        Sheet("contact-sheet", tuple(sets), tuple(formats), by_format),
        Sheet("contact-sheet-materials", tuple(texts), tuple(sets), by_material),
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
        total = sum(len(row) for sheet in chosen for row in sheet.specs)
        counted = itertools.count(1)
        with tempfile.TemporaryDirectory() as folder:
            studio = Studio(work, Path(folder), fresh=options["fresh"])
            for sheet in (sheet for sheet in chosen if sheet.rows):
                tiles: list[list[Image.Image]] = []
                for row in sheet.specs:
                    tiles.append([])
                    for spec in row:
                        self.stdout.write(f"{next(counted)}/{total} {_words(spec)}")
                        tile = studio.tile(replace(spec, test_mode=options["test_mode"]))
                        tiles[-1].append(tile)
                path = out / f"{sheet.name}.webp"
                save(laid_out(sheet, tiles), path)
                self.stdout.write(str(path))


def _words(spec: AdSpec) -> str:
    return f"{spec.background_style} {spec.format} {spec.text_style}"


class Studio:
    """Renders tiles into `work`, or takes those that are there unless all is to be `fresh`.

    Scenes are kept in `folder` as long as it lasts: the same set with other letters costs no
    second photograph.
    """

    def __init__(self, work: Path, folder: Path, *, fresh: bool) -> None:
        self.folder, self.fresh = folder, fresh
        self.tiles, self.cache = work / "tiles", work / "stages"
        for made in (self.tiles, self.cache):
            made.mkdir(parents=True, exist_ok=True)
        self.scenes: dict[str, StageOutput] = {}

    def tile(self, spec: AdSpec) -> Image.Image:
        """Return the finished ad."""
        path = self.tiles / f"{_key(Stage.COMPOSITION, spec)}.webp"
        if self.fresh or not path.exists():
            part = path.with_suffix(".part")
            self._ad(spec).save(part, "WEBP", quality=TILE_QUALITY)
            part.replace(path)
        with Image.open(path) as image:
            return image.convert("RGB")

    def _ad(self, spec: AdSpec) -> Image.Image:
        done = {Stage.BACKGROUND: self._scene(spec)}
        with tempfile.TemporaryDirectory() as folder:
            for stage in (Stage.TEXT, Stage.COMPOSITION):
                done[stage] = self._run(stage, spec, done, Path(folder) / stage)
            with Image.open(done[Stage.COMPOSITION].image) as image:
                return image.convert("RGB")

    def _scene(self, spec: AdSpec) -> StageOutput:
        key = _key(Stage.BACKGROUND, spec)
        if key not in self.scenes:
            self.scenes[key] = self._run(Stage.BACKGROUND, spec, {}, self.folder / key)
        return self.scenes[key]

    def _run(
        self, stage: Stage, spec: AdSpec, done: dict[Stage, StageOutput], out: Path
    ) -> StageOutput:
        out.mkdir()
        request = StageRequest(
            stage=stage, spec=spec, earlier=done, out_dir=out, cache_dir=self.cache
        )
        return run_stage(request, _quiet)


def _key(stage: Stage, spec: AdSpec) -> str:
    return stage_key(stage, spec, spec.photo.name if spec.photo else None)


def _quiet(progress: Progress) -> None:
    """Nobody watches."""


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
