import numpy as np
import pytest

from generation.pipeline.errors import TextDoesNotFit
from generation.pipeline.glyphs.faces import face
from generation.pipeline.glyphs.shaping import layout_lines

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


def test_left_aligned_lines_begin_at_the_same_edge():
    layout = layout_lines("대박 건어물세일", face("black_han_sans"), 1.5, align="left")
    starts = [min(c.box[0] for c in layout.cells if c.line == n) for n in range(2)]
    assert np.allclose(starts, -layout.width / 2, atol=1e-4)


def test_a_copy_without_ink_does_not_fit():
    with pytest.raises(TextDoesNotFit):
        layout_lines("   ", face("jua"), 2.0)
