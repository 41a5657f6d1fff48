"""The contact sheets that people look at before they change a set or a material."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management import call_command
from PIL import Image

from generation.management.commands.contact_sheet import narrowed, sheets
from generation.pipeline import catalog


def test_it_shows_every_set_in_every_format_with_every_material_and_photo_in_each_row() -> None:
    by_format, by_material = sheets()

    assert len(by_format.specs) == len(catalog.BACKGROUND_STYLES)
    for row in by_format.specs:
        assert [spec.format for spec in row] == [frame.key for frame in catalog.FORMATS]
        assert {spec.text_style for spec in row} == {style.key for style in catalog.TEXT_STYLES}
        assert set(Counter(spec.photo for spec in row).values()) == {2}
    assert len(by_material.specs) == len(catalog.TEXT_STYLES)


def test_it_leaves_a_sheet_out_that_no_name_is_about() -> None:
    by_format, by_material = (narrowed(sheet, {"9:16"}) for sheet in sheets())

    assert by_format.columns == ("9:16",)
    assert by_material.rows == ()


def test_it_renders_a_part_and_takes_what_is_there(settings: Any, tmp_path: Path) -> None:
    settings.CACHE_DIR = tmp_path / "cache"
    chosen = ("beach", "9:16", "metal", "--test-mode", "--out", str(tmp_path))

    call_command("contact_sheet", *chosen)
    tiles = sorted((tmp_path / "cache/contact-sheet/tiles").iterdir())
    times = [tile.stat().st_mtime_ns for tile in tiles]
    call_command("contact_sheet", *chosen)

    assert len(tiles) == 2
    assert [tile.stat().st_mtime_ns for tile in tiles] == times
    with Image.open(tmp_path / "contact-sheet.webp") as sheet:
        assert sheet.height > sheet.width
