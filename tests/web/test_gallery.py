"""The gallery: the team's ads, newest first, continued by key; the bin."""

from __future__ import annotations

from django.urls import reverse

from campaigns.pages import PAGE_SIZE, gallery_page

GALLERY = reverse("campaigns:gallery")


def test_an_empty_gallery_invites(as_owner):
    page = as_owner.get(GALLERY).content.decode()
    assert "아직 만든 광고가 없어요" in page
    assert reverse("generation:new_ad") in page


def test_pages_follow_each_other_while_new_ads_come_in(make_ad, owner):
    made = [make_ad(ad_text=str(number)) for number in range(PAGE_SIZE + 5)]
    first = gallery_page(owner)
    make_ad(ad_text="새것")
    second = gallery_page(owner, after=first.next_after)
    seen = [ad.pk for ad in first.ads + second.ads]
    assert seen == [ad.pk for ad in reversed(made)]
    assert second.next_after == ""


def test_a_strange_or_foreign_key_starts_anew(make_ad, owner, outsider):
    ad = make_ad()
    assert gallery_page(owner, after="1; drop table").ads == [ad]
    assert gallery_page(owner, after="999999").ads == [ad]
    assert gallery_page(outsider, after=str(ad.pk)).ads == []


def test_the_next_page_comes_alone_for_a_script_and_whole_without(as_owner, make_ad):
    for _ in range(PAGE_SIZE + 1):
        make_ad()
    more = f"{GALLERY}?after={gallery_page(make_ad().created_by).next_after}"
    assert "<html" not in as_owner.get(more, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in as_owner.get(more).content.decode()


def test_an_unfinished_ad_says_so_and_asks_again(as_owner, job):
    tile = as_owner.get(reverse("campaigns:tile", args=[job.ad_id])).content.decode()
    assert "대기 중" in tile
    assert "hx-trigger" in tile


def test_a_finished_ad_shows_its_thumbnail_and_rests(as_owner, finished):
    tile = as_owner.get(reverse("campaigns:tile", args=[finished.ad_id])).content.decode()
    assert "thumbnail.webp?v=" in tile
    assert "hx-trigger" not in tile
    finished.ad.refresh_from_db()
    small = as_owner.get(finished.ad.thumbnail_url)
    assert small["Content-Type"] == "image/webp"
    assert "immutable" in small["Cache-Control"]


def test_a_binned_ad_leaves_the_gallery_and_comes_back(as_owner, make_ad, owner):
    ad = make_ad()
    answer = as_owner.post(reverse("campaigns:bin", args=[ad.pk]), follow=True)
    assert "광고를 버렸어요" in answer.content.decode()
    assert gallery_page(owner).ads == []
    as_owner.post(reverse("campaigns:restore", args=[ad.pk]))
    assert gallery_page(owner).ads == [ad]


def test_an_ads_page_shows_its_runs_and_its_variants(as_owner, finished, owner):
    from campaigns.services import copy_ad

    other = copy_ad(ad=finished.ad, by=owner, ad_text="다른 문구")
    page = as_owner.get(reverse("campaigns:ad", args=[finished.ad_id])).content.decode()
    assert reverse("generation:job", args=[finished.pk]) in page
    assert page.count("/stages/") >= 3
    assert reverse("campaigns:ad", args=[other.pk]) in page
