"""The form shows a draft of what it will make, while it is being filled."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Request, expect

from campaigns.services import create_ad
from generation.models import Job
from generation.services import submit_job
from tests.browser.conftest import OpenPage, fill


def running_elsewhere(job: Job) -> Job:
    """Let the job look as if another worker of the studio engine were at it."""
    lease = {"lease_owner": "another", "lease_expires_at": timezone.now() + timedelta(hours=1)}
    Job.objects.filter(pk=job.pk).update(status="running", engine="studio", **lease)
    return job


def test_the_draft_follows_the_form_and_rests_while_a_job_is_made(
    open_page: OpenPage, owner, team, product
):
    page = open_page(as_user=owner)
    fill(page, product, copy="오늘만 반값")
    said, picture = page.locator("[data-draft-say]"), page.locator("[data-draft-frame] img").last
    expect(said).to_contain_text("이런 모습이에요")
    first = picture.get_attribute("src")
    page.fill("#id_ad_text", "대박 세일")
    expect(picture).not_to_have_attribute("src", first)
    expect(said).to_contain_text("이런 모습이에요")
    page.click("[data-draft-open]")
    expect(page.locator("[data-draft-large] img")).to_be_visible()
    page.keyboard.press("Escape")
    # Nothing typed into can hide under the strip, and the page is not wider than the phone.
    page.focus("#id_ad_text")
    strip, field = page.locator("[data-draft]"), page.locator("#id_ad_text")
    below = strip.bounding_box()["y"] + strip.bounding_box()["height"]
    assert field.bounding_box()["y"] >= below
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert not Job.objects.exists()
    wishes = {"ad_text": "대박", "background_style": "market", "text_style": "metal"}
    ad = create_ad(team=team, by=owner, photo=None, **wishes)
    job = running_elsewhere(submit_job(ad=ad, by=owner, test_mode=True, engine="diffusion"))
    page.fill("#id_ad_text", "신상")
    expect(said).to_contain_text("잠시 쉬어요")
    job.delete()
    expect(said).to_contain_text("이런 모습이에요")


def test_a_tap_is_followed_at_once_and_a_finger_that_types_is_waited_for(
    open_page: OpenPage, owner, team
):
    page = open_page(as_user=owner)
    page.clock.install(time=0)
    page.goto("/new/")
    page.clock.pause_at(60_000)  # from here on time passes only where it is said
    asked: list[Request] = []
    page.on("request", lambda sent: asked.append(sent) if is_asking(sent) else None)
    keyboard = page.context.new_cdp_session(page)

    def compose(letters: str) -> None:
        at = len(letters)
        composed = {"text": letters, "selectionStart": at, "selectionEnd": at}
        keyboard.send("Input.imeSetComposition", composed)

    page.focus("#id_ad_text")
    compose("ㄷ")  # which will be a syllable in a moment
    page.clock.run_for(1000)
    assert asked == []
    compose("대")
    page.clock.run_for(340)
    assert asked == []
    with page.expect_request(is_asking):
        page.clock.run_for(20)
    page.clock.run_for(500)
    with page.expect_request(is_asking):
        page.locator("[name=text_position][value=bottom]").evaluate("tile => tile.click()")
        page.clock.run_for(1)
    assert len(asked) == 2


def is_asking(sent: Request) -> bool:
    return sent.method == "POST" and sent.url.endswith("/drafts/")
