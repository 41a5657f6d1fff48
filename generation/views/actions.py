"""What a person does to a job: stop it, go on with it, make another from it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from accounts.access import editable_or_403, signed_in
from generation.errors import GenerationRefused, sentence
from generation.forms import NewWordsForm, OwnWordsForm
from generation.making import (
    make_again,
    make_other_formats,
    make_with_new_words,
    make_with_own_words,
)
from generation.models import Job
from generation.pipeline import catalog
from generation.pipeline.errors import UnknownChoice
from generation.presentation import job_view
from generation.services import resume_job, stop_job


def _to_job(request: HttpRequest, found: Job, act: Callable[[], Job]) -> HttpResponse:
    """Do it and show the job that came of it; an expected refusal is said on the old job's page."""
    try:
        return redirect("generation:job", pk=act().pk)
    except GenerationRefused as refused:
        messages.error(request, str(refused))
        return redirect("generation:job", pk=found.pk)


@login_required
@require_POST
def job_stop(request: HttpRequest, pk: str) -> HttpResponse:
    found = editable_or_403(request, Job.objects.all(), pk=pk)
    return _to_job(request, found, lambda: stop_job(job=found, by=signed_in(request)))


@login_required
@require_POST
def job_resume(request: HttpRequest, pk: str) -> HttpResponse:
    found = editable_or_403(request, Job.objects.all(), pk=pk)
    return _to_job(request, found, lambda: resume_job(job=found, by=signed_in(request)))


@login_required
@require_POST
def job_again(request: HttpRequest, pk: str) -> HttpResponse:
    found = editable_or_403(request, Job.objects.select_related("ad"), pk=pk)
    return _to_job(request, found, lambda: make_again(ad=found.ad, by=signed_in(request)))


@login_required
@require_POST
def job_formats(request: HttpRequest, pk: str) -> HttpResponse:
    """모든 크기로 만들기: the same ad in the formats that were chosen, or in all there are."""
    found = editable_or_403(request, Job.objects.select_related("ad"), pk=pk)
    back = redirect(f"{reverse('generation:job', args=[found.pk])}#sizes")
    chosen = request.POST.getlist("formats")
    if "all" in request.POST:
        chosen = [frame.key for frame in catalog.FORMATS]
    try:
        jobs = make_other_formats(ad=found.ad, by=signed_in(request), formats=chosen)
    except GenerationRefused as refused:
        messages.error(request, str(refused))
        return back
    except UnknownChoice as unknown:
        messages.error(request, sentence(unknown.code, unknown.params))
        return back
    if jobs:
        text = gettext("%(count)s개 크기를 만들고 있어요. 화면을 닫아도 계속 만들어요.")
        messages.success(request, text % {"count": len(jobs)})
    else:
        messages.error(request, gettext("새로 만들 크기를 골라 주세요."))
    return back


@login_required
@require_POST
def job_copy(request: HttpRequest, pk: str) -> HttpResponse:
    """글자만 바꾸기: the same scene with new words."""
    found = editable_or_403(request, Job.objects.select_related("ad__photo"), pk=pk)
    by = signed_in(request)
    form = NewWordsForm(request.POST)
    if form.is_valid():
        words = form.cleaned_data["ad_text"]
        act = lambda: make_with_new_words(ad=found.ad, by=by, ad_text=words)  # noqa: E731
        return _to_job(request, found, act)
    context = {"page": job_view(found, by), "new_words": form}
    return render(request, "generation/job.html", context, status=422)


@login_required
@require_POST
def job_words(request: HttpRequest, pk: str) -> HttpResponse:
    """이대로 다시 만들기: the same ad with other descriptions of its own."""
    found = editable_or_403(request, Job.objects.select_related("ad__photo"), pk=pk)
    by = signed_in(request)
    form = OwnWordsForm(request.POST)
    if form.is_valid():
        words = form.cleaned_data
        return _to_job(request, found, lambda: make_with_own_words(ad=found.ad, by=by, **words))
    context = {"page": job_view(found, by), "new_words": NewWordsForm(), "own_words": form}
    return render(request, "generation/job.html", context, status=422)
