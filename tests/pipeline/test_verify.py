"""The proof must pass right letters and fail wrong ones, down to the stem of ㅗ against ㅡ."""

import shutil
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from generation.pipeline.glyphs.faces import face_for
from generation.pipeline.glyphs.field import distance_field
from generation.pipeline.glyphs.marching import SURPLUS
from generation.pipeline.glyphs.readback import read_back
from generation.pipeline.glyphs.shaping import layout_lines
from generation.pipeline.glyphs.verify import EmToPixel, check_words
from generation.pipeline.studio.materials import material

STYLES = ["gold_balloon", "metal"]

HARD = [
    "떡볶이 찌개",
    "맑은 닭",
    "뺄 쫄 흙",
    "30% 세일!",
    "2,500원",
    "BIG 세일 Sale",
    "꽃게 읽다 값",
    "건어물 대박 세일",
    "쀍 뷁 뛟",
]
SYLLABLES = "떡볶찌개맑닭뺄쫄흙특"

# Pixels per em of a short and of a long line at 1080 pixels.
SIZES = [140.0, 70.0]


@lru_cache(maxsize=256)
def laid_out(style, copy, aspect=3.4):
    return layout_lines(copy, face_for(style, copy).face, aspect, tracking=material(style).tracking)


def mapped(layout, size):
    half = size * layout.width / 2 + 20, size * layout.height / 2 + 20
    return EmToPixel(size, *half), (int(2 * half[1]), int(2 * half[0]))


def drawn(style, layout, mapping, shape):
    """The letters' coverage, from the same distance field that the mesh is made of."""
    field = distance_field(layout, 90, material(style).swell)
    row, column = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) + np.float32(0.5)
    x = ((column - mapping.x0) / mapping.scale - field.left) / field.step
    y = ((mapping.y0 - row) / mapping.scale - field.bottom) / field.step
    distance = cv2.remap(field.distance, x, y, cv2.INTER_LINEAR, borderValue=-1)
    return np.clip((distance + SURPLUS) * mapping.scale + 0.5, 0, 1).astype(np.float32)


def judged(style, shown, copy, size=140.0):
    """Check a picture of `shown` against `copy`, the first letters at the same pen position."""
    layout, other = laid_out(style, copy), laid_out(style, shown)
    mapping, shape = mapped(layout, size)
    here, there = layout.cells[0].origin, other.cells[0].origin
    moved = replace(
        mapping,
        x0=mapping.x0 + size * (here[0] - there[0]),
        y0=mapping.y0 - size * (here[1] - there[1]),
    )
    alpha = drawn(style, other, moved, shape)
    return check_words(alpha, layout, mapping, swell=material(style).swell)


def neighbours(syllable):
    """All syllables that differ in one letter: first consonant, vowel or final."""
    code = ord(syllable) - 0xAC00
    first, vowel, final = code // 588, code // 28 % 21, code % 28
    found = [(f, vowel, final) for f in range(19)]
    found += [(first, v, final) for v in range(21)]
    found += [(first, vowel, f) for f in range(28)]
    return sorted({chr(0xAC00 + (f * 21 + v) * 28 + t) for f, v, t in found} - {syllable})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("copy", HARD)
@pytest.mark.parametrize("style", STYLES)
def test_right_letters_pass(style, copy, size):
    words = judged(style, copy, copy, size)
    assert words.ok, words.cells
    count = len(copy.replace(" ", ""))
    assert words.to_json()["label"] == f"문구 일치 {count}/{count}"


@pytest.mark.parametrize("syllable", SYLLABLES)
@pytest.mark.parametrize("style", STYLES)
def test_a_syllable_with_one_other_letter_fails(style, syllable):
    missed = [s for s in neighbours(syllable)[::6] if judged(style, s, syllable, 100.0).ok]
    assert missed == []


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("shown", "copy"), [("톡가", "특가"), ("2500횐", "2500원"), ("대막", "대박"), ("세얼", "세일")]
)
def test_the_garbled_hangul_of_diffusion_models_fails_at_the_wrong_syllable_alone(
    style, shown, copy
):
    words = judged(style, shown, copy)
    wrong = [a != b for a, b in zip(shown, copy, strict=True)]
    assert [not cell.passed for cell in words.cells] == wrong


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("syllable", [s for s in SYLLABLES if (ord(s) - 0xAC00) % 28])
def test_a_dropped_final_consonant_fails(style, syllable):
    bare = chr(ord(syllable) - (ord(syllable) - 0xAC00) % 28)
    assert not judged(style, bare, syllable).ok


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("covered", ["ink", "counter"])
def test_a_covered_stroke_or_a_filled_counter_fails(style, size, covered):
    layout = laid_out(style, "대박")
    mapping, shape = mapped(layout, size)
    alpha = drawn(style, layout, mapping, shape)
    spot = np.zeros(shape, np.uint8)
    x0, y0, x1, y1 = mapping.box(layout.cells[1].box)
    # 박: its left upper part holds ㅂ, whose counter lies at about (30 %, 35 %) of the cell.
    place = {"ink": (0.30, 0.52), "counter": (0.30, 0.37)}[covered]
    middle = round(x0 + place[0] * (x1 - x0)), round(y0 + place[1] * (y1 - y0))
    cv2.circle(spot, middle, max(round(0.07 * size), 3), 1, -1)
    alpha[spot > 0] = 0.0 if covered == "ink" else 1.0
    words = check_words(alpha, layout, mapping, swell=material(style).swell)
    assert [cell.passed for cell in words.cells] == [True, False]


@pytest.mark.parametrize("style", STYLES)
def test_an_empty_or_shifted_layer_fails(style):
    layout = laid_out(style, "세일")
    mapping, shape = mapped(layout, 140.0)
    alpha = drawn(style, layout, mapping, shape)
    swell = material(style).swell
    assert check_words(alpha * 0, layout, mapping, swell=swell).passed == 0
    assert check_words(np.roll(alpha, 8, axis=1), layout, mapping, swell=swell).passed == 0


def test_a_letter_cut_by_the_frame_fails():
    layout = laid_out("metal", "세일")
    mapping, shape = mapped(layout, 140.0)
    cut = mapping.shifted(40, 0)
    alpha = drawn("metal", layout, cut, shape)
    words = check_words(alpha, layout, cut, swell=material("metal").swell)
    assert [cell.passed for cell in words.cells] == [False, True]


def test_the_proof_names_copy_code_points_and_face():
    proof = judged("metal", "닭 3", "닭 3").to_json()
    assert proof["copy"] == "닭 3"
    assert proof["code_points"] == ("U+B2ED", "U+0020", "U+0033")
    assert proof["face"] == "black_han_sans"


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_reads_the_plain_alpha_back():
    layout = laid_out("gold_balloon", "건어물 대박 세일", 8.0)
    mapping, shape = mapped(layout, 120.0)
    assert "대박" in (read_back(drawn("gold_balloon", layout, mapping, shape)) or "")


def test_reading_back_nothing_gives_nothing():
    assert read_back(np.zeros((50, 50), np.float32)) is None
