"""`manage.py prune`: removes what no row points to, and the history nobody reads any more."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from campaigns.services import prune_photos
from generation.models import Job, JobEvent, StageResult
from generation.services.stage_files import media_root, sweep_work_folders

# A folder is moved in before its row is committed; a day is far beyond any transaction.
ORPHAN_AGE = 24 * 3600


class Command(BaseCommand):
    help = "Removes stage folders without a row, unused photos, work folders and old job events."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--events-after-days",
            type=int,
            default=30,
            help="forget the events of jobs that finished longer ago than this",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folders = prune_stage_folders()
        swept = sweep_work_folders()
        events = prune_events(options["events_after_days"])
        photos = prune_photos()
        self.stdout.write(
            f"removed: {folders} stage folders, {photos} photos, {swept} work folders, "
            f"{events} events"
        )


def prune_stage_folders(now: float | None = None) -> int:
    """Remove stage folders older than a day that no StageResult points to; return how many."""
    oldest = (now or time.time()) - ORPHAN_AGE
    removed = 0
    for folder in (media_root() / "stages").glob("*/*"):
        if folder.stat().st_mtime < oldest and not _is_known(folder):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _is_known(folder: Path) -> bool:
    try:
        return StageResult.objects.filter(folder=UUID(folder.name)).exists()
    except ValueError:
        return False


def prune_events(days: int) -> int:
    """Remove the events of jobs that ended more than `days` ago; return how many."""
    ended = timezone.now() - timedelta(days=days)
    old = JobEvent.objects.filter(job__status__in=Job.Status.terminal(), job__finished_at__lt=ended)
    return old.delete()[0]
