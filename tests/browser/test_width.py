"""No page is wider than the smallest phone people use, and what is touched is large enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from campaigns.services import create_ad
from generation.models import Job
from generation.services import submit_job
from tests.browser.conftest import OpenPage, expect_result, fill, send

SMALL = {"width": 360, "height": 740}
FOR_ALL = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nothing/"]
FOR_MEMBERS = [
    "/new/",
    "/ads/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/team/",
]
# Apple's and Google's guides ask for 44 and 48; links inside a sentence are excepted.
TOUCH = 44

TOO_SMALL = """(least) =>
  [...document.querySelectorAll("a, button, label.button, summary, input[type=text]")]
    .filter((part) => part.checkVisibility() && part.getBoundingClientRect().top >= 0)
    .filter((part) => part.getBoundingClientRect().height < least)
    .map((part) => part.outerHTML.slice(0, 120))"""


def check(page, path: str) -> None:
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], path
    assert page.evaluate(TOO_SMALL, TOUCH) == [], path


@pytest.mark.parametrize("language", ["ko", "en"])
def test_visitors_pages_fit_a_small_phone(open_page: OpenPage, db, language):
    page = open_page()
    page.set_viewport_size(SMALL)
    page.set_extra_http_headers({"Accept-Language": language})
    for path in FOR_ALL:
        check(page, path)


def test_members_pages_fit_a_small_phone(open_page: OpenPage, owner, team):
    ad = create_ad(
        team=team,
        by=owner,
        photo=None,
        ad_text="가나다라마바사아자차카타파하가나다라마바",
        background_style="market",
        text_style="metal",
        format="16:9",
    )
    job = submit_job(ad=ad, by=owner, test_mode=True, engine="diffusion")
    page = open_page(as_user=owner)
    page.set_viewport_size(SMALL)
    for path in (*FOR_MEMBERS, f"/ads/{ad.pk}/", f"/jobs/{job.pk}/"):
        check(page, path)
    Job.objects.filter(pk=job.pk).update(status=Job.Status.FAILED, error_code="out_of_memory")
    check(page, f"/jobs/{job.pk}/")


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
def test_the_form_stays_as_wide_as_the_screen_with_every_fold_open(
    open_page: OpenPage, owner, team, desk
):
    page = open_page(as_user=owner, desk=desk)
    page.goto("/new/")
    page.evaluate("document.querySelectorAll('main details').forEach((fold) => (fold.open = true))")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"]


def test_a_result_in_every_format_fits_a_small_phone(open_page: OpenPage, owner, team):
    page = open_page(as_user=owner)
    page.set_viewport_size(SMALL)
    fill(page)
    send(page)
    expect_result(page)
    page.get_by_role("button", name="모든 크기로 만들기").click()
    expect(page.locator("#sizes .adtile")).to_have_count(8)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
