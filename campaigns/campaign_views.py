"""Campaigns: renamed, deleted, brought back; an ad moved from one to another."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import editable_or_403, signed_in
from accounts.querysets import EDITING_ROLES

from .campaign_name import CampaignRefused
from .forms import CampaignForm, CampaignNameForm
from .grouping import (
    Deleted,
    bring_back_campaign,
    campaign_named,
    delete_campaign,
    move_ad,
    rename_campaign,
)
from .models import Ad, Campaign

# Where the session keeps the campaign that was deleted last.
DELETED = "deleted_campaign"


def _to_gallery(campaign: Campaign) -> HttpResponse:
    return redirect(f"{reverse('campaigns:gallery')}?campaign={campaign.pk}")


@login_required
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    found = editable_or_403(request, Campaign.objects.all(), pk=pk)
    form = CampaignNameForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["name"][0]))
        return _to_gallery(found)
    try:
        rename_campaign(campaign=found, name=form.cleaned_data["name"])
        messages.success(request, _("캠페인 이름을 바꿨어요."))
    except CampaignRefused as refused:
        messages.error(request, refused.message)
    return _to_gallery(found)


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an empty campaign; the gallery then offers to bring it back."""
    found = editable_or_403(request, Campaign.objects.all(), pk=pk)
    try:
        gone = delete_campaign(campaign=found)
    except CampaignRefused as refused:
        messages.error(request, refused.message)
        return _to_gallery(found)
    request.session[DELETED] = asdict(gone)
    return redirect(f"{reverse('campaigns:gallery')}?deleted=1")


@login_required
@require_POST
def bring_back(request: HttpRequest) -> HttpResponse:
    """Bring back the campaign that was deleted last."""
    told = request.session.pop(DELETED, None)
    if told is None:
        raise Http404
    gone = Deleted(**told)
    places = signed_in(request).memberships.filter(role__in=EDITING_ROLES)
    if not places.filter(team=gone.team).exists():
        raise PermissionDenied
    return _to_gallery(bring_back_campaign(gone))


@login_required
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an ad into another campaign; its page then offers to put it back."""
    found = editable_or_403(request, Ad.objects.select_related("campaign", "team"), pk=pk)
    page = reverse("campaigns:ad", args=[found.pk])
    form = CampaignForm(request.POST, team=found.team)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(page)
    before, wish = found.campaign, form.campaign_wish()
    after = campaign_named(team=found.team, name=wish) if isinstance(wish, str) else wish
    if after is None or after == before:
        return redirect(page)
    move_ad(ad=found, campaign=after)
    return redirect(f"{page}?from={before.pk}")
