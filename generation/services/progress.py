"""What a running job tells: stages begun, steps forward, stages done. All behind the fence."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generation import live
from generation.models import Job, StageResult
from generation.pipeline.fingerprint import engine_version
from generation.pipeline.types import Progress, Stage, StageOutput
from generation.plan import progress_span, styled_by
from generation.preview_store import store_preview

from . import stage_files
from .claim import Claim, ClaimLost
from .transition import change


def begin_stage(claim: Claim, *, job: Job, stage: Stage) -> None:
    """Say that the stage is being worked on. Raises ClaimLost."""
    _change(
        claim,
        current_step=stage,
        sub_step="",
        sub_step_index=None,
        sub_step_total=None,
        step_started_at=timezone.now(),
        progress_percent=progress_span(job.parameters, stage)[0],
    )


def record_prompts(claim: Claim, *, job: Job, prompts: Mapping[str, Any]) -> None:
    """Keep the prompts of the job; own words choose the set, palette and material by them.

    Raises ClaimLost. `job` is changed likewise.
    """
    parameters = styled_by(job.parameters, prompts) | {"prompts": dict(prompts)}
    _change(claim, parameters=parameters)
    job.parameters = parameters


def record_progress(claim: Claim, *, job: Job, stage: Stage, progress: Progress) -> None:
    """Write one step forward, and keep its preview if it has one. Raises ClaimLost."""
    start, end = progress_span(job.parameters, stage)
    fields: dict[str, Any] = {
        "sub_step": progress.sub_step,
        "sub_step_index": progress.index,
        "sub_step_total": progress.total,
        "progress_percent": start + (end - start) * min(max(progress.fraction, 0.0), 1.0),
    }
    shown = progress.preview is not None and store_preview(claim.job_id, progress.preview)
    if shown:
        fields["preview_seq"] = F("preview_seq") + 1
    with transaction.atomic():
        changed = _change(claim, **fields)
        if shown:
            message = live.preview_message(changed)
            transaction.on_commit(lambda: live.send(claim.job_id, message))


def _change(claim: Claim, **fields: Any) -> Job:
    job = change(claim.job_id, claim.holds, kind="progress", **fields)
    if job is None:
        raise ClaimLost(claim)
    return job


def record_stage(
    claim: Claim,
    *,
    job: Job,
    stage: Stage,
    output: StageOutput,
    work_folder: Path,
    input_hash: str,
    seconds: float,
) -> StageResult:
    """Keep a finished stage: its folder is moved to its place and the row points there.

    Every file of `output` lies in `work_folder`. Raises ClaimLost, before anything is moved.
    """
    # The same work folder gives the same place, so that a repeated commit finds it done.
    folder = uuid.uuid5(job.pk, work_folder.name)
    result = StageResult(
        folder=folder,
        extras=_relative(output.extras, work_folder),
        checks=dict(output.checks),
        seconds=seconds,
        sub_step_seconds=dict(output.seconds),
        engine=job.engine,
        engine_version=engine_version(job.engine),
        input_hash=input_hash,
    )
    image = output.image.relative_to(work_folder)
    with transaction.atomic():
        _store(claim, job, stage, result, image=str(image))
        stage_files.move_in(work_folder, job.team_id, folder)
    return result


def record_reused_stage(
    claim: Claim, *, job: Job, stage: Stage, source: StageResult, input_hash: str
) -> StageResult:
    """Give the job an earlier result as its own, without any work. Raises ClaimLost."""
    result = StageResult(
        folder=uuid.uuid4(),
        extras=source.extras,
        checks=source.checks,
        engine=source.engine,
        engine_version=source.engine_version,
        input_hash=input_hash,
        reused_from=source,
    )
    origin = stage_files.stage_folder(source.team_id, source.folder)
    image = Path(source.image.path).relative_to(origin)
    stage_files.link_in(source, job.team_id, result.folder)
    with transaction.atomic():
        _store(claim, job, stage, result, image=str(image))
    return result


def _store(claim: Claim, job: Job, stage: Stage, result: StageResult, *, image: str) -> None:
    """Write the result's row and event; an older result of the same stage goes, files and all."""
    end = progress_span(job.parameters, stage)[1]
    result.team_id, result.job_id = job.team_id, job.pk
    result.stage, result.attempt = stage, claim.attempt
    result.image.name = f"stages/{job.team_id}/{result.folder.hex}/{image}"
    changed = change(
        claim.job_id,
        claim.holds,
        kind="stage",
        payload=lambda _: live.stage_payload(result),
        current_step=stage,
        progress_percent=end,
    )
    if changed is None:
        raise ClaimLost(claim)
    for old in StageResult.objects.filter(job=job.pk, stage=stage):
        if old.folder != result.folder:
            place = (old.team_id, old.folder)
            transaction.on_commit(partial(stage_files.remove_folder, *place))
        old.delete()
    result.save(force_insert=True)


def _relative(extras: Mapping[str, Path], folder: Path) -> dict[str, str]:
    return {name: str(path.relative_to(folder)) for name, path in extras.items()}
