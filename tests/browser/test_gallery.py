"""Signing up, and the gallery."""

from __future__ import annotations

from playwright.sync_api import expect

from accounts.models import Membership, User
from campaigns.services import create_ad
from tests.browser.conftest import OpenPage, expect_result, fill, send
from tests.waiting import eventually


def test_a_visitor_signs_up_and_stands_before_the_form(open_page: OpenPage, db):
    page = open_page()
    page.goto("/")
    page.get_by_role("link", name="내 상품으로 만들어 보기").click()
    page.fill("[name=email]", "new@example.com")
    page.fill("[name=password1]", "mackerel-and-squid-9")
    page.get_by_role("button", name="가입하고 광고 만들기").click()
    page.wait_for_url("**/new/")
    expect(page.locator("h1")).to_have_text("어떤 광고를 만들까요?")
    user = User.objects.get(email="new@example.com")
    assert user.memberships.get().role == Membership.Role.OWNER


def test_an_ad_is_made_seen_in_the_gallery_binned_and_brought_back(
    open_page: OpenPage, owner, team
):
    page = open_page(as_user=owner)
    page.goto("/ads/")
    expect(page.locator(".empty")).to_contain_text("아직 만든 광고가 없어요")
    fill(page)
    send(page)
    page.goto("/ads/")
    expect(page.locator(".adtile img[src*='thumbnail.webp']")).to_be_visible()
    page.locator(".adtile a").click()
    page.get_by_role("button", name="이 광고 버리기").click()
    expect(page.locator(".note--undo")).to_contain_text("버렸어요")
    assert page.locator(".adtile").count() == 0
    page.get_by_role("button", name="되돌리기").click()
    page.goto("/ads/")
    assert page.locator(".adtile").count() == 1
    page.locator(".adtile a").click()
    page.get_by_role("link", name="글자 바꾸기 · 다시 만들기").click()
    expect_result(page)


# What a phone has and a desk's Chromium has not; it keeps what it was given to share.
A_PHONES_SHARING = """
navigator.canShare = () => true;
navigator.share = async ({ files }) => { window.shared = files[0].name; };
"""


def test_an_ad_of_another_day_is_shared_where_the_phone_can(open_page: OpenPage, owner, team):
    page = open_page(as_user=owner)
    page.add_init_script(A_PHONES_SHARING)
    fill(page, copy="오늘만 반값")
    send(page)
    expect_result(page)
    page.goto("/ads/")
    page.locator(".adtile a").click()
    page.get_by_role("button", name="공유하기").click()
    assert eventually(lambda: page.evaluate("window.shared")) == "오늘만-반값_1080x1080.png"


def test_more_ads_come_without_a_page_change(open_page: OpenPage, owner, team):
    for number in range(14):
        create_ad(
            team=team,
            by=owner,
            photo=None,
            ad_text=f"광고 {number}",
            background_style="market",
            text_style="metal",
        )
    page = open_page(as_user=owner, desk=True)
    page.goto("/ads/")
    assert page.locator(".adtile").count() == 12
    page.get_by_role("link", name="더 보기").click()
    expect(page.locator(".adtile")).to_have_count(14)
    assert page.url.endswith("/ads/")
