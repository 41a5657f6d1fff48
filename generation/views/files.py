"""The pictures of a job, for its team alone."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from accounts.access import visible_or_404
from campaigns.files import file_response, picture_response
from generation.models import Job, StageResult
from generation.pipeline.types import STAGES
from generation.presentation import download_name
from generation.preview_store import latest_preview


@login_required
@require_GET
def job_preview(request: HttpRequest, pk: str) -> HttpResponse:
    """The newest preview of a running job."""
    found = visible_or_404(request, Job.objects.all(), pk=pk)
    preview = latest_preview(found.pk)
    if preview is None:
        raise Http404
    return picture_response(request, preview, kind="image/webp", version=str(found.preview_seq))


@login_required
@require_GET
def job_stage(request: HttpRequest, pk: str, number: int) -> HttpResponse:
    """A stage's own picture."""
    found = visible_or_404(request, Job.objects.all(), pk=pk)
    if not 1 <= number <= len(STAGES):
        raise Http404
    result = get_object_or_404(StageResult, job=found, stage=STAGES[number - 1])
    return file_response(request, result.image, kind="image/png", version=result.version)


@login_required
@require_GET
def job_result(request: HttpRequest, pk: str) -> HttpResponse:
    """The finished picture."""
    return file_response(request, _last_stage(request, pk).image, kind="image/png")


@login_required
@require_GET
def job_download(request: HttpRequest, pk: str) -> HttpResponse:
    """The finished picture as a file with a name to find again."""
    last = _last_stage(request, pk)
    name = download_name(last.job)
    return file_response(request, last.image, kind="image/png", download_as=name)


def _last_stage(request: HttpRequest, pk: str) -> StageResult:
    found = visible_or_404(request, Job.objects.all(), pk=pk, status=Job.Status.COMPLETED)
    last = found.stages.select_related("job__ad").order_by("stage").last()
    if last is None:
        raise Http404
    return last
