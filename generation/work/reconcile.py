"""Bringing the rows, the queue and the disk back together after whatever went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from redis.exceptions import RedisError

from generation.deadlines import WORKER_SEEN_AS_GONE_AFTER
from generation.models import WorkerProcess
from generation.queueing import wake_for_unannounced
from generation.services import release_expired_leases
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
        lambda: wake_for_unannounced(engine),
        sweep_work_folders,
        forget_gone_workers,
    )
    for part in parts:
        try:
            part()
        except RedisError as error:
            logger.warning("Redis is away: %s", error)


def forget_gone_workers() -> int:
    """Delete the rows of workers that ended without saying so, an hour after their last beat."""
    oldest = timezone.now() - timedelta(seconds=KEEP_GONE_WORKERS * WORKER_SEEN_AS_GONE_AFTER)
    return WorkerProcess.objects.filter(last_heartbeat__lt=oldest).delete()[0]
