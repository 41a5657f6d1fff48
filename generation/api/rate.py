"""How often one caller may call, and the headers that say so."""

from __future__ import annotations

import logging
import math
import time
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from .access import Caller
from .problems import Refused

logger = logging.getLogger(__name__)

# Reading and making are counted apart: a poller must not use up what its next ad needs.
READS: Final = "read"
WRITES: Final = "write"


@lru_cache(maxsize=1)
def _limiter(url: str) -> FixedWindowRateLimiter:
    scheme, _, rest = url.partition("://")
    store = f"redis+unix://{rest}" if scheme == "unix" else url
    return FixedWindowRateLimiter(storage_from_string(store, key_prefix="nanococoa-rate"))


@lru_cache(maxsize=8)
def _allowance(kind: str, rate: str) -> RateLimitItem:  # noqa: ARG001 - one entry per kind
    return parse(rate)


def spend(request: HttpRequest, caller: Caller) -> None:
    """Count the call; refuse it with 429 when the caller has none left in this minute.

    Without Redis nobody is counted: the site goes on.
    """
    kind = READS if request.method in ("GET", "HEAD") else WRITES
    rate = settings.API_READ_RATE if kind == READS else settings.API_WRITE_RATE
    allowance = _allowance(kind, rate)
    limiter = _limiter(settings.REDIS_URL)
    try:
        granted = limiter.hit(allowance, kind, caller.key)
        window = limiter.get_window_stats(allowance, kind, caller.key)
    except (RedisError, OSError):
        logger.warning("the rate of %s is not counted: no Redis", caller.key)
        return
    wait = max(1, math.ceil(window.reset_time - time.time()))
    headers = {
        "RateLimit-Limit": str(allowance.amount),
        "RateLimit-Remaining": str(max(0, window.remaining)),
        "RateLimit-Reset": str(wait),
    }
    if not granted:
        headers["Retry-After"] = str(wait)
        raise Refused(429, "rate_limited", headers=headers, seconds=wait)
    request.rate_headers = headers  # type: ignore[attr-defined]


def add_headers(request: HttpRequest, response: HttpResponse) -> None:
    """Tell the caller what is left."""
    for name, value in getattr(request, "rate_headers", {}).items():
        response.headers.setdefault(name, value)
