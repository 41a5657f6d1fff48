"""Words broken on purpose in every material are refused; the same words unbroken are not."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.broken_words import KINDS, WORDS, Broken, break_words, page_of
from generation.pipeline.studio.materials import MATERIALS

STYLES = [entry.key for entry in MATERIALS]

# Few words with every hard thing in them, so that each letter is built once.
HARD = ("떡볶이", "찌개", "맑은", "닭곰탕", "쫄면", "꽃게", "값싼", "호떡")
EACH = 26


@pytest.fixture(scope="module")
def broken() -> list[Broken]:
    return [case for style in STYLES for case in break_words(style, EACH, words=HARD)]


def test_two_hundred_broken_words_are_caught(broken):
    missed = [case.label for case in broken if not case.caught]
    assert len(broken) == EACH * len(STYLES) > 200
    assert len(missed) <= 0.01 * len(broken), missed


def test_every_kind_of_fault_is_tried_in_every_material(broken):
    tried = Counter((case.style, case.kind) for case in broken)
    assert set(tried) == {(style, kind) for style in STYLES for kind in KINDS}


def test_the_faults_are_caught_by_a_margin(broken):
    # The limit is 0.5; a right letter's defect stays under it, these are far over it.
    assert sorted(case.worst for case in broken)[len(broken) // 50] > 0.6


def test_the_same_words_pass_before_they_are_broken(broken):
    assert [case.label for case in broken if not case.intact] == []


def test_a_letter_after_the_last_is_seen():
    page = page_of("metal", "맑은", 70.0)
    last = page.glyphs[-1]
    wide = replace(page, shape=(page.shape[0], page.shape[1] + 100))
    extra = replace(last, pen=(last.pen[0] + 1.0, last.pen[1]))
    assert wide.check(wide.drawn(page.glyphs)).ok
    words = wide.check(wide.drawn([*page.glyphs, extra]))
    assert words.passed == words.total
    assert not words.ok


def test_the_bench_breaks_many_different_words():
    assert len(WORDS) > 200
