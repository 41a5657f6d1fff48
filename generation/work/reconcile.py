"""Bringing the rows, the queue and the disk back together after whatever went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from generation import errors
from generation.deadlines import WORKER_SEEN_AS_GONE_AFTER
from generation.models import WorkerProcess
from generation.queueing import wake_for_unannounced
from generation.services import fall_back_waiting, release_expired_leases
from generation.services.stage_files import sweep_work_folders

logger = logging.getLogger(__name__)

# A worker's row outlives it by this factor, so that the admin sees which one went.
KEEP_GONE_WORKERS = 240


def reconcile(engine: str) -> None:
    """Take jobs from silent workers, wake for forgotten ones, sweep up. Safe in many processes.

    Each part is on its own: Redis being away does not keep leases from being released.
    """
    parts: tuple[Callable[[], object], ...] = (
        release_expired_leases,
        absence.end_waiting,
        lambda: wake_for_unannounced(engine),
        sweep_work_folders,
        forget_gone_workers,
    )
    for part in parts:
        try:
            part()
        except RedisError as error:
            logger.warning("Redis is away: %s", error)


class Absence:
    """How long this process has seen no worker that could work with the diffusion engine.

    Every reconciler counts for itself, so that a worker that is merely started anew, or a
    reconciler that has only just begun to look, sends nobody's job elsewhere.
    """

    def __init__(self) -> None:
        self.since: float | None = None

    def seconds(self) -> float | None:
        """Return how long it has lasted; None while somebody can work."""
        if WorkerProcess.objects.able("diffusion").exists():
            self.since = None
            return None
        self.since = monotonic() if self.since is None else self.since
        return monotonic() - self.since

    def end_waiting(self) -> int:
        """Send the waiting jobs to the studio, where the deployment chose so; return how many.

        Only once nobody has been able for DIFFUSION_GRACE seconds, and the studio has a worker.
        """
        if settings.DIFFUSION_FALLBACK != "studio":
            return 0
        lasted = self.seconds()
        if lasted is None or lasted < settings.DIFFUSION_GRACE:
            return 0
        if not WorkerProcess.objects.able("studio").exists():
            return 0
        unable = (
            WorkerProcess.objects.alive().filter(engine="diffusion").exclude(trouble="").first()
        )
        return fall_back_waiting(code=unable.trouble if unable else errors.NO_WORKER)


absence = Absence()


def forget_gone_workers() -> int:
    """Delete the rows of workers that ended without saying so, an hour after their last beat."""
    oldest = timezone.now() - timedelta(seconds=KEEP_GONE_WORKERS * WORKER_SEEN_AS_GONE_AFTER)
    return WorkerProcess.objects.filter(last_heartbeat__lt=oldest).delete()[0]
