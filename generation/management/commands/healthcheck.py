"""`manage.py healthcheck ENGINE`: whether this machine's worker lives and can work."""

from __future__ import annotations

import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from generation.models import WorkerProcess


class Command(BaseCommand):
    help = "Ends with 0 while this machine's worker has a fresh heartbeat and nothing troubles it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("engine", choices=settings.ENGINES)

    def handle(self, *args: Any, **options: Any) -> None:
        said = complaint(options["engine"], socket.gethostname())
        if said:
            raise CommandError(said)
        self.stdout.write("ok")


def complaint(engine: str, machine: str) -> str:
    """Return what is wrong with the machine's worker; empty when nothing is.

    A worker is known by its heartbeat, which stops with its database too, and by what its engine
    said of itself: no GPU, a model missing.
    """
    ours = WorkerProcess.objects.filter(engine=engine, name__startswith=f"{engine}-{machine}-")
    try:
        workers = list(ours.alive())
    except DatabaseError as error:
        return f"the database does not answer: {error}"
    if not workers:
        return f"no heartbeat of a {engine} worker on {machine}"
    if all(worker.trouble for worker in workers):
        return f"the {engine} worker cannot work: {workers[0].trouble}: {workers[0].trouble_detail}"
    return ""
