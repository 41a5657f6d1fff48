import hashlib
import json
import subprocess
import sys

import pytest
import uharfbuzz as hb
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

from generation.fonts.compact import share_contours
from generation.pipeline.errors import GlyphMissing, UnknownChoice
from generation.pipeline.glyphs.faces import (
    ALL_SYLLABLES,
    FONT_FOLDER,
    face,
    face_for,
    faces,
    missing_characters,
)
from generation.pipeline.studio.materials import MATERIALS

KEYS = [entry["key"] for entry in json.loads((FONT_FOLDER / "manifest.json").read_text())["faces"]]

# A syllable that the small display faces lack and the full ones have.
RARE = "뷂"


@pytest.mark.parametrize("key", KEYS)
def test_the_manifest_names_the_very_file_and_its_licence(key):
    chosen = face(key)
    assert hashlib.sha256(chosen.path.read_bytes()).hexdigest() == chosen.sha256
    licence = (FONT_FOLDER / chosen.licence_file).read_text(encoding="utf-8")
    assert chosen.licence == "OFL-1.1"
    assert "SIL OPEN FONT LICENSE Version 1.1" in " ".join(licence.split())


def test_all_fonts_together_stay_under_thirty_megabytes():
    assert sum(chosen.path.stat().st_size for chosen in faces()) < 30_000_000


@pytest.mark.parametrize("key", KEYS)
def test_a_changed_font_has_no_reserved_name(key):
    chosen = face(key)
    head = (FONT_FOLDER / chosen.licence_file).read_text(encoding="utf-8").partition("PREAMBLE")[0]
    reserved = "Reserved Font Name" in head and "Name 'Source'" not in head
    assert not (chosen.changed and reserved)


@pytest.mark.parametrize("key", KEYS)
def test_every_face_has_a_picture_for_the_form(key):
    assert (FONT_FOLDER.parents[1] / f"static/samples/font-{key}.svg").exists()


def test_contours_that_repeat_are_stored_once_and_drawn_the_same():
    def star(pen, x, y, size):
        pen.moveTo((x, y))
        for n in range(1, 12):
            pen.lineTo((x + size * n * (12 - n), y + size * n * (-1) ** n))
        pen.closePath()

    glyphs = {".notdef": [], "a": [(0, 0, 9), (200, 10, 4)], "b": [(7, 300, 9), (5, 5, 4)]}
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord("a"): "a", ord("b"): "b"})
    drawn = {}
    for name, stars in glyphs.items():
        pen = TTGlyphPen(None)
        for one in stars:
            star(pen, *one)
        drawn[name] = pen.glyph()
    builder.setupGlyf(drawn)
    left = {name: min((x for x, _, _ in stars), default=0) for name, stars in glyphs.items()}
    builder.setupHorizontalMetrics({name: (500, left[name]) for name in glyphs})
    before = {name: outline(builder.font, name) for name in glyphs}
    share_contours(builder.font)
    assert builder.font["glyf"]["a"].isComposite()
    assert len(builder.font.getGlyphOrder()) == len(glyphs) + 2
    assert {name: outline(builder.font, name) for name in glyphs} == before


def outline(font, name):
    pen = DecomposingRecordingPen(font.getGlyphSet())
    font.getGlyphSet()[name].draw(pen)
    return pen.value


@pytest.mark.parametrize("key", KEYS)
def test_the_manifests_coverage_is_that_of_the_file(key):
    chosen = face(key)
    font = hb.Font(hb.Face(hb.Blob.from_file_path(str(chosen.path))))
    inked = set()
    for code in font.face.unicodes:
        extents = font.get_glyph_extents(font.get_nominal_glyph(code))
        if extents and extents.width:
            inked.add(code)
    probed = [*range(0xAC00, 0xD7A4), *range(0x21, 0x7F), 0x20A9, 0x2665, 0x1F389]
    assert all(chosen.covers(chr(code)) == (code in inked) for code in probed)
    assert chosen.syllables == sum(code in inked for code in range(0xAC00, 0xD7A4))


def test_at_least_six_faces_have_every_syllable():
    assert sum(chosen.syllables == ALL_SYLLABLES for chosen in faces()) >= 6


def test_the_last_face_of_every_material_has_every_syllable():
    assert all(face(entry.faces[-1]).full for entry in MATERIALS)


def test_a_common_copy_is_written_with_the_materials_best_face():
    choice = face_for("gold_balloon", "건어물 대박 세일")
    assert (choice.face.key, choice.fell_back_from) == ("jua", None)


def test_the_merchants_face_comes_before_the_materials():
    assert face_for("gold_balloon", "세일", "do_hyeon").face.key == "do_hyeon"


def test_a_rare_syllable_falls_to_the_next_full_face_and_says_from_which():
    choice = face_for("metal", f"{RARE} 세일", "jua")
    assert choice.face.full
    assert choice.fell_back_from is face("jua")


def test_a_brush_is_replaced_by_a_brush():
    assert face_for("metal", f"{RARE} 세일", "east_sea_dokdo").face.key == "nanum_brush"


def test_every_small_face_names_a_full_one_in_its_place():
    assert all(chosen.full or face(chosen.stand_in).full for chosen in faces())


def test_a_character_that_no_face_has_is_named():
    with pytest.raises(GlyphMissing) as failure:
        face_for("metal", "세일🎉")
    assert failure.value.params == {"character": "🎉"}
    assert missing_characters("세일🎉 🎉😀") == ["🎉", "😀"]


def test_every_syllable_and_a_shops_signs_can_be_written():
    assert missing_characters("".join(map(chr, range(0xAC00, 0xD7A4)))) == []
    assert missing_characters("SALE 30% 2,500원! ₩1,000 (당일) & ~♥★") == []


def test_an_unknown_font_or_style_is_refused():
    with pytest.raises(UnknownChoice):
        face("comic")
    with pytest.raises(UnknownChoice):
        face_for("marzipan", "세일")


def test_asking_for_missing_characters_loads_no_font_engine():
    heavy = "{'freetype', 'uharfbuzz', 'fontTools', 'numpy', 'cv2', 'mitsuba'}"
    code = (
        "import sys; from generation.pipeline.glyphs.faces import missing_characters as m; "
        f"m('세일'); print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
