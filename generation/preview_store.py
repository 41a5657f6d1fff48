"""The latest preview of each running job: bytes in Redis, gone after a while. Never the truth."""

from __future__ import annotations

import logging
from uuid import UUID

from redis.exceptions import RedisError

from .deadlines import PREVIEW_LIFETIME
from .queueing import redis_client

logger = logging.getLogger(__name__)


def _key(job_id: UUID | str) -> str:
    return f"nanococoa:preview:{job_id}"


def store_preview(job_id: UUID | str, webp: bytes) -> bool:
    """Keep the newest preview (WebP, <= 512 px). False when Redis is away; that is only logged."""
    try:
        redis_client().set(_key(job_id), webp, ex=PREVIEW_LIFETIME)
    except RedisError as error:
        logger.warning("preview of %s not kept: %s", job_id, error)
        return False
    return True


def latest_preview(job_id: UUID | str) -> bytes | None:
    """Return the newest preview (WebP), None when there is none or Redis is away."""
    try:
        stored = redis_client().get(_key(job_id))
    except RedisError as error:
        logger.warning("preview of %s not read: %s", job_id, error)
        return None
    return stored if isinstance(stored, bytes) else None
