"""The gallery: the team's ads, newest first, continued by key; the bin."""

from __future__ import annotations

import re

from django.urls import reverse

from campaigns.pages import PAGE_SIZE, gallery_page
from campaigns.services import bin_ad, copy_ad
from generation.models import Job

GALLERY = reverse("campaigns:gallery")


def test_an_empty_gallery_invites(as_owner):
    page = as_owner.get(GALLERY).content.decode()
    assert "아직 만든 광고가 없어요" in page
    assert reverse("generation:new_ad") in page
    assert 'type="search"' not in page


def test_an_empty_gallery_still_leads_to_the_bin(as_owner, make_ad):
    bin_ad(ad=make_ad(ad_text="버린 것"))
    page = as_owner.get(GALLERY).content.decode()
    assert "아직 만든 광고가 없어요" in page
    assert "?shown=binned" in page
    assert "버린 것" in as_owner.get(GALLERY, {"shown": "binned"}).content.decode()


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
    other = copy_ad(ad=finished.ad, by=owner, ad_text="다른 문구")
    page = as_owner.get(reverse("campaigns:ad", args=[finished.ad_id])).content.decode()
    assert reverse("generation:job", args=[finished.pk]) in page
    assert page.count("/stages/") >= 3
    assert reverse("campaigns:ad", args=[other.pk]) in page
    assert re.search(r"\d{4}년 \d+월 \d+일 오[전후] \d+:\d\d", page)
    assert all(f'alt="{stage}"' in page for stage in ("배경", "글자", "합성"))


def texts(user, **narrowed: str) -> list[str]:
    return [ad.ad_text for ad in gallery_page(user, **narrowed).ads]


def test_every_word_is_looked_for_in_the_copy_and_the_small_line(make_ad, owner, outsider):
    make_ad(ad_text="건어물 대박 세일")
    make_ad(ad_text="오징어 세일", subtext="6월 1일까지")
    assert texts(owner, words=" 세일  대박 ") == ["건어물 대박 세일"]
    assert texts(owner, words="6월 오징어") == ["오징어 세일"]
    assert texts(owner, words="100%") == []
    assert texts(outsider, words="세일") == []


def test_the_kinds_part_the_ads(finished, make_ad, owner):
    make_ad(ad_text="아직")
    bin_ad(ad=make_ad(ad_text="버린 것"))
    made = finished.ad.ad_text
    assert texts(owner) == ["아직", made]
    assert texts(owner, shown="made") == [made]
    assert texts(owner, shown="unmade") == ["아직"]
    assert texts(owner, shown="binned") == ["버린 것"]
    assert texts(owner, shown="?") == ["아직", made]


def test_a_search_is_kept_over_pages_and_kinds(as_owner, make_ad):
    for _ in range(PAGE_SIZE + 1):
        make_ad(ad_text="반값 & 세일")
    page = as_owner.get(GALLERY, {"q": "반값 &", "shown": "unmade"}).content.decode()
    kept = "q=%EB%B0%98%EA%B0%92+%26"
    assert f"shown=unmade&amp;{kept}&amp;after=" in page
    assert f'href="?shown=binned&amp;{kept}"' in page


def test_a_search_that_finds_nothing_leads_back_to_all(as_owner, make_ad):
    make_ad()
    page = as_owner.get(GALLERY, {"q": "호떡\0"}).content.decode()
    assert "‘호떡’ 문구가 든 광고가 없어요" in page
    assert f'href="{GALLERY}"' in page


def test_what_failed_can_be_put_in_the_bin_where_it_is_seen(as_owner, job):
    Job.objects.filter(pk=job.pk).update(status=Job.Status.FAILED, error_code="no_product_found")
    page = as_owner.get(reverse("generation:job", args=[job.pk])).content.decode()
    assert reverse("campaigns:bin", args=[job.ad_id]) in page
    answer = as_owner.post(reverse("campaigns:bin", args=[job.ad_id]), follow=True)
    assert reverse("campaigns:restore", args=[job.ad_id]) in answer.content.decode()
    as_owner.post(reverse("campaigns:restore", args=[job.ad_id]))
    stale = as_owner.get(GALLERY, {"binned": job.ad_id}).content.decode()
    assert "광고를 버렸어요" not in stale


def test_an_ad_in_many_formats_is_one_tile(as_owner, make_ad, owner):
    first = make_ad()
    wide = copy_ad(ad=first, by=owner, format="16:9")
    other_words = copy_ad(ad=first, by=owner, ad_text="다른 문구")
    another_take = copy_ad(ad=first, by=owner, seed=first.seed + 1)
    assert gallery_page(owner).ads == [another_take, other_words, first]
    page = as_owner.get(GALLERY).content.decode()
    assert page.count("2가지 크기") == 1
    assert len(gallery_page(owner, shown="unmade").ads) == 4
    bin_ad(ad=first)
    assert gallery_page(owner).ads == [another_take, other_words, wide]
    assert "가지 크기" not in as_owner.get(GALLERY).content.decode()


def test_ads_without_a_photo_are_grouped_by_their_formats_too(make_ad, owner):
    bare = make_ad(photo=None)
    copy_ad(ad=bare, by=owner, format="9:16")
    assert gallery_page(owner).ads == [bare]
