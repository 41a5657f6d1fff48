"""What happens to campaigns, and which one an ad belongs to: the only writers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User

from .campaign_name import CampaignRefused, clean_name, same_name
from .models import Ad, Campaign


@dataclass(frozen=True)
class Deleted:
    """What brings a deleted campaign back: its name, and the binned ads that were in it."""

    team: int
    name: str
    ads: list[int]


def first_campaign(team: Team) -> Campaign:
    """Return the team's oldest campaign, making one for a new team."""
    existing = Campaign.objects.for_team(team).order_by("pk").first()
    return existing or Campaign.objects.get_or_create(team=team, name=_("내 광고"))[0]


def campaign_for(team: Team, wish: Campaign | str | None) -> Campaign:
    """Return where a new ad goes: the campaign that was picked or named, else the oldest.

    Raises CampaignRefused for a name.
    """
    if isinstance(wish, str):
        return campaign_named(team=team, name=wish)
    return wish or first_campaign(team)


def last_campaign(team: Team, by: User) -> Campaign | None:
    """Return the campaign of the ad that the person made last in this team, or None."""
    theirs = Ad.objects.for_team(team).filter(created_by=by)
    last = theirs.newest_first().select_related("campaign").first()
    return last.campaign if last else None


@transaction.atomic
def campaign_named(*, team: Team, name: str) -> Campaign:
    """Return the team's campaign of that name, whatever the case, making it if there is none.

    Raises CampaignRefused for the name.
    """
    name = clean_name(name)
    return _namesake(team.pk, name) or Campaign.objects.create(team=team, name=name)


@transaction.atomic
def rename_campaign(*, campaign: Campaign, name: str) -> None:
    """Give the campaign another name; raises CampaignRefused for a bad or a taken one."""
    name = clean_name(name)
    other = _namesake(campaign.team_id, name, besides=campaign)
    if other is not None:
        raise CampaignRefused("taken", name=other.name)
    campaign.name = name
    campaign.save(update_fields=["name"])


@transaction.atomic
def delete_campaign(*, campaign: Campaign) -> Deleted:
    """Delete a campaign that lists no ad; what is in the bin goes to the team's oldest other one.

    Raises CampaignRefused while it lists ads, and for the only one a team has.
    """
    team = Team.objects.select_for_update().get(pk=campaign.team_id)
    other = Campaign.objects.for_team(team).exclude(pk=campaign.pk).order_by("pk").first()
    if other is None:
        raise CampaignRefused("only_one")
    if campaign.ads.listed().exists():
        raise CampaignRefused("not_empty")
    binned = list(campaign.ads.order_by("pk").values_list("pk", flat=True))
    Ad.objects.filter(pk__in=binned).update(campaign=other)
    campaign.delete()
    return Deleted(team=team.pk, name=campaign.name, ads=binned)


@transaction.atomic
def bring_back_campaign(deleted: Deleted) -> Campaign:
    """Undo a deletion; one that was named the same meanwhile takes its place."""
    team = Team.objects.get(pk=deleted.team)
    campaign = campaign_named(team=team, name=deleted.name)
    binned = Ad.objects.for_team(team).filter(pk__in=deleted.ads, deleted_at__isnull=False)
    binned.update(campaign=campaign)
    return campaign


def move_ad(*, ad: Ad, campaign: Campaign) -> None:
    """Put the ad, in all its formats, into another campaign of its team."""
    Ad.objects.alike(ad).update(campaign=campaign)
    ad.campaign = campaign


def _namesake(team_id: int, name: str, besides: Campaign | None = None) -> Campaign | None:
    """Return the campaign that is called so. The team is locked: two at once get two names.

    Compared here: not every database knows the case of all letters.
    """
    Team.objects.select_for_update().get(pk=team_id)
    known = Campaign.objects.filter(team=team_id)
    return next((c for c in known if c != besides and same_name(c.name, name)), None)
