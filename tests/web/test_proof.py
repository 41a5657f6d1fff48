"""What the checks of a job say to a merchant."""

from __future__ import annotations

import pytest

from generation.proof import proof_lines

CASES = [
    ({"words": {"passed": 7, "total": 7}}, "good", "문구 일치 7/7"),
    ({"words": {"passed": 6, "total": 7}}, "look", "문구 일치 6/7"),
    ({"product": {"largest_difference": 0}}, "good", "상품 원본 유지 100%"),
    ({"product": {"largest_difference": 9}}, "look", "9/255"),
    ({"contrast": {"after": 4.26}}, "good", "또렷해요 (대비 4.3:1)"),
    ({"contrast": {"after": 2.1}}, "look", "묻힐 수 있어요 (대비 2.1:1)"),
    ({"words": {"passed": 7, "total": 7, "ok": False}}, "look", "문구 일치 7/7"),
    ({"fit": {"legible": True, "cap_height": 0.112}}, "good", "사진 높이의 11%"),
    ({"fit": {"legible": False, "cap_height": 0.05}}, "look", "글자가 작아요"),
    ({"cutout": {"confidence": 0.95}}, "good", "깔끔하게 잘렸"),
    ({"cutout": {"confidence": 0.1, "photo_card": True}}, "look", "사진 카드로"),
    ({"cutout": {"confidence": 0.4, "photo_card": False}}, "look", "가장자리를 확인"),
    (
        {"face": {"name_ko": "본고딕", "fell_back_from_ko": "주아체"}},
        "look",
        "본고딕 글꼴로 만들었",
    ),
]


@pytest.mark.parametrize(("checks", "verdict", "said"), CASES)
def test_each_check_is_one_plain_sentence(checks, verdict, said):
    (line,) = proof_lines(checks)
    assert line.verdict == verdict
    assert said in line.words


def test_what_was_not_checked_is_not_mentioned():
    assert proof_lines({}) == []
    assert proof_lines({"face": {"fell_back_from_ko": None}}) == []
