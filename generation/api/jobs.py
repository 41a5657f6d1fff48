"""Jobs as programs see them: how they stand, their pictures, their history."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from ninja import Field, Router, Status

from campaigns.files import file_response
from campaigns.services import bin_ad
from generation import live, phrases
from generation.fairness import queue_position
from generation.metrics import SystemMetrics, timing, worker_metrics
from generation.models import Job, StageResult
from generation.pipeline.types import STAGES, Stage
from generation.preview_store import latest_preview
from generation.services import stop_job

from .access import Scope, caller_of
from .answers import Answers
from .job_shapes import ErrorOut, History, JobRow, StatusOut, Stopped
from .makers import engine_of_job
from .pictures import as_base64
from .problems import Problem, Refused

router = Router(tags=["jobs"])
REFUSALS: Final = dict.fromkeys((401, 403, 404, 422, 429, 503), Problem)
JSON: Final = "application/json; charset=utf-8"
# What moves whenever a job does. Between two moves an answer is made again only after a while,
# because of its clocks (elapsed, ETA, the worker's figures) and because callers lose their teams.
CHANGING: Final = (
    "status",
    "event_seq",
    "preview_seq",
    "progress_percent",
    "sub_step_index",
    "ad__deleted_at",
)
STATUSES: Final = Answers(seconds=2.0)
# What a job's parameters keep for the site itself.
INTERNAL: Final = frozenset(
    {"photo_sha256", "order_digest", "stage_images", "draft", "together", "fallback"}
)
PAGE: Final = 20
LONGEST_PAGE: Final = 100


@router.get("/status/{uuid:job_id}", response={200: StatusOut, **REFUSALS}, operation_id="status")
def status(
    request: HttpRequest,
    job_id: UUID,
    images: Literal["url", "base64"] = "url",
) -> HttpResponse:
    """How a job stands."""
    caller = caller_of(request)
    said_to = (caller.key, job_id, images, get_language(), request.build_absolute_uri("/"))
    state = _state(job_id)
    body = STATUSES.kept(said_to, state)
    if body is None:
        told = status_of(request, caller.job(job_id), as_text=images == "base64")
        body = STATUSES.keep(said_to, state, told.model_dump_json().encode())
    return HttpResponse(body, content_type=JSON)


def _state(job_id: UUID) -> tuple[object, ...] | None:
    """Return what CHANGING names, as the database writes it; None for a job that is not there.

    The query is put together once: that takes twice the time of asking it.
    """
    with connection.cursor() as cursor:
        stored = Job._meta.pk.get_db_prep_value(job_id, connection)  # noqa: SLF001 - public by docs
        cursor.execute(_state_query(connection.vendor), [stored])
        row: tuple[object, ...] | None = cursor.fetchone()
        return row


@cache
def _state_query(_vendor: str) -> str:
    query, _ = Job.objects.filter(pk=UUID(int=0)).values_list(*CHANGING).query.sql_with_params()
    return query


def status_of(request: HttpRequest, job: Job, *, as_text: bool = False) -> StatusOut:
    times = timing(job)
    told = _pictures(request, job, as_text=as_text) | engine_of_job(job)
    error = live.error_info(job)
    running = job.status == Job.Status.RUNNING
    return StatusOut(
        job_id=str(job.pk),
        status=job.status,
        progress_percent=round(job.progress_percent, 1),
        current_step=job.current_step,
        sub_step=job.sub_step,
        message=error["message"] if error else phrases.job_message(job),
        elapsed_sec=times.elapsed,
        eta_seconds=times.eta,
        step_eta_seconds=times.step_eta,
        queue_position=queue_position(job),
        created_at=job.created_at,
        parameters={k: v for k, v in job.parameters.items() if k not in INTERNAL},
        system_metrics=dict(metrics_of(job.engine)),
        preview=_address(request, job, "preview") if running and job.preview_seq else None,
        error=ErrorOut(**error) if error else None,
        checks=job.checks,
        event_seq=job.event_seq,
        **told,
    )


def metrics_of(engine: str) -> SystemMetrics:
    """Return the worker's machine in figures."""
    return worker_metrics(engine)


def _pictures(request: HttpRequest, job: Job, *, as_text: bool) -> dict[str, Any]:
    """Return the three results; the last stage's picture is the final one too."""
    found = {result.stage: result for result in job.stages.all()}

    def shown(result: StageResult | None, name: str) -> str | None:
        if result is None:
            return None
        return as_base64(Path(result.image.path)) if as_text else _address(request, job, name)

    last = found[max(found)] if found and job.status == Job.Status.COMPLETED else None
    return {
        "step1_result": shown(found.get(Stage.BACKGROUND), "1"),
        "step2_result": shown(found.get(Stage.TEXT), "2"),
        "final_result": shown(last, "final"),
    }


