"""Own words and suggested copy with a finger: what a tap writes, and what looks chosen."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_words_choose_a_style_until_another_is_tapped(open_page, owner, team):
    page = open_page(as_user=owner)
    page.goto("/new/")
    page.click("[data-own] summary >> nth=0")
    page.click("text=여름 바다 느낌")
    hint = page.locator("[data-own-hint]").first
    expect(hint).to_have_text("적은 말에 맞춰 ‘바닷가’ 배경으로 만들어요.")
    beach = page.locator(".tile", has=page.locator("[value=beach]"))
    expect(beach).to_have_class(re.compile("tile--worded"))
    # The row glides to the beach first: a tap waits until the tile stands still.
    page.locator(".tile", has=page.locator("[value=cafe]")).click()
    expect(page.locator("#id_background_words")).to_have_value("")
    expect(beach).not_to_have_class(re.compile("tile--worded"))
    page.locator("[data-own-back]").first.click()
    expect(page.locator("#id_background_words")).to_have_value("여름 바다 느낌")


def test_a_suggested_line_becomes_the_copy(open_page, owner, team):
    page = open_page(as_user=owner)
    page.goto("/new/")
    page.click("[data-suggest] summary")
    page.fill("#suggest-product", "마른 오징어")
    page.click("[data-suggest-occasions] >> text=추석")
    page.click("[data-suggest-ask]")
    expect(page.locator("[data-suggest-lines] button")).to_have_count(5)
    page.click("[data-suggest-lines] >> text=추석 마른 오징어")
    expect(page.locator("#id_ad_text")).to_have_value("추석 마른 오징어")
    expect(page.locator("#copy-count")).to_have_text("9/20")
