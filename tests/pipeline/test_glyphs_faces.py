import hashlib
import json
import subprocess
import sys

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

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
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


@pytest.mark.parametrize("key", KEYS)
def test_the_manifests_coverage_is_that_of_the_file(key):
    chosen = face(key)
    font = TTFont(chosen.path, lazy=True)
    glyphs, inked = font.getGlyphSet(), set()
    for code, name in font.getBestCmap().items():
        pen = BoundsPen(glyphs)
        glyphs[name].draw(pen)
        if pen.bounds and pen.bounds[2] > pen.bounds[0]:
            inked.add(code)
    probed = [*range(0xAC00, 0xD7A4), *range(0x21, 0x7F), 0x20A9, 0x2665, 0x1F389]
    assert all(chosen.covers(chr(code)) == (code in inked) for code in probed)
    assert chosen.syllables == sum(code in inked for code in range(0xAC00, 0xD7A4))


def test_at_least_two_faces_have_every_syllable():
    assert sum(chosen.syllables == ALL_SYLLABLES for chosen in faces()) >= 2


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
