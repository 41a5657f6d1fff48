"""Where the files of finished stages lie: one folder per result, moved in whole, never changed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from hashlib import file_digest
from pathlib import Path
from uuid import UUID

from django.conf import settings

from generation.deadlines import STALE_WORK_FOLDER
from generation.models import Job, StageResult
from generation.pipeline.types import Stage, StageOutput


def media_root() -> Path:
    return Path(settings.MEDIA_ROOT)


def work_root() -> Path:
    """Return where stages are made; on the same disk as their final place, so moves are atomic."""
    return media_root() / "tmp"


def stage_folder(team_id: int, folder: UUID) -> Path:
    """Return the folder of a stored stage (`StageResult.folder`)."""
    return media_root() / "stages" / str(team_id) / folder.hex


def new_work_folder(job_id: UUID, stage: Stage) -> Path:
    """Make a fresh, empty folder for one run of one stage."""
    work_root().mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{job_id}-{stage.number}-", dir=work_root()))


def sweep_work_folders(now: float | None = None) -> int:
    """Remove the folders that killed workers left behind; return how many."""
    oldest = (now or time.time()) - STALE_WORK_FOLDER
    swept = 0
    for folder in work_root().glob("*"):
        try:
            stale = folder.stat().st_mtime < oldest
        except FileNotFoundError:
            continue  # another worker swept it first
        if stale:
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


def move_in(work_folder: Path, team_id: int, folder: UUID) -> Path:
    """Move a finished work folder to its place, in one step; done before, it stays done."""
    place = stage_folder(team_id, folder)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        work_folder.replace(place)
    return place


def link_in(source: StageResult, team_id: int, folder: UUID) -> None:
    """Give a result a folder with the source's files: hard links, so either may be deleted."""
    place = stage_folder(team_id, folder)
    origin = stage_folder(source.team_id, source.folder)
    for path in stored_files(source):
        copy = place / path.relative_to(origin)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, copy)
        except OSError:  # a file system without hard links
            shutil.copy2(path, copy)


def remove_folder(team_id: int, folder: UUID) -> None:
    shutil.rmtree(stage_folder(team_id, folder), ignore_errors=True)


def stored_files(result: StageResult) -> list[Path]:
    """Return the result's files, absolute, each once: an extra may be the image itself."""
    folder = stage_folder(result.team_id, result.folder)
    extras = (folder / name for name in result.extras.values())
    return list(dict.fromkeys((Path(result.image.path), *extras)))


def is_whole(result: StageResult) -> bool:
    """Return whether every file of the result is still there."""
    return all(path.is_file() for path in stored_files(result))


def as_output(result: StageResult) -> StageOutput:
    """Return a stored result as the pipeline gives and takes it."""
    folder = stage_folder(result.team_id, result.folder)
    return StageOutput(
        image=Path(result.image.path),
        extras={name: folder / file for name, file in result.extras.items()},
        checks=result.checks,
        seconds=result.sub_step_seconds,
    )


def reusable(job: Job, stage: Stage, input_hash: str) -> StageResult | None:
    """Return a whole result of the same team with the same content address, newest first."""
    same = StageResult.objects.for_team(job.team).filter(stage=stage, input_hash=input_hash)
    return _first_whole(same.order_by("-created_at"))


def earlier_of_ad(job: Job, stage: Stage) -> StageResult | None:
    """Return the newest whole result of this stage among the ad's other jobs."""
    others = StageResult.objects.filter(job__ad=job.ad_id, stage=stage).exclude(job=job.pk)
    return _first_whole(others.order_by("-created_at"))


def _first_whole(results: Iterable[StageResult]) -> StageResult | None:
    return next((result for result in results if is_whole(result)), None)


def digest(path: Path) -> str:
    """Return the sha256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
