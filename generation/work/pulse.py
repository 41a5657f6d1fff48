"""The worker's second thread: it says that the worker lives, and reconciles."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
from django.db import DatabaseError, connection
from django.utils import timezone

from generation.deadlines import HEARTBEAT_EVERY, RECONCILE_EVERY
from generation.metrics import system_metrics
from generation.models import WorkerProcess

from .reconcile import reconcile

if TYPE_CHECKING:
    from .worker import EngineWorker

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
# How exactly the two intervals are kept.
LOOK_EVERY = 0.5


class Pulse(threading.Thread):
    """Beats every HEARTBEAT_EVERY and reconciles every RECONCILE_EVERY seconds until stopped."""

    def __init__(self, worker: EngineWorker) -> None:
        super().__init__(name="pulse", daemon=True)
        self.worker = worker
        self._stopped = threading.Event()

    def run(self) -> None:
        next_beat = next_reconcile = 0.0
        while True:
            try:
                now = time.monotonic()
                if now >= next_beat:
                    next_beat = now + HEARTBEAT_EVERY
                    self.beat()
                if now >= next_reconcile:
                    next_reconcile = now + RECONCILE_EVERY
                    reconcile(self.worker.engine)
            except DatabaseError as error:
                logger.warning("no heartbeat: %s", error)
                connection.close()
            except Exception:
                logger.exception("a bug in the pulse")
            if self._stopped.wait(LOOK_EVERY):
                connection.close()
                return

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=HEARTBEAT_EVERY)

    def beat(self) -> None:
        """Write the worker's row: alive, on which job, with what load."""
        WorkerProcess.objects.update_or_create(
            name=self.worker.name,
            defaults={
                "engine": self.worker.engine,
                "pid": os.getpid(),
                "engine_pid": self.worker.engine_process.pid,
                "job_id": self.worker.job_id,
                "metrics": {
                    "system": system_metrics(),
                    "rss_mb": self._memory(),
                    "variant": self.worker.engine_process.variant,
                },
                "trouble": self.worker.fitness.code,
                "trouble_detail": self.worker.fitness.detail,
                "last_heartbeat": timezone.now(),
            },
        )

    def _memory(self) -> dict[str, Any]:
        """Resident memory of the worker and of its engine process, in MB."""
        pids = {"worker": os.getpid(), "engine": self.worker.engine_process.pid}
        return {name: _rss(pid) for name, pid in pids.items() if pid}


def _rss(pid: int) -> int | None:
    try:
        return int(psutil.Process(pid).memory_info().rss // MEGABYTE)
    except psutil.Error:
        return None