def _address(request: HttpRequest, job: Job, name: str) -> str:
    return request.build_absolute_uri(f"/api/jobs/{job.pk}/images/{name}")


@router.post(
    "/stop/{uuid:job_id}", response={200: Stopped, 409: Problem, **REFUSALS}, operation_id="stop"
)
def stop(request: HttpRequest, job_id: UUID) -> Stopped:
    """Stop a job that waits or runs. Stopping twice is stopping once; a finished job is a 409."""
    caller = caller_of(request)
    job = caller.job(job_id, scope=Scope.GENERATE)
    job = stop_job(job=job, by=caller.user)
    if job.status in (Job.Status.COMPLETED, Job.Status.FAILED):
        raise Refused(409, "already_finished", job_id=str(job.pk))
    return Stopped(job_id=str(job.pk), status=Job.Status.STOPPED)


@router.get("/jobs", response={200: History, **REFUSALS}, operation_id="jobs")
def jobs(
    request: HttpRequest,
    before: UUID | None = None,
    status: Literal["pending", "running", "completed", "failed", "stopped"] | None = None,
    limit: Annotated[int, Field(ge=1, le=LONGEST_PAGE)] = PAGE,
) -> History:
    """The jobs of your team, newest first."""
    rows = caller_of(request).jobs().select_related("ad").order_by("-created_at", "-pk")
    if status:
        rows = rows.filter(status=status)
    if before:
        last = get_object_or_404(caller_of(request).jobs(), pk=before)
        older = Q(created_at__lt=last.created_at)
        rows = rows.filter(older | Q(created_at=last.created_at, pk__lt=last.pk))
    page = list(rows[: limit + 1])
    return History(
        jobs=[_row(request, job) for job in page[:limit]],
        next=page[limit - 1].pk if len(page) > limit else None,
    )


def _row(request: HttpRequest, job: Job) -> JobRow:
    done = job.status == Job.Status.COMPLETED
    return JobRow(
        job_id=str(job.pk),
        status=job.status,
        ad_text=job.ad.ad_text,
        format=job.ad.format,
        background_style=job.ad.background_style,
        text_style=job.ad.text_style,
        created_at=job.created_at,
        progress_percent=round(job.progress_percent, 1),
        final_result=_address(request, job, "final") if done else None,
    )


@router.delete(
    "/jobs/{uuid:job_id}",
    response={204: None, 409: Problem, **REFUSALS},
    operation_id="delete_job",
)
def delete_job(request: HttpRequest, job_id: UUID) -> Status[None]:
    """Put a finished job's ad in the bin, from where the gallery can take it back for a while."""
    caller = caller_of(request)
    job = caller.job(job_id, scope=Scope.ADMIN)
    if not job.is_finished:
        raise Refused(409, "job_running", job_id=str(job.pk))
    bin_ad(ad=job.ad)
    return Status(204, None)


@router.get(
    "/jobs/{uuid:job_id}/images/{name}",
    operation_id="job_image",
    response={200: Any, 409: Problem, 406: Problem, **REFUSALS},
    openapi_extra={
        "responses": {
            200: {
                "description": "The picture",
                "content": {
                    "image/png": {"schema": {"type": "string", "format": "binary"}},
                    "image/webp": {"schema": {"type": "string", "format": "binary"}},
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {"image": {"type": "string"}},
                        }
                    },
                },
            }
        }
    },
)
def job_image(
    request: HttpRequest, job_id: UUID, name: Literal["1", "2", "final", "preview"]
) -> HttpResponse | dict[str, str]:
    """A picture of a job: a stage's (1, 2), the finished one (`final`), the newest `preview`.

    PNG; with `Accept: application/json` its base64.
    """
    job = caller_of(request).job(job_id)
    if name == "preview":
        return _preview(job)
    result = _last(job) if name == "final" else _stage(job, int(name))
    wanted = request.get_preferred_type(["image/png", "application/json"])
    if wanted is None:
        raise Refused(406, "not_acceptable")
    if wanted == "application/json":
        return {"image": as_base64(Path(result.image.path))}
    return file_response(request, result.image, kind="image/png", version=result.version)


def _stage(job: Job, number: int) -> StageResult:
    return get_object_or_404(StageResult, job=job, stage=STAGES[number - 1])


def _last(job: Job) -> StageResult:
    if job.status != Job.Status.COMPLETED:
        raise Refused(409, "not_finished", job_id=str(job.pk))
    last = job.stages.order_by("stage").last()
    if last is None:
        raise Refused(404, "not_found")
    return last


def _preview(job: Job) -> HttpResponse:
    preview = latest_preview(job.pk)
    if preview is None:
        raise Refused(404, "not_found")
    return HttpResponse(preview, content_type="image/webp", headers={"Cache-Control": "no-store"})
