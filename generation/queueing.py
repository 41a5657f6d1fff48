"""The wake-up: one message "there is work" per submitted job. What the work is, the rows know."""

from __future__ import annotations

import logging
from functools import lru_cache

import django_rq
from django.conf import settings
from django.db import transaction
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue

from .deadlines import MESSAGE_TIMEOUT
from .models import Job

logger = logging.getLogger(__name__)

TASK = "generation.work.tasks.work_on_next_job"
# A page must answer although Redis is away: two quick tries, then the reconciler's turn.
QUICK_RETRY = Retry(ConstantBackoff(0.05), 2)
QUICK_TIMEOUT = 2.0
# Messages one reconciliation adds at most; each one wakes a worker only to look at the rows.
WAKES_AT_ONCE = 20
# RQ keeps failed messages for a year by default; ours carry nothing but the engine's name.
KEEP_FAILED_MESSAGES = 3600


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    return Redis.from_url(
        url, retry=QUICK_RETRY, socket_timeout=QUICK_TIMEOUT, socket_connect_timeout=QUICK_TIMEOUT
    )


def redis_client() -> Redis:
    """Return this process's client for short commands; it fails fast and is safe in threads."""
    return _client(settings.REDIS_URL)


def engine_queue(engine: str) -> Queue:
    """Return the engine's RQ queue over the shared client."""
    return django_rq.get_queue(engine, connection=redis_client())


def wake(engine: str) -> bool:
    """Tell one worker that there is work. Never raises: the reconciler repeats a lost message."""
    try:
        send_message(engine, TASK, engine)
    except RedisError as error:
        logger.warning("no wake-up for %s (%s); the reconciler will send one", engine, error)
        return False
    return True


def send_message(queue: str, task: str, engine: str) -> None:
    """Put one message "do `task` for `engine`" into a queue. Raises RedisError."""
    engine_queue(queue).enqueue_call(
        task,
        args=(engine,),
        timeout=MESSAGE_TIMEOUT,
        result_ttl=0,
        failure_ttl=KEEP_FAILED_MESSAGES,
        description=f"work for {engine}",
    )


def wake_on_commit(engine: str) -> None:
    """Wake a worker once the rows it will look for are there to be seen."""
    transaction.on_commit(lambda: wake(engine))


def wake_for_unannounced(engine: str) -> int:
    """Send the messages that pending rows lack (lost with Redis or a web process); return how many.

    A message too many costs one look at an empty table, so the count need not be exact.
    """
    pending = Job.objects.waiting().filter(engine=engine).count()
    if not pending:
        return 0
    missing = min(pending - engine_queue(engine).count, WAKES_AT_ONCE)
    return sum(wake(engine) for _ in range(missing))
