"""A merchant makes an ad: the whole way, and the ways it can be disturbed."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from campaigns.models import ProductPhoto
from campaigns.services import create_ad
from generation.models import Job
from generation.services import submit_job
from tests.browser.conftest import PATIENCE_MS, OpenPage, expect_result, fill, send
from tests.waiting import eventually


def watch_the_frame(page: Page) -> None:
    """Collect the address of every picture that comes into the frame."""
    page.evaluate(
        """() => {
          window.seen = [];
          new MutationObserver((changes) => {
            for (const change of changes)
              for (const node of change.addedNodes)
                if (node.tagName === "IMG") window.seen.push(node.src);
          }).observe(document.querySelector("[data-frame]"), { childList: true });
        }"""
    )


@pytest.mark.slow
def test_a_real_ad_by_the_studio(open_page: OpenPage, team, product, site_media, settings):
    settings.MEDIA_ROOT = site_media
    by = team.members.get()
    page = open_page(as_user=by)
    fill(page, product)
    wishes = {"ad_text": "대박", "background_style": "minimal", "text_style": "metal"}
    ad = create_ad(team=team, by=by, photo=ProductPhoto.objects.get(), **wishes)
    job = submit_job(ad=ad, by=by)
    page.goto(f"/jobs/{job.pk}/")
    watch_the_frame(page)
    expect(page.locator("[data-result]")).to_be_visible(timeout=2 * PATIENCE_MS)
    assert len(page.evaluate("window.seen.filter((url) => url.includes('preview'))")) > 1
    expect(page.locator(".proofs")).to_contain_text("문구 일치 2/2")
    expect(page.locator(".proofs")).to_contain_text("상품 원본 유지 100")


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
def test_from_photo_to_download(open_page: OpenPage, owner, team, product, desk):
    page = open_page(as_user=owner, desk=desk)
    fill(page, product)
    expect(page.locator("#copy-count")).to_have_text("9/20")
    send(page)
    watch_the_frame(page)
    assert page.locator("[data-live], [data-result]").count() == 1
    expect_result(page)
    expect(page).to_have_title(re.compile("✓ 건어물 대박 세일"))
    assert any("preview.webp" in address for address in page.evaluate("window.seen"))
    with page.expect_download() as downloading:
        page.click("[data-download]")
    assert downloading.value.suggested_filename == "건어물-대박-세일_1080x1080.png"
    with Image.open(downloading.value.path()) as picture:
        assert picture.size == (1080, 1080)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_with_sockets_blocked_polling_finishes_it(open_page: OpenPage, owner, team, product):
    page = open_page(as_user=owner)
    page.add_init_script("window.WebSocket = function () { throw new Error('blocked'); };")
    fill(page, product)
    send(page)
    expect_result(page)


def test_a_reload_in_the_middle_shows_the_same_truth(open_page: OpenPage, owner, team, product):
    page = open_page(as_user=owner)
    fill(page, product)
    send(page)
    expect(page.locator("[data-percent]")).to_have_text(re.compile(r"^[1-9]\d%"))
    before = Job.objects.get().progress_percent
    page.reload()
    shown = page.locator("[data-bar]")
    if shown.count():
        assert float(shown.get_attribute("aria-valuenow")) >= int(before)
    expect_result(page)
    assert Job.objects.count() == 1


def test_stopping_and_going_on(open_page: OpenPage, owner, team, product):
    page = open_page(as_user=owner)
    fill(page, product)
    send(page)
    page.get_by_role("button", name="멈추기").click()
    expect(page.locator("[data-ended]")).to_contain_text("만들기를 멈췄어요")
    page.get_by_role("button", name="이어서 만들기").click()
    expect_result(page)


def test_new_words_on_the_result(open_page: OpenPage, owner, team, product):
    page = open_page(as_user=owner)
    fill(page, product)
    send(page)
    expect_result(page)
    old = page.url
    page.locator(".again summary").click()
    page.fill("#new_words", "오늘만 반값")
    page.get_by_role("button", name="이 문구로 만들기").click()
    page.wait_for_url(lambda url: url != old)
    expect_result(page)
    expect(page.locator("#result-title")).to_have_text("오늘만 반값")
    expect(page.locator(".making__step").first).to_contain_text("그대로 씀")


def test_a_bad_file_is_refused_before_it_is_sent(open_page: OpenPage, owner, team, tmp_path: Path):
    words = tmp_path / "메모.txt"
    words.write_text("사진이 아니에요")
    huge = tmp_path / "큰사진.jpg"
    huge.write_bytes(b"\xff\xd8\xff" + bytes(10 * 1024 * 1024))
    page = open_page(as_user=owner)
    page.goto("/new/")
    for path, said in ((words, "JPG, PNG, WebP, HEIC"), (huge, "10MB 이하")):
        page.set_input_files("#id_photo", path)
        expect(page.locator("[data-photo-error]")).to_contain_text(said)


def test_a_photo_too_large_to_be_sent_is_made_smaller_on_the_phone(
    open_page: OpenPage, owner, team, tmp_path: Path
):
    large = tmp_path / "큰사진.jpg"
    turned = Image.Exif()
    turned[0x0112] = 6
    noise = Image.effect_noise((3000, 2400), 100).convert("RGB")
    noise.save(large, quality=100, subsampling=0, exif=turned)
    assert large.stat().st_size > 10 * 1024 * 1024
    page = open_page(as_user=owner)
    page.goto("/new/")
    page.set_input_files("#id_photo", large)
    expect(page.locator("[data-drop-state]")).to_have_text("사진이 준비됐어요")
    photo = ProductPhoto.objects.get()
    assert (photo.width, photo.height) == (2400, 3000)
    send(page)
    assert Job.objects.get().ad.photo == photo


def test_going_back_or_reloading_brings_back_what_was_filled_in(
    open_page: OpenPage, owner, team, product
):
    page = open_page(as_user=owner)
    fill(page, product, copy="오늘만 반값")
    page.fill("#id_subtext", "6월 1일까지")
    page.check("[name=format][value='9:16']", force=True)
    photo = str(ProductPhoto.objects.get().pk)
    send(page)
    for go in (page.go_back, page.reload):
        go()
        expect(page.locator("#copy-count")).to_have_text("6/20")
        assert page.locator("#id_ad_text").input_value() == "오늘만 반값"
        assert page.locator("#id_subtext").input_value() == "6월 1일까지"
        assert page.locator("[name=format]:checked").input_value() == "9:16"
        assert page.locator("[data-photo-id]").input_value() == photo
        expect(page.locator("[data-drop-image]")).to_be_visible()
        expect(page.locator("[data-touch-up]")).to_have_attribute("href", re.compile(photo))
    page.get_by_role("link", name="만들기").click()
    expect(page.locator("#copy-count")).to_have_text("0/20")
    assert page.locator("[data-photo-id]").input_value() == ""


def test_a_lost_network_is_said_at_once_and_mended(open_page: OpenPage, owner, team, product):
    page = open_page(as_user=owner)
    fill(page, product)
    send(page)
    page.context.set_offline(True)
    expect(page.locator("[data-offline-note]")).to_contain_text("연결이 끊겨")
    page.context.set_offline(False)
    expect_result(page)


def test_a_lying_file_is_refused_by_the_server(open_page: OpenPage, owner, team, tmp_path: Path):
    lie = tmp_path / "상품.png"
    lie.write_text("사진이 아니에요")
    page = open_page(as_user=owner)
    page.goto("/new/")
    page.set_input_files("#id_photo", lie)
    expect(page.locator("[data-photo-error]")).to_contain_text("쓸 수 없어요")
    assert page.locator("[data-photo-id]").input_value() == ""


def test_an_error_keeps_what_was_typed_and_shown(open_page: OpenPage, owner, team, product):
    page = open_page(as_user=owner)
    fill(page, product, copy="대박 😀")
    page.check("[name=format][value='9:16']", force=True)
    page.click("[data-submit]")
    expect(page.locator("#copy-error")).to_contain_text("😀")
    page.locator(".summary").get_by_role("link", name="광고 문구").click()
    expect(page.locator("#id_ad_text")).to_be_focused()
    expect(page.locator("[data-drop-image]")).to_have_attribute("src", re.compile(r"/photos/\d+"))
    assert page.locator("#id_ad_text").input_value() == "대박 😀"
    assert page.locator("[name=format][value='9:16']").is_checked()
    page.fill("#id_ad_text", "대박")
    send(page)
    expect_result(page)


def test_too_long_a_copy_is_said_while_typing(open_page: OpenPage, owner, team):
    page = open_page(as_user=owner)
    page.goto("/new/")
    page.fill("#id_ad_text", "가" * 22)
    expect(page.locator("#copy-error")).to_contain_text("2자를 줄여")
    page.click("[data-submit]")
    assert page.url.endswith("/new/")
    assert not Job.objects.exists()


def test_without_scripts_the_form_still_makes_an_ad(open_page: OpenPage, owner, team, product):
    page = open_page(as_user=owner, java_script_enabled=False)
    page.goto("/new/")
    page.set_input_files("#id_photo", product)
    page.fill("#id_ad_text", "건어물 대박 세일")
    page.click("[data-submit]")
    page.wait_for_url("**/jobs/**")

    def is_there() -> bool:
        page.reload()
        return page.locator("[data-result]").count() > 0

    eventually(is_there)
    expect(page.locator("[data-result]")).to_be_visible()


def test_dropping_and_pasting_a_photo(open_page: OpenPage, owner, team, product):
    page = open_page(as_user=owner, desk=True)
    page.goto("/new/")
    bytes_of = "Uint8Array.from(atob(content), (c) => c.charCodeAt(0))"
    content = base64.b64encode(product.read_bytes()).decode()
    for event in ("drop", "paste"):
        page.evaluate(
            f"""([name, content]) => {{
              const files = new DataTransfer();
              files.items.add(new File([{bytes_of}], "p.jpg", {{ type: "image/jpeg" }}));
              const event = name === "drop"
                ? new DragEvent("drop", {{ dataTransfer: files, bubbles: true, cancelable: true }})
                : new ClipboardEvent("paste", {{ clipboardData: files, bubbles: true }});
              document.querySelector("[data-photo-drop]").dispatchEvent(event);
            }}""",
            [event, content],
        )
        expect(page.locator("[data-drop-state]")).to_have_text("사진이 준비됐어요")
        page.get_by_role("button", name="빼기").click()
        assert page.locator("[data-photo-id]").input_value() == ""
