"""A finger corrects the cut-out: in the form's window, and from an ad that is finished."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from campaigns.models import ProductPhoto
from generation.models import Job
from tests.browser.conftest import OpenPage, expect_result, fill, send


def paint(page: Page, brush: str) -> None:
    """Draw one stroke across the middle of the canvas."""
    page.check(f"[value={brush}]", force=True)
    box = page.locator("[data-touch-canvas]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y - 30)
    page.mouse.down()
    page.mouse.move(x + 40, y - 30, steps=6)
    page.mouse.up()


def test_a_product_is_cut_out_by_hand_in_the_form_and_again_on_the_result(
    open_page: OpenPage, owner, team, product
):
    page = open_page(as_user=owner)
    fill(page, product, copy="오늘만 반값")
    page.click("[data-touch-up]")
    use = page.locator("[data-touch-save]")
    expect(use).to_be_enabled()
    expect(page.locator("[data-touch-say]")).to_have_text(
        "이렇게 오려 냈어요. 틀린 곳만 칠해 주세요."
    )
    paint(page, "drop")
    expect(page.locator("[data-touch-say]")).to_have_text("고쳤어요. 더 다듬거나 마치세요.")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-undo]")).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    expect(page.locator("[data-undo]")).to_be_enabled()
    use.click()
    expect(page.locator(".touchdialog")).to_have_count(0)
    expect(page.locator("#id_ad_text")).to_have_value("오늘만 반값")
    cut = ProductPhoto.objects.get(cut_from__isnull=False)
    send(page)
    expect_result(page)
    assert Job.objects.get().ad.photo == cut
    page.click("[data-ask-touch-up]")
    again = page.locator("[data-touch-save]")
    expect(again).to_be_enabled()
    paint(page, "keep")
    expect(page.locator("[data-touch-say]")).to_have_text("고쳤어요. 더 다듬거나 마치세요.")
    with page.expect_navigation(url="**/jobs/**"):
        again.click()
    expect_result(page)
    assert ProductPhoto.objects.filter(cut_from=cut.cut_from).count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_photo_that_does_not_come_is_said(open_page: OpenPage, owner, photo):
    page = open_page(as_user=owner)
    page.route("**/photos/*.webp*", lambda sent: sent.abort())
    page.goto(f"/photos/{photo.pk}/touch-up/")
    expect(page.locator("[data-touch-error]")).to_contain_text("사진을 불러오지 못했어요")
    expect(page.locator(".touch--busy")).to_have_count(0)
    expect(page.locator("[data-touch-save]")).to_be_disabled()
