from dataclasses import replace

import numpy as np
import pytest

from generation.pipeline.catalog import FORMATS, frame_format
from generation.pipeline.errors import TextDoesNotFit
from generation.pipeline.glyphs.faces import face
from generation.pipeline.glyphs.setting import cap_height, headline_box, set_copy
from generation.pipeline.glyphs.shaping import LINE_GAP, SQUEEZES, WORD_GAP, layout_lines
from generation.pipeline.glyphs.verify import EmToPixel, check_words, intended_masks
from generation.pipeline.layout import plan_layout
from generation.pipeline.studio.materials import material

HEADLINE = 928 / 275


def test_every_character_but_the_spaces_gets_a_cell_in_reading_order():
    layout = layout_lines("건어물 대박 세일", face("jua"), HEADLINE)
    assert "".join(cell.character for cell in layout.cells) == "건어물대박세일"


def test_the_block_is_centred_and_as_large_as_its_ink():
    layout = layout_lines("30% 세일!", face("noto_sans_kr"), HEADLINE)
    points = np.concatenate([c for cell in layout.cells for c in cell.contours])
    low, high = points.min(axis=0), points.max(axis=0)
    assert np.allclose(low + high, 0, atol=1e-4)
    assert np.allclose(high - low, (layout.width, layout.height), atol=1e-4)


def test_a_wide_box_takes_one_line_and_a_square_one_two():
    assert len(layout_lines("건어물 대박 세일", face("jua"), 8.0).lines) == 1
    assert len(layout_lines("건어물 대박", face("jua"), 1.2).lines) == 2


@pytest.mark.parametrize("aspect", [0.8, 1.2, 2.0, HEADLINE, 6.0])
def test_lines_break_between_words_only(aspect):
    copy = "신선한 제철 딸기 오늘만 특가 세일 중"
    layout = layout_lines(copy, face("black_han_sans"), aspect)
    assert " ".join(layout.lines) == copy
    assert len(layout.lines) <= 3


def test_more_lines_are_taken_only_where_they_make_letters_bigger():
    copy, box = "오늘 바다에서 온 싱싱한 고등어", 2.4
    layout = layout_lines(copy, face("jua"), box)
    one = layout_lines(copy, face("jua"), 100.0)
    assert len(layout.lines) > len(one.lines) == 1
    size = min(box / layout.width, 1 / layout.height)
    assert size > min(box / one.width, 1 / one.height)


def test_kerning_moves_latin_letters_together():
    kerned = layout_lines("AVAV", face("noto_sans_kr"), 4.0)
    apart = layout_lines("AAAA", face("noto_sans_kr"), 4.0)
    advance = [b.cells[1].origin[0] - b.cells[0].origin[0] for b in (kerned, apart)]
    assert advance[0] < advance[1] - 0.02


@pytest.mark.parametrize("key", ["black_han_sans", "gowun_dodum", "nanum_brush", "do_hyeon"])
def test_words_are_equally_far_apart_in_every_face_and_further_than_letters(key):
    layout = layout_lines("떡볶이 제주 감귤", face(key), 9.0)
    ends = [cell.box[2] for cell in layout.cells[:-1]]
    gaps = np.array([cell.box[0] for cell in layout.cells[1:]]) - ends
    between_words = np.array([2, 4])
    assert np.allclose(gaps[between_words], WORD_GAP, atol=1e-4)
    assert np.delete(gaps, between_words).max() < 0.7 * WORD_GAP


@pytest.mark.parametrize("key", ["black_han_sans", "nanum_brush", "do_hyeon"])
def test_lines_are_equally_far_apart_in_every_face(key):
    layout = layout_lines("명절 선물", face(key), 1.0)
    upper, lower = ([c.box for c in layout.cells if c.line == line] for line in range(2))
    air = min(box[1] for box in upper) - max(box[3] for box in lower)
    assert air == pytest.approx(LINE_GAP, abs=1e-4)


def test_left_aligned_lines_begin_at_the_same_edge():
    layout = layout_lines("대박 건어물세일", face("black_han_sans"), 1.5, align="left")
    starts = [min(c.box[0] for c in layout.cells if c.line == n) for n in range(2)]
    assert np.allclose(starts, -layout.width / 2, atol=1e-4)


def test_a_copy_without_ink_does_not_fit():
    with pytest.raises(TextDoesNotFit):
        layout_lines("   ", face("jua"), 2.0)


LONG_WORD = "가나다라마바사아자차카타파하거너더러머버"
SQUARE = plan_layout(frame_format("1:1"), "auto", None, True)


def test_a_word_too_long_to_be_legible_is_condensed_and_never_broken():
    layout = layout_lines(LONG_WORD, face("do_hyeon"), HEADLINE, least=0.5)
    free = layout_lines(LONG_WORD, face("do_hyeon"), HEADLINE)
    assert layout.lines == (LONG_WORD,)
    assert (free.stretch, layout.stretch) == (1.0, SQUEEZES[-1][0])
    assert layout.size_in(HEADLINE) > 1.2 * free.size_in(HEADLINE)


def test_condensing_goes_no_further_than_needed():
    layout = layout_lines("명품한우선물세트특가판매", face("black_han_sans"), HEADLINE, least=0.29)
    assert SQUEEZES[-1][0] < layout.stretch < 1.0
    assert layout.tallest * layout.size_in(HEADLINE) >= 0.29


def test_the_proof_expects_condensed_letters_where_they_were_condensed():
    layout = layout_lines("흙찌", face("black_han_sans"), 0.3, least=1.0)
    mapping = EmToPixel(80.0, 100.0, 60.0)
    alpha = intended_masks(layout, mapping, (120, 200), 0.0)
    assert check_words(alpha, layout, mapping, swell=0.0).ok
    widened = replace(layout, cells=tuple(replace(c, stretch=1.0) for c in layout.cells))
    assert not check_words(alpha, widened, mapping, swell=0.0).ok


def test_a_long_word_takes_a_narrow_face_unless_the_merchant_chose_one():
    assert set_copy(LONG_WORD, material("metal"), None, SQUARE)[0].face.key == "do_hyeon"
    assert set_copy(LONG_WORD, material("metal"), "jua", SQUARE)[0].face.key == "jua"
    assert set_copy("대박", material("metal"), None, SQUARE)[0].face.key == "black_han_sans"


@pytest.mark.parametrize("frame", FORMATS, ids=lambda frame: frame.key)
@pytest.mark.parametrize("copy", ["귤", "!", "2026", "SALE", "W" * 20, LONG_WORD, "30% OFF 특가"])
def test_hard_copies_fit_their_box_in_every_format(copy, frame):
    layout = plan_layout(frame, "auto", None, True)
    text = set_copy(copy, material("gold_balloon"), None, layout)[1]
    box = headline_box(text, layout)
    whole = layout.headline
    assert box.x >= whole.x
    assert box.right <= whole.right
    assert text.tallest * text.size_in(box.width / box.height) * box.height <= 0.66 * frame.height
    assert cap_height(text, layout) > 0.03
    assert " ".join(text.lines) == copy
