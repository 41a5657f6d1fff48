"""The folded list of fonts: it opens by touch, shows each face, and says what is chosen."""

from __future__ import annotations

from generation.pipeline.glyphs.faces import faces
from tests.browser.conftest import OpenPage

DRAWN = """() => [...document.querySelectorAll(".font__sample")].filter((sample) => {
  const box = sample.getBoundingClientRect();
  return box.width > 60 && box.height > 20 && getComputedStyle(sample).maskImage.includes(".svg");
}).length"""


def test_a_font_is_picked_in_the_folded_list(open_page: OpenPage, owner, team):
    page = open_page(as_user=owner)
    page.goto("/new/")
    assert not page.get_by_text("검은고딕").is_visible()
    page.get_by_text("글꼴 더 고르기").tap()
    assert page.evaluate(DRAWN) == len(faces())
    page.get_by_role("radio", name="검은고딕").check()
    page.get_by_text("글꼴 더 고르기").tap()
    assert page.locator("[data-font-chosen]").inner_text() == "검은고딕"
