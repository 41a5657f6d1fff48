"""Cutting out by hand, through the site: the way in, the mask, the new photo, the ad again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from campaigns.models import Ad, ProductPhoto
from campaigns.services import prune_photos, store_photo
from generation.models import Job
from generation.touch_up.cutter import cutter
from generation.touch_up.strokes import MOST_BYTES
from tests.conftest import product_jpeg

DROP = {"keep": False, "radius": 1200, "points": [3000, 3200, 7000, 3200]}
KEEP_NOTHING = {"keep": False, "radius": 5000, "points": [5000, 5000, 5001, 5000]}


@pytest.fixture(autouse=True, scope="module")
def _no_child_left() -> Iterator[None]:
    yield
    cutter.stop()


def send(client, name: str, photo: ProductPhoto, **body):
    address = reverse(f"generation:{name}", args=[photo.pk])
    return client.post(address, json.dumps(body), content_type="application/json")


def test_a_mask_comes_back_as_a_small_picture(as_owner, photo):
    said = send(as_owner, "touch_up_mask", photo, strokes=[DROP]).json()
    assert said["mask"].startswith("data:image/png;base64,")
    assert (said["empty"], said["sure"]) == (False, True)


def test_the_cut_out_becomes_a_photo_of_its_own(as_owner, photo, owner):
    said = send(as_owner, "touch_up_save", photo, strokes=[DROP]).json()
    stored = ProductPhoto.objects.get(pk=said["photo"])
    assert (stored.cut_from, stored.team, stored.created_by) == (photo, photo.team, owner)
    assert said["go"] == f"{reverse('generation:new_ad')}?photo={stored.pk}"
    with Image.open(stored.image.path) as image:
        assert (image.mode, image.size) == ("RGBA", (photo.width, photo.height))
        assert image.getchannel("A").getextrema() == (0, 255)
    page = as_owner.get(said["go"]).content.decode()
    assert f'name="photo_id" value="{stored.pk}"' in page
    again = send(as_owner, "touch_up_save", photo, strokes=[DROP]).json()
    assert again["photo"] == stored.pk
    # One that is touched up again goes back to the whole picture.
    third = send(as_owner, "touch_up_save", stored, strokes=[]).json()
    assert ProductPhoto.objects.get(pk=third["photo"]).cut_from == photo


def test_an_ad_is_made_again_with_it(as_owner, photo, make_ad):
    ad = make_ad()
    said = send(as_owner, "touch_up_save", photo, strokes=[DROP], ad=ad.pk).json()
    job = Job.objects.get()
    assert said["go"] == reverse("generation:job", args=[job.pk])
    assert job.ad != ad
    assert job.ad.photo.cut_from == photo
    assert (job.ad.seed, job.ad.variant_group) == (ad.seed, ad.variant_group)


def test_over_quota_is_said_in_words(as_owner, photo, make_ad, submit, settings):
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = 1
    submit()
    answer = send(as_owner, "touch_up_save", photo, strokes=[], ad=make_ad().pk)
    assert answer.status_code == 422
    assert "한 번에 1개까지" in answer.json()["message"]


@pytest.mark.parametrize("name", ["touch_up_mask", "touch_up_save"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"strokes": 5}', b" " * (MOST_BYTES + 1)])
def test_what_is_no_stroke_is_refused(as_owner, photo, name, body):
    address = reverse(f"generation:{name}", args=[photo.pk])
    answer = as_owner.post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "strokes")
    assert ProductPhoto.objects.count() == 1


def test_a_cut_out_of_nothing_is_not_stored(as_owner, photo):
    answer = send(as_owner, "touch_up_save", photo, strokes=[KEEP_NOTHING])
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_left")
    assert ProductPhoto.objects.count() == 1


def test_a_foreign_ad_or_one_of_another_photo_is_a_404(as_owner, photo, make_ad, outsider):
    upload = SimpleUploadedFile("p.jpg", product_jpeg(), "image/jpeg")
    theirs = outsider.teams.get()
    foreign = Ad.objects.create(
        team=theirs,
        campaign=make_ad().campaign,
        photo=store_photo(team=theirs, by=outsider, upload=upload),
        background_style="market",
        text_style="metal",
    )
    for ad in (foreign, make_ad(photo=None)):
        assert send(as_owner, "touch_up_save", photo, strokes=[], ad=ad.pk).status_code == 404
        page = reverse("generation:touch_up", args=[photo.pk])
        assert as_owner.get(page, {"ad": ad.pk}).status_code == 404
    assert not Job.objects.exists()


def test_the_page_says_what_it_needs_and_offers_the_ad(as_owner, as_viewer, photo, make_ad, owner):
    page = reverse("generation:touch_up", args=[photo.pk])
    assert as_viewer.get(page).status_code == 403
    as_owner.force_login(owner)
    shown = as_owner.get(page, {"ad": make_ad().pk}).content.decode()
    assert "자바스크립트가 켜져 있어야" in shown
    assert "이대로 광고 다시 만들기" in shown
    part = as_owner.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "이대로 쓰기" in part


@pytest.mark.parametrize("card", [True, False], ids=["card", "cut-out"])
def test_a_finished_ad_leads_to_the_touch_up(as_owner, finished, card):
    checks = finished.checks | {"cutout": {"confidence": 0.2, "photo_card": card}}
    Job.objects.filter(pk=finished.pk).update(checks=checks)
    way = f"{reverse('generation:touch_up', args=[finished.ad.photo_id])}?ad={finished.ad_id}"
    for where in ("generation:job", "campaigns:ad"):
        number = finished.pk if where == "generation:job" else finished.ad_id
        page = as_owner.get(reverse(where, args=[number])).content.decode()
        assert way in page
        assert ("손가락으로 몇 번 칠해" in page) == card


def test_pruning_keeps_the_photo_of_a_cut_out_until_that_is_gone(as_owner, photo, make_ad):
    send(as_owner, "touch_up_save", photo, strokes=[DROP])
    cut = photo.cut_outs.get()
    ad = make_ad(photo=cut)
    ProductPhoto.objects.update(created_at="2020-01-01T00:00Z")
    assert prune_photos() == 0
    ad.delete()
    assert (prune_photos(), prune_photos()) == (1, 1)
