"""The second line: exact, legible, under the headline, never on the product."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from generation.pipeline.ad_layers import Layers
from generation.pipeline.behind import MOST_COVERED
from generation.pipeline.composition import compose, prove
from generation.pipeline.errors import GlyphMissing
from generation.pipeline.layout import Box
from generation.pipeline.subline import LEAST, LEAST_OF_LONG_SIDE, Surroundings, plan_subline
from generation.pipeline.subline_ink import ink_in

WORDS = "6월 1일까지 · 2,500원"
SQUARE = Surroundings(Box(60, 60, 420, 120), 55, None, 540, 540)


def ad(ground: int = 120, *, goods: tuple[int, int, int, int] = (200, 260, 340, 480)) -> Layers:
    """A headline of bars over a product, 540 px square."""
    scene = np.full((540, 540, 3), ground, np.uint8)
    product = np.zeros((540, 540, 4), np.uint8)
    left, top, right, bottom = goods
    product[top:bottom, left:right] = (180, 40, 30, 255)
    scene[top:bottom, left:right] = (180, 40, 30)
    text = np.zeros((540, 540, 4), np.uint8)
    cells = []
    for x in range(70, 470, 50):
        text[60:180, x : x + 30] = (250, 240, 220, 255)
        cells.append((x, 60, x + 30, 180))
    return Layers(scene, text, None, product, tuple(cells))


def subtext_of(layers: Layers, words: str = WORDS) -> dict[str, Any]:
    found: dict[str, Any] = prove(compose(layers, "overlay", 0, words), words)["subtext"]
    return found


@pytest.mark.parametrize("ground", [8, 60, 120, 190, 248])
def test_it_is_exact_and_legible_on_any_ground(ground: int) -> None:
    found = subtext_of(ad(ground))
    assert found["ok"]
    assert found["passed"] == found["total"] == 13
    assert found["contrast"] >= 3


def test_it_stands_under_the_headline_and_leaves_the_product_alone() -> None:
    layers = ad()
    plain, lined = (compose(layers, "overlay", 0, words).picture for words in ("", WORDS))
    rows = np.flatnonzero((np.abs(lined.astype(int) - plain) > 60).any((1, 2)))
    assert 180 < rows[0] < rows[-1] < 260
    assert (lined[264:476, 204:336] == plain[264:476, 204:336]).all()


@pytest.mark.parametrize(
    "size", [(1080, 1080), (1080, 1920), (1920, 1080), (1200, 600), (1029, 258)]
)
def test_its_letters_are_never_too_small_to_read(size: tuple[int, int]) -> None:
    width, height = size
    ink = Box(round(0.06 * width), round(0.2 * height), round(0.4 * width), round(0.3 * height))
    words = "가나다라마바 사아자차카 타파하가나 다라마바사"
    line = plan_subline(words, Surroundings(ink, 0.2 * height, None, width, height))
    assert line is not None
    assert line.letter >= max(LEAST * height, LEAST_OF_LONG_SIDE * max(size)) - 0.01
    assert line.box.x >= 0
    assert line.box.right <= width


def test_a_long_line_breaks_where_one_would_be_too_small() -> None:
    story = Surroundings(Box(60, 500, 960, 160), 150, None, 1080, 1920)
    line = plan_subline("오늘 밤 열두 시까지 매장 모든 상품 반값 할인 행사", story)
    assert line is not None
    assert len(line.layout.lines) == 2


def test_it_goes_above_the_headline_where_the_product_is_below() -> None:
    goods = np.zeros((540, 540), bool)
    goods[250:, 40:500] = True
    around = replace(SQUARE, ink=Box(60, 120, 420, 120), product=goods)
    line = plan_subline(WORDS, around)
    assert line is not None
    assert line.box.bottom < 120


def test_it_is_left_out_where_there_is_no_room_and_the_proof_says_so() -> None:
    crowded = ad(goods=(20, 10, 520, 520))
    found = subtext_of(replace(crowded, cells=()), "가" * 24)
    assert found == {"shown": False, "text": "가" * 24, "ok": False}


def test_a_swapped_syllable_is_caught() -> None:
    written, wanted = (plan_subline(words, SQUARE) for words in ("2,500원", "2,600원"))
    assert written is not None
    assert wanted is not None
    ground = np.full((540, 540, 3), 0.03, np.float32)
    seen, _ = ink_in(ground, written, np.ones((540, 540, 1), np.float32), (0, 0), 540)
    box = wanted.box
    coverage = seen[box.y : box.bottom, box.x : box.right, 0] / seen.max()
    assert not wanted.check(coverage)["ok"]
    assert written.check(written.mask)["ok"]
    erased = written.mask.copy()
    erased[:, : erased.shape[1] // 8] = 0
    assert not written.check(erased)["ok"]


def test_a_character_without_a_glyph_is_named() -> None:
    with pytest.raises(GlyphMissing) as missing:
        plan_subline("세일 \U0001f600", SQUARE)
    assert missing.value.params == {"character": "\U0001f600"}


def test_words_behind_the_product_slide_up_to_it_and_stay_readable() -> None:
    composed = compose(ad(goods=(200, 220, 340, 480)), "behind")
    assert composed.slide is not None
    assert composed.slide.down > 0
    assert 0 < composed.slide.covered <= MOST_COVERED
    found = prove(composed)
    assert found["behind"]["in_front"] is False
    assert found["product"]["exact"]


def test_words_that_the_product_would_hide_stay_in_front_of_it() -> None:
    composed = compose(ad(goods=(20, 20, 520, 520)), "behind")
    assert composed.slide is not None
    assert composed.slide.in_front
    assert (composed.picture[100, 80] > 200).all()
