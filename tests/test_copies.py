"""The proof's copies: enough, allowed, and with every jamo in every place."""

from __future__ import annotations

from bench.copies import COPIES, FINALS, INITIALS, VOWELS, parts, syllable
from campaigns.ad_text import clean_ad_text


def test_there_are_three_hundred_different_copies_within_the_rules():
    assert len(set(COPIES)) == len(COPIES) >= 300
    assert [clean_ad_text(copy) for copy in COPIES] == list(COPIES)


def test_every_initial_vowel_and_final_is_there():
    used = [parts(c) for copy in COPIES for c in copy if "가" <= c <= "힣"]
    for place, jamo in enumerate((INITIALS, VOWELS, FINALS[1:])):
        assert {syllable_parts[place] for syllable_parts in used} >= set(jamo)


def test_every_vowel_is_there_with_and_without_a_final():
    used = {(vowel, bool(final)) for copy in COPIES for c in copy if "가" <= c <= "힣"
            for _, vowel, final in [parts(c)]}  # fmt: skip
    assert used == {(vowel, final) for vowel in VOWELS for final in (False, True)}


def test_digits_marks_latin_and_the_hard_words_are_there():
    written = " ".join(COPIES)
    assert set("0123456789%!,.?+~&★♥₩원ABCxyz") - set(written) <= set("xz")
    for word in ("떡볶이", "찌개", "맑은", "닭", "값", "넓은", "삶은", "읊", "흙", "뺄", "쫄"):
        assert word in written


def test_a_syllable_is_taken_apart_and_put_together_again():
    assert parts("닭") == ("ㄷ", "ㅏ", "ㄺ")
    assert all(syllable(*parts(c)) == c for c in "가흙뺄쫄찌읊힣")
