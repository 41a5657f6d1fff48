"""The landing page, the form, the live page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import signed_in, start_page, visible_or_404, working_team_or_403
from campaigns.choices import background_tiles, showcase, text_tiles
from campaigns.models import Ad, ProductPhoto
from generation.errors import GenerationRefused
from generation.forms import AdForm, NewWordsForm
from generation.live import snapshot
from generation.making import make_ad
from generation.models import Job
from generation.presentation import job_view

# What a new form takes over from an ad that is to be made in another style.
PREFILLED = (
    *("ad_text", "background_style", "text_style"),
    *("text_position", "composition_mode", "format", "palette", "subtext"),
    *("background_words", "text_words"),
)


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What the service does, for visitors; people who are signed in go to work."""
    if request.user.is_authenticated:
        return redirect(start_page(signed_in(request)))
    shown = {
        "showcase": showcase(),
        "backgrounds": background_tiles(),
        "texts": text_tiles(),
    }
    return render(request, "generation/home.html", shown)


@login_required
@require_http_methods(["GET", "POST"])
def new_ad(request: HttpRequest) -> HttpResponse:
    """The form; a good one becomes an ad with a job and leads to its live page."""
    team, by = working_team_or_403(request), signed_in(request)
    if request.method == "GET":
        return render(request, "generation/new_ad.html", {"form": _fresh_form(request)})
    form = AdForm(request.POST, request.FILES, team=team, by=by)
    if form.is_valid():
        try:
            key = form.idempotency_key()
            told = {"engine": form.engine_wish(), "campaign": form.campaign_wish(), **form.wishes()}
            job = make_ad(team=team, by=by, idempotency_key=key, **told)
            return redirect("generation:job", pk=job.pk)
        except GenerationRefused as refused:
            form.add_error(None, str(refused))
    return render(request, "generation/new_ad.html", {"form": form}, status=422)


def _fresh_form(request: HttpRequest) -> AdForm:
    """An empty form, or one filled from the ad that `from` names."""
    team, by = working_team_or_403(request), signed_in(request)
    source = request.GET.get("from", "")
    if not source.isdecimal():
        empty = AdForm(team=team, by=by, initial={"campaign": request.GET.get("campaign", "")})
        empty.shown_photo = _own_photo(request)
        return empty
    ad = visible_or_404(request, Ad.objects.select_related("photo"), pk=source)
    told = {name: getattr(ad, name) for name in PREFILLED} | {"campaign": ad.campaign_id}
    form = AdForm(team=team, by=by, initial=told)
    form.shown_photo = ad.photo if ad.team_id == team.pk else None
    return form


def _own_photo(request: HttpRequest) -> ProductPhoto | None:
    """Return the photo that `photo` names, if it is the working team's."""
    number = request.GET.get("photo", "")
    rows = ProductPhoto.objects.for_team(working_team_or_403(request))
    return rows.filter(pk=number).first() if number.isdecimal() else None


@login_required
@require_GET
@never_cache
def job(request: HttpRequest, pk: str) -> HttpResponse:
    """The live page, which is the result's page too; a script asks for the panel alone."""
    found = visible_or_404(request, Job.objects.select_related("ad__photo"), pk=pk)
    context = {"page": job_view(found, signed_in(request)), "new_words": NewWordsForm()}
    part = request.headers.get("HX-Request")
    return render(request, "generation/_panel.html" if part else "generation/job.html", context)


@login_required
@require_GET
@never_cache
def job_state(request: HttpRequest, pk: str) -> HttpResponse:
    """The same truth as the socket's snapshot, for pages whose socket does not get through."""
    found = visible_or_404(request, Job.objects.select_related("ad"), pk=pk)
    return JsonResponse(snapshot(found))
