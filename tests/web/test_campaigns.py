"""Campaigns on the pages: chosen in the form, looked through, renamed, deleted, moved to."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.grouping import campaign_named
from campaigns.models import Ad, Campaign
from campaigns.pages import PAGE_SIZE, gallery_page
from campaigns.services import bin_ad, copy_ad
from generation.making import make_other_formats
from generation.models import Job

GALLERY = reverse("campaigns:gallery")
FORM = reverse("generation:new_ad")


@pytest.fixture
def chuseok(team) -> Campaign:
    return campaign_named(team=team, name="추석")


@pytest.fixture
def seollal(team, chuseok) -> Campaign:
    return campaign_named(team=team, name="설날")


def page_of(client, where: str, **told: object) -> str:
    answer = client.get(where, told)
    assert answer.status_code == 200
    return answer.content.decode()


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def chosen_in(page: str) -> list[str]:
    return re.findall(r'<option value="\d+" selected>([^<]*)<', page)


def test_whoever_ignores_campaigns_gets_the_first_one(as_owner, wishes, team, empty_redis):
    page = page_of(as_owner, FORM)
    assert 'name="new_campaign"' in page
    assert 'name="campaign"' not in page
    as_owner.post(FORM, wishes)
    assert Ad.objects.get().campaign.name == "내 광고"


def test_an_ad_goes_into_the_campaign_that_was_picked(as_owner, wishes, chuseok, seollal):
    as_owner.post(FORM, wishes | {"campaign": chuseok.pk})
    assert Ad.objects.get().campaign == chuseok
    assert chosen_in(page_of(as_owner, FORM)) == ["추석"]


def test_a_new_campaign_is_named_right_there_and_remembered(as_owner, wishes, chuseok):
    as_owner.post(FORM, wishes | {"campaign": chuseok.pk, "new_campaign": " 여름  세일 "})
    assert Ad.objects.get().campaign.name == "여름 세일"
    assert chosen_in(page_of(as_owner, FORM)) == ["여름 세일"]


def test_a_double_click_with_a_new_name_is_one_ad_in_one_campaign(as_owner, wishes, team):
    told = wishes | {"new_campaign": "여름"}
    first, second = as_owner.post(FORM, told), as_owner.post(FORM, told)
    assert first["Location"] == second["Location"]
    assert Campaign.objects.get().ads.count() == 1


def test_a_name_that_is_too_long_is_said_and_opens_the_fold(as_owner, wishes, team):
    answer = as_owner.post(FORM, wishes | {"new_campaign": "가" * 81})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "캠페인 이름은 80자까지예요. 지금 81자예요." in page
    assert "data-campaign open>" in page
    assert not Campaign.objects.exists()


def test_another_teams_campaign_is_not_offered(as_owner, wishes, chuseok, outsider):
    theirs = campaign_named(team=outsider.teams.get(), name="남의 것")
    answer = as_owner.post(FORM, wishes | {"campaign": theirs.pk})
    assert answer.status_code == 422
    assert "남의 것" not in page_of(as_owner, FORM, campaign=theirs.pk)
    assert not Ad.objects.exists()


def test_the_form_starts_with_the_campaign_it_was_asked_from(as_owner, make_ad, chuseok, seollal):
    ad = make_ad(campaign=seollal)
    make_ad(campaign=chuseok)
    assert chosen_in(page_of(as_owner, FORM, campaign=seollal.pk)) == ["설날"]
    assert chosen_in(page_of(as_owner, FORM, **{"from": ad.pk})) == ["설날"]
    assert chosen_in(page_of(as_owner, FORM)) == ["추석"]


def test_the_gallery_shows_one_campaign_by_its_name(as_owner, make_ad, owner, chuseok, seollal):
    ad = make_ad(campaign=chuseok, ad_text="보름달 & 송편")
    copy_ad(ad=ad, by=owner, format="16:9")
    make_ad(campaign=seollal, ad_text="떡국")
    page = page_of(as_owner, GALLERY, campaign=chuseok.pk)
    assert "<h1>추석</h1>" in page
    assert "광고 1개" in page
    assert "떡국" not in page
    assert f"{FORM}?campaign={chuseok.pk}" in page
    assert f'href="?shown=made&amp;campaign={chuseok.pk}"' in page
    everywhere = page_of(as_owner, GALLERY)
    assert f'href="?campaign={seollal.pk}"' in everywhere
    assert "떡국" in everywhere


def test_a_campaign_is_kept_over_search_and_pages(as_owner, make_ad, chuseok):
    for _ in range(PAGE_SIZE + 1):
        make_ad(campaign=chuseok, ad_text="반값")
    page = page_of(as_owner, GALLERY, campaign=chuseok.pk, q="반값")
    assert f'name="campaign" value="{chuseok.pk}"' in page
    assert f"campaign={chuseok.pk}&amp;after=" in page
    assert 'href="?q=%EB%B0%98%EA%B0%92"' in page


def test_one_campaign_asks_nobody_to_choose(as_owner, make_ad):
    make_ad()
    assert "pickone" not in page_of(as_owner, GALLERY)


def test_a_gallery_with_many_ads_and_campaigns_asks_as_often(as_owner, make_ad, team, chuseok):
    def asked(**told: object) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page_of(as_owner, GALLERY, **told)
        return len(queries)

    make_ad(campaign=chuseok)
    asked()
    few, few_inside = asked(), asked(campaign=chuseok.pk)
    for number in range(PAGE_SIZE - 1):
        make_ad(campaign=campaign_named(team=team, name=f"행사 {number}"))
        make_ad(campaign=chuseok)
    assert asked() == few
    assert asked(campaign=chuseok.pk) == few_inside


@pytest.mark.parametrize("number", ["foreign", "999999", "99999999999999999999999"])
def test_a_foreign_campaign_is_a_404(as_owner, team, outsider, number):
    if number == "foreign":
        number = campaign_named(team=outsider.teams.get(), name="남의 것").pk
    assert as_owner.get(GALLERY, {"campaign": number}).status_code == 404


def test_a_viewer_looks_and_is_offered_no_change(as_viewer, make_ad, chuseok, seollal):
    ad = make_ad(campaign=chuseok)
    inside = page_of(as_viewer, GALLERY, campaign=chuseok.pk)
    empty = page_of(as_viewer, GALLERY, campaign=seollal.pk)
    assert "<h1>추석</h1>" in inside
    assert "이름 바꾸기" not in inside + empty
    assert "이 캠페인 지우기" not in empty
    page = page_of(as_viewer, reverse("campaigns:ad", args=[ad.pk]))
    assert f"{GALLERY}?campaign={chuseok.pk}" in page
    assert reverse("campaigns:move", args=[ad.pk]) not in page


def test_a_campaign_is_renamed_and_says_when_a_name_is_taken(as_owner, chuseok, seollal):
    where = reverse("campaigns:campaign_rename", args=[chuseok.pk])
    assert (
        "캠페인 이름을 바꿨어요"
        in as_owner.post(where, {"name": " 한가위 "}, follow=True).content.decode()
    )
    chuseok.refresh_from_db()
    assert chuseok.name == "한가위"
    for name, said in (("설날", "이미 있어요"), (" ", "적어 주세요"), ("가" * 81, "80자까지")):
        assert said in as_owner.post(where, {"name": name}, follow=True).content.decode()
    chuseok.refresh_from_db()
    assert chuseok.name == "한가위"


def test_an_empty_campaign_is_deleted_and_brought_back(as_owner, chuseok, seollal):
    page = page_of(as_owner, GALLERY, campaign=seollal.pk)
    assert "이 캠페인에는 아직 광고가 없어요" in page
    where = reverse("campaigns:campaign_delete", args=[seollal.pk])
    assert where in page
    after = as_owner.post(where, follow=True).content.decode()
    assert "‘설날’ 캠페인을 지웠어요" in after
    assert not Campaign.objects.filter(name="설날").exists()
    back = as_owner.post(reverse("campaigns:campaign_bring_back"), follow=True)
    assert "<h1>설날</h1>" in back.content.decode()
    assert as_owner.post(reverse("campaigns:campaign_bring_back")).status_code == 404
    assert "지웠어요" not in page_of(as_owner, GALLERY, deleted="1")


def test_a_campaign_with_ads_is_kept(as_owner, make_ad, chuseok, seollal):
    make_ad(campaign=chuseok)
    where = reverse("campaigns:campaign_delete", args=[chuseok.pk])
    assert where not in page_of(as_owner, GALLERY, campaign=chuseok.pk)
    said = as_owner.post(where, follow=True).content.decode()
    assert "광고가 든 캠페인은 지울 수 없어요" in said
    assert Campaign.objects.filter(pk=chuseok.pk).exists()


def test_who_may_only_look_by_now_brings_nothing_back(as_owner, owner, chuseok, seollal):
    as_owner.post(reverse("campaigns:campaign_delete", args=[seollal.pk]))
    owner.memberships.update(role="viewer")
    assert as_owner.post(reverse("campaigns:campaign_bring_back")).status_code == 403
    assert not Campaign.objects.filter(name="설날").exists()


def test_an_ad_is_moved_and_put_back(as_owner, make_ad, chuseok, seollal):
    ad = make_ad(campaign=chuseok)
    where = reverse("campaigns:move", args=[ad.pk])
    page = as_owner.post(where, {"campaign": seollal.pk}, follow=True).content.decode()
    assert "‘설날’ 캠페인으로 옮겼어요" in page
    assert f'name="campaign" value="{chuseok.pk}"' in page
    ad.refresh_from_db()
    assert ad.campaign == seollal
    as_owner.post(where, {"campaign": chuseok.pk})
    ad.refresh_from_db()
    assert ad.campaign == chuseok


def test_an_ad_is_moved_to_a_campaign_that_is_named_there(as_owner, make_ad, chuseok):
    ad = make_ad(campaign=chuseok)
    where = reverse("campaigns:move", args=[ad.pk])
    as_owner.post(where, {"campaign": chuseok.pk, "new_campaign": "설날"})
    ad.refresh_from_db()
    assert ad.campaign.name == "설날"
    stayed = as_owner.post(where, {"campaign": ad.campaign_id})
    assert stayed["Location"] == reverse("campaigns:ad", args=[ad.pk])


def test_an_ad_does_not_move_to_another_team(as_owner, make_ad, chuseok, outsider):
    ad = make_ad(campaign=chuseok)
    theirs = campaign_named(team=outsider.teams.get(), name="남의 것")
    where = reverse("campaigns:move", args=[ad.pk])
    page = as_owner.post(where, {"campaign": theirs.pk}, follow=True).content.decode()
    assert "목록에서 하나를 골라 주세요" in page
    ad.refresh_from_db()
    assert ad.campaign == chuseok


def test_a_moved_ad_stays_one_tile_and_makes_no_format_twice(as_owner, submit, owner, seollal):
    job = submit()
    wide = make_other_formats(ad=job.ad, by=owner, formats=["16:9"])[0].ad
    as_owner.post(reverse("campaigns:move", args=[wide.pk]), {"campaign": seollal.pk})
    job.ad.refresh_from_db()
    assert gallery_page(owner, campaign=seollal).ads == [job.ad]
    assert make_other_formats(ad=job.ad, by=owner, formats=["16:9"]) == []
    assert Job.objects.count() == 2


def test_a_binned_ad_is_counted_nowhere(as_owner, make_ad, chuseok, seollal):
    bin_ad(ad=make_ad(campaign=seollal))
    page = page_of(as_owner, GALLERY, campaign=seollal.pk)
    assert "광고 0개" in page
    assert "이 캠페인 지우기" in text_of(page)
