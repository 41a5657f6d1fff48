"""`manage.py worker`: one worker with its engine process."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from generation.work.worker import EngineWorker


class Command(BaseCommand):
    help = "Makes ads: takes jobs off the queue and runs them in a warm engine process."
    # The web process checks the site; a worker that restarts should be at work at once.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--engine", default=settings.DEFAULT_ENGINE, choices=settings.ENGINES)
        parser.add_argument(
            "--burst", action="store_true", help="end as soon as there is nothing left to do"
        )
        parser.add_argument(
            "--pace",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="rest this long after every step, to leave the processor to others",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        EngineWorker(options["engine"], pace=options["pace"]).run(burst=options["burst"])
