"""Campaigns as a merchant meets them: named, looked through, an ad moved and put back."""

from __future__ import annotations

from playwright.sync_api import expect

from campaigns.grouping import campaign_named
from campaigns.models import Ad
from campaigns.services import create_ad
from tests.browser.conftest import OpenPage, expect_result, fill, send
from tests.browser.test_width import SMALL, check


def test_a_campaign_is_named_in_the_form_and_remembered_there(open_page: OpenPage, owner, team):
    page = open_page(as_user=owner)
    fill(page)
    fold = page.locator("[data-campaign]")
    fold.locator("summary").click()
    page.fill("#id_new_campaign", "추석 선물")
    page.press("#id_new_campaign", "Enter")
    assert page.url.endswith("/new/")
    fold.locator("summary").click()
    expect(fold.locator("[data-campaign-said]")).to_have_text("추석 선물")
    send(page)
    expect_result(page)
    assert Ad.objects.get().campaign.name == "추석 선물"
    page.goto("/new/")
    expect(page.locator("[data-campaign-said]")).to_have_text("추석 선물")


def test_an_ad_is_moved_and_put_back(open_page: OpenPage, owner, team):
    for name in ("추석", "설날"):
        wishes = {"ad_text": name, "background_style": "market", "text_style": "metal"}
        create_ad(team=team, by=owner, photo=None, campaign=name, **wishes)
    page = open_page(as_user=owner)
    page.goto("/ads/")
    page.locator(".pickone summary").click()
    page.locator(".pickone__list >> text=추석").click()
    expect(page.locator("h1")).to_have_text("추석")
    page.locator(".adtile a").click()
    page.locator("[data-campaign] summary").click()
    page.select_option("#id_campaign", label="설날")
    page.get_by_role("button", name="이 캠페인으로 옮기기").click()
    expect(page.locator(".note--undo")).to_contain_text("‘설날’ 캠페인으로 옮겼어요")
    page.get_by_role("button", name="되돌리기").click()
    expect(page.locator(".note--undo")).to_contain_text("‘추석’ 캠페인으로 옮겼어요")


def test_a_campaigns_page_fits_a_small_phone(open_page: OpenPage, owner, team):
    campaign_named(team=team, name="추석")
    long = campaign_named(team=team, name="설날에만파는아주긴이름의선물세트" * 5)
    page = open_page(as_user=owner)
    page.set_viewport_size(SMALL)
    where = f"/ads/?campaign={long.pk}"
    check(page, where)
    page.locator(".rename summary").click()
    expect(page.locator("#campaign-name")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    page.get_by_role("button", name="이 캠페인 지우기").click()
    undo = page.get_by_role("button", name="되돌리기")
    assert undo.bounding_box()["width"] > undo.bounding_box()["height"]
    undo.click()
    expect(page.locator("h1")).to_have_text(long.name)
