"""모든 크기로 만들기: one click, every format once."""

from __future__ import annotations

from django.urls import reverse

from campaigns.formats import format_offer
from campaigns.models import Ad
from generation.making import make_other_formats, make_with_new_words
from generation.models import Job
from generation.pipeline.catalog import FORMATS
from generation.pipeline.types import Stage
from generation.plan import content_address


def url(job: Job) -> str:
    return reverse("generation:job_formats", args=[job.pk])


def page_of(client, job: Job) -> str:
    return client.get(reverse("generation:job", args=[job.pk])).content.decode()


def test_one_click_makes_every_other_format_with_a_job_of_its_own(as_owner, finished):
    answer = as_owner.post(url(finished), {"all": "1"})
    assert answer["Location"].endswith(f"{finished.pk}/#sizes")
    ads = Ad.objects.filter(variant_group=finished.ad.variant_group)
    assert sorted(ad.format for ad in ads) == sorted(frame.key for frame in FORMATS)
    assert {ad.seed for ad in ads} == {finished.ad.seed}
    assert Job.objects.count() == len(FORMATS)
    made = Job.objects.exclude(pk=finished.pk)
    assert {job.parameters["together"] for job in made} == {True}
    assert f"{len(FORMATS) - 1}개 크기를 만들고 있어요" in page_of(as_owner, finished)


def test_asking_twice_makes_nothing_twice(as_owner, finished):
    for _ in range(2):
        as_owner.post(url(finished), {"formats": ["4:5", "9:16", "4:5"]})
    assert Ad.objects.count() == 3
    assert "새로 만들 크기를 골라 주세요" in page_of(as_owner, finished)


def test_the_page_shows_the_siblings_and_offers_the_rest(as_owner, finished):
    as_owner.post(url(finished), {"formats": ["4:5"]})
    offer = format_offer(finished.ad)
    assert [ad.format for ad in offer.made] == ["1:1", "4:5"]
    page = page_of(as_owner, finished)
    sibling = Ad.objects.get(format="4:5")
    assert f"ad-{sibling.pk}" in page
    assert 'value="16:9"' in page
    assert 'value="4:5"' not in page
    own = as_owner.get(reverse("campaigns:ad", args=[finished.ad_id])).content.decode()
    assert f"ad-{sibling.pk}" in own


def test_one_more_format_is_made_alone_and_new_words_keep_the_scene_of_many(finished, owner):
    (one,) = make_other_formats(ad=finished.ad, by=owner, formats=["4:5"])
    assert one.parameters["together"] is False
    story, *_ = make_other_formats(ad=finished.ad, by=owner, formats=["9:16", "16:9", "2:1"])
    reworded = make_with_new_words(ad=story.ad, by=owner, ad_text="오늘만 특가")
    addresses = {content_address(job, Stage.BACKGROUND) for job in (story, reworded)}
    assert len(addresses) == 1
    assert content_address(reworded, Stage.TEXT) != content_address(story, Stage.TEXT)


def test_a_format_that_failed_may_be_asked_for_again(finished, owner):
    failed = make_other_formats(ad=finished.ad, by=owner, formats=["4:5"])[0]
    Job.objects.filter(pk=failed.pk).update(status=Job.Status.FAILED)
    assert len(make_other_formats(ad=finished.ad, by=owner, formats=["4:5"])) == 1


def test_other_words_are_another_ad(as_owner, finished, owner):
    make_other_formats(ad=finished.ad, by=owner, formats=["4:5"])
    Ad.objects.filter(format="4:5").update(ad_text="다른 문구")
    assert [ad.format for ad in format_offer(finished.ad).made] == ["1:1"]


def test_nothing_to_make_is_said(as_owner, finished):
    for asked in ([], ["3:7"], ["1:1"]):
        as_owner.post(url(finished), {"formats": asked})
        assert Ad.objects.count() == 1
        assert "note--bad" in page_of(as_owner, finished)


def test_more_than_the_team_may_have_makes_none(as_owner, finished, settings):
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = 3
    as_owner.post(url(finished), {"all": "1"})
    assert Ad.objects.count() == 1
    assert "한 번에 3개까지" in page_of(as_owner, finished)
