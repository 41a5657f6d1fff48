"""The team's ads: gallery, one ad's page, their pictures, the bin; and photos on their way in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import editable_or_403, signed_in, visible_or_404, working_team_or_403
from accounts.models import User

from .campaign_views import DELETED
from .choices import wishes_of
from .files import file_response, picture_response, version_of
from .formats import format_offer
from .forms import CampaignForm
from .intake import PhotoRefused
from .models import Ad, Campaign, ProductPhoto
from .pages import gallery_page
from .pictures import PREVIEW_SIDE, small_webp
from .services import bin_ad, restore_ad, store_photo

VARIANTS_SHOWN = 6


@login_required
@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """The team's ads, newest first; `after` continues below an ad that was shown.

    `q` searches, `shown` and `campaign` narrow, `binned` names an ad that was put in the bin just
    now, `deleted` says that a campaign was deleted.
    """
    told = {name: request.GET.get(name, "") for name in ("after", "shown", "binned", "campaign")}
    user, words = signed_in(request), request.GET.get("q", "").replace("\0", "")
    inside = None
    if told["campaign"].isdecimal():
        inside = visible_or_404(request, Campaign.objects.all(), pk=told["campaign"])
    page = gallery_page(
        user, after=told["after"], shown=told["shown"], words=words, campaign=inside
    )
    if request.headers.get("HX-Request") and told["after"]:
        return render(request, "campaigns/_tiles.html", {"page": page})
    context = {
        "page": page,
        "binned": _just_binned(user, told["binned"]),
        "deleted": request.session.get(DELETED) if "deleted" in request.GET else None,
        # With nothing but the bin to look into there is still something to find.
        "can_search": bool(page.ads) or Ad.objects.visible_to(user).exists(),
        **_campaigns(user, inside),
    }
    return render(request, "campaigns/gallery.html", context)


def _campaigns(user: User, inside: Campaign | None) -> dict[str, Any]:
    """Return the campaigns to choose from, and what is said and may be done in the chosen one."""
    own = list(Campaign.objects.visible_to(user).select_related("team").order_by("-pk"))
    if inside is None:
        return {"campaigns": own}
    count = inside.ads.listed().first_of_each().count()
    can_edit = Campaign.objects.editable_by(user).filter(pk=inside.pk).exists()
    others = any(one.team_id == inside.team_id and one != inside for one in own)
    can_delete = can_edit and others and not count
    return {"campaigns": own, "count": count, "can_edit": can_edit, "can_delete": can_delete}


def _just_binned(user: User, number: str) -> Ad | None:
    """Return the ad of that number if it is still in the bin and the user may bring it back."""
    gone = Ad.objects.editable_by(user).filter(deleted_at__isnull=False)
    return gone.filter(pk=number).first() if number.isdecimal() else None


@login_required
@require_GET
def tile(request: HttpRequest, pk: int) -> HttpResponse:
    """One ad of the gallery: an unfinished one asks again until its picture is there."""
    found = visible_or_404(request, Ad.objects.listed().with_last_job().with_sizes(), pk=pk)
    return render(request, "campaigns/_tile.html", {"ad": found})


@login_required
@require_GET
def ad(request: HttpRequest, pk: int) -> HttpResponse:
    """One ad: its picture, every run that was made for it, and the ads made from it."""
    found = visible_or_404(request, Ad.objects.select_related("photo", "campaign", "team"), pk=pk)
    jobs = list(found.jobs.order_by("-created_at").prefetch_related("stages"))
    offer = format_offer(found)
    variants = (
        Ad.objects.visible_to(signed_in(request))
        .listed()
        .filter(variant_group=found.variant_group)
        .exclude(pk__in=[made.pk for made in offer.made])
        .newest_first()
        .with_last_job()
    )
    context = {
        "ad": found,
        "wishes": wishes_of(found),
        "jobs": jobs,
        "last": jobs[0] if jobs else None,
        "done": next((job for job in jobs if job.status == "completed"), None),
        "offer": offer,
        "variants": variants[:VARIANTS_SHOWN],
        "can_edit": Ad.objects.editable_by(signed_in(request)).filter(pk=pk).exists(),
        "form": CampaignForm(team=found.team),
        "moved_from": _just_left(found, request.GET.get("from", "")),
    }
    return render(request, "campaigns/ad.html", context)


def _just_left(found: Ad, number: str) -> Campaign | None:
    """Return the team's campaign of that number if the ad is in another one."""
    others = Campaign.objects.for_team(found.team).exclude(pk=found.campaign_id)
    return others.filter(pk=number).first() if number.isdecimal() else None


@login_required
@require_GET
def ad_thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_or_404(request, Ad.objects.all(), pk=pk)
    return file_response(request, found.thumbnail, kind="image/webp")


@login_required
@require_GET
def ad_image(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_or_404(request, Ad.objects.all(), pk=pk)
    return file_response(request, found.image, kind="image/png")


@login_required
@require_POST
def bin_(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an ad away; the gallery then offers to bring it back."""
    found = editable_or_403(request, Ad.objects.all(), pk=pk)
    bin_ad(ad=found)
    return redirect(f"{reverse('campaigns:gallery')}?binned={found.pk}")


@login_required
@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    found = editable_or_403(request, Ad.objects.all(), pk=pk)
    restore_ad(ad=found)
    return redirect("campaigns:ad", pk=found.pk)


@login_required
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a photo in while the rest of the form is still being filled."""
    team, by = working_team_or_403(request), signed_in(request)
    sent = request.FILES.get("photo")
    if not isinstance(sent, UploadedFile):
        return JsonResponse({"code": "empty", "message": _("사진을 골라 주세요.")}, status=422)
    try:
        stored = store_photo(team=team, by=by, upload=sent)
    except PhotoRefused as refused:
        return JsonResponse({"code": refused.code, "message": refused.message}, status=422)
    return JsonResponse({"id": stored.pk, "url": stored.preview_url})


@login_required
@require_GET
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """The photo as the form shows it: small, whatever its original size."""
    found = visible_or_404(request, ProductPhoto.objects.all(), pk=pk)
    small = small_webp(Path(found.image.path), PREVIEW_SIDE)
    return picture_response(
        request, small, kind="image/webp", version=version_of(str(found.image.name))
    )
