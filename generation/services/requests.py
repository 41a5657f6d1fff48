"""What people ask for: make this ad, stop, go on."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings as site
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team, User
from campaigns.models import Ad
from generation.errors import QuotaExceeded
from generation.models import Job, StageResult
from generation.pipeline.types import Stage
from generation.plan import UPLOADED, job_parameters
from generation.queueing import wake_on_commit

from .outcomes import stop_rows
from .stage_files import digest, stage_folder
from .transition import announce_queue_on_commit, change

RESUMABLE = (Job.Status.FAILED, Job.Status.STOPPED)


def submit_job(
    *,
    ad: Ad,
    by: User | None,
    start_step: int = 1,
    idempotency_key: str | None = None,
    test_mode: bool = False,
    engine: str | None = None,
    stage_images: Mapping[Stage, Path] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Job:
    """Put the making of an ad in the line and wake a worker once that is committed.

    The same `idempotency_key` within a team always gives the same job. Stages before `start_step`
    come from `stage_images` (PNG files, copied) or from the team's earlier results. `settings` join
    the job's parameters. Raises QuotaExceeded when the team has as many jobs as it may.
    """
    parameters = job_parameters(ad, test_mode=test_mode) | dict(settings or {})
    if stage_images:
        parameters["stage_images"] = {s: digest(path) for s, path in stage_images.items()}
    job = Job(
        team_id=ad.team_id,
        ad=ad,
        created_by=by,
        engine=engine or site.DEFAULT_ENGINE,
        start_step=start_step,
        parameters=parameters,
        idempotency_key=idempotency_key or None,
    )
    with transaction.atomic():
        # One submission of a team at a time: neither its key nor its quota can be raced past.
        Team.objects.select_for_update().get(pk=ad.team_id)
        if known := _known_job(ad.team_id, idempotency_key):
            return known
        _refuse_over_quota(ad.team_id)
        job.save(force_insert=True)
        _keep_uploads(job, stage_images or {})
        wake_on_commit(job.engine)
        announce_queue_on_commit(job.engine)
    return job


def _known_job(team_id: int, key: str | None) -> Job | None:
    return Job.objects.filter(team=team_id, idempotency_key=key).first() if key else None


def _refuse_over_quota(team_id: int) -> None:
    limit = site.MAX_UNFINISHED_JOBS_PER_TEAM
    if Job.objects.unfinished().filter(team=team_id).count() >= limit:
        raise QuotaExceeded(limit=limit)


def _keep_uploads(job: Job, images: Mapping[Stage, Path]) -> None:
    """Store uploaded stage images as the job's own results, as if those stages had run."""
    for stage, path in images.items():
        folder = uuid.uuid4()
        place = stage_folder(job.team_id, folder)
        place.mkdir(parents=True)
        shutil.copyfile(path, place / "image.png")
        StageResult.objects.create(
            team_id=job.team_id,
            job=job,
            stage=stage,
            attempt=0,
            folder=folder,
            image=f"stages/{job.team_id}/{folder.hex}/image.png",
            engine=UPLOADED,
            engine_version=UPLOADED,
            input_hash=job.parameters["stage_images"][stage],
        )


def stop_job(*, job: Job, by: User | None = None) -> Job:  # noqa: ARG001 - the audit log's, later
    """Stop the job: at once while it waits, within a moment while it runs.

    Stopping twice, or a finished job, changes nothing. Returns the job as it is now.
    """
    # Twice: it may be claimed, or given back, between the one update and the other.
    for _ in range(2):
        if stop_rows(job.pk, Q(status=Job.Status.PENDING)):
            announce_queue_on_commit(job.engine)
            break
        asked = change(
            job.pk,
            Q(status=Job.Status.RUNNING, stop_requested_at__isnull=True),
            kind="progress",
            stop_requested_at=timezone.now(),
        )
        if asked:
            break
    job.refresh_from_db()
    return job


def resume_job(*, job: Job, by: User | None = None) -> Job:  # noqa: ARG001 - the audit log's, later
    """Put a failed or stopped job back in the line; it goes on with its first missing stage.

    Anything else is left as it is: resuming twice is one resume. Raises QuotaExceeded.
    """
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=job.team_id)
        job.refresh_from_db()
        if job.status in RESUMABLE:
            _refuse_over_quota(job.team_id)
        resumed = change(
            job.pk,
            Q(status__in=RESUMABLE),
            kind="progress",
            status=Job.Status.PENDING,
            losses=0,
            stop_requested_at=None,
            queued_at=timezone.now(),
            started_at=None,
            step_started_at=None,
            finished_at=None,
            error_code="",
            error_params={},
            error_detail="",
        )
        if resumed:
            wake_on_commit(job.engine)
            announce_queue_on_commit(job.engine)
    job.refresh_from_db()
    return job
