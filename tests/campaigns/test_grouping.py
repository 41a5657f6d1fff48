"""Campaigns: one name each, deleted when empty, brought back, and ads moved between them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.db.models import RestrictedError

from campaigns.campaign_name import CampaignRefused
from campaigns.grouping import (
    bring_back_campaign,
    campaign_named,
    delete_campaign,
    first_campaign,
    last_campaign,
    move_ad,
    rename_campaign,
)
from campaigns.models import Ad, Campaign
from campaigns.services import bin_ad, copy_ad, create_ad

WISHES = {"ad_text": "대박", "background_style": "market", "text_style": "metal"}


@pytest.fixture
def chuseok(team) -> Campaign:
    return campaign_named(team=team, name="추석")


@pytest.fixture
def ad(team, owner, photo, chuseok) -> Ad:
    return create_ad(team=team, by=owner, photo=photo, campaign=chuseok, **WISHES)


def test_a_name_is_tidied_and_found_again_whatever_its_case(team, outsider):
    sale = campaign_named(team=team, name="  Summer \t SALE ")
    assert sale.name == "Summer SALE"
    assert campaign_named(team=team, name="summer sale") == sale
    assert campaign_named(team=team, name="ÉTÉ") == campaign_named(team=team, name="été")
    assert campaign_named(team=outsider.teams.get(), name="summer sale") != sale


@pytest.mark.parametrize(
    ("name", "code"), [("  ", "nameless"), ("\u200b\u3164", "nameless"), ("가" * 81, "too_long")]
)
def test_a_bad_name_makes_no_campaign(team, name, code):
    with pytest.raises(CampaignRefused) as refused:
        campaign_named(team=team, name=name)
    assert refused.value.code == code
    assert not Campaign.objects.exists()


def test_a_name_is_taken_within_a_team_only(team, chuseok, outsider):
    other = campaign_named(team=team, name="Sale")
    campaign_named(team=outsider.teams.get(), name="설날")
    with pytest.raises(CampaignRefused) as refused:
        rename_campaign(campaign=chuseok, name="SALE")
    assert refused.value.message == "‘Sale’ 캠페인이 이미 있어요. 다른 이름을 적어 주세요."
    rename_campaign(campaign=chuseok, name="설날")
    rename_campaign(campaign=other, name="SALE")
    assert set(Campaign.objects.for_team(team).values_list("name", flat=True)) == {"설날", "SALE"}


def test_the_database_keeps_names_apart_too(team, chuseok):
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.create(team=team, name="추석")


def test_an_ad_may_name_a_campaign_that_is_not_there_yet(team, owner, chuseok):
    made = create_ad(team=team, by=owner, photo=None, campaign=" 설날 ", **WISHES)
    again = create_ad(team=team, by=owner, photo=None, campaign="추석", **WISHES)
    assert made.campaign.name == "설날"
    assert again.campaign == chuseok


def test_a_campaign_with_an_ad_is_not_deleted(team, ad, chuseok):
    campaign_named(team=team, name="설날")
    with pytest.raises(CampaignRefused) as refused:
        delete_campaign(campaign=chuseok)
    assert refused.value.code == "not_empty"
    with pytest.raises(RestrictedError):
        chuseok.delete()


def test_the_only_campaign_stays(chuseok):
    with pytest.raises(CampaignRefused) as refused:
        delete_campaign(campaign=chuseok)
    assert refused.value.code == "only_one"


def test_a_deleted_campaign_comes_back_with_what_was_in_the_bin(team, ad, chuseok):
    other = campaign_named(team=team, name="설날")
    bin_ad(ad=ad)
    gone = delete_campaign(campaign=chuseok)
    ad.refresh_from_db()
    assert ad.campaign == other
    back = bring_back_campaign(gone)
    ad.refresh_from_db()
    assert (back.name, ad.campaign) == ("추석", back)


def test_an_ad_moves_in_all_its_formats_and_alone_of_its_variants(team, owner, ad):
    wide = copy_ad(ad=ad, by=owner, format="16:9")
    other_words = copy_ad(ad=ad, by=owner, ad_text="다른 문구")
    target = campaign_named(team=team, name="설날")
    move_ad(ad=wide, campaign=target)
    assert set(target.ads.all()) == {ad, wide}
    assert set(other_words.campaign.ads.all()) == {other_words}


def test_the_last_campaign_is_the_persons_own(team, owner, team_mate, ad, chuseok):
    create_ad(team=team, by=team_mate, photo=None, campaign="설날", **WISHES)
    assert last_campaign(team, owner) == chuseok
    assert last_campaign(team, team_mate).name == "설날"
    assert first_campaign(team) == chuseok
