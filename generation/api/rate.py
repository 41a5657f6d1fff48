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
from limits.storage import Storage, storage_from_string
from redis.exceptions import RedisError

from .access import Caller
from .problems import Refused

logger = logging.getLogger(__name__)

# Reading and making are counted apart: a poller must not use up what its next ad needs.
READS: Final = "read"
WRITES: Final = "write"


# When the windows end that this process knows of, by key, in seconds since the epoch.
_ends: dict[str, float] = {}
MOST_WINDOWS: Final = 1000


@lru_cache(maxsize=1)
def _storage(url: str) -> Storage:
    scheme, _, rest = url.partition("://")
    store = f"redis+unix://{rest}" if scheme == "unix" else url
    return storage_from_string(store, key_prefix="nanococoa-rate")  # type: ignore[return-value]


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
    key = allowance.key_for(kind, caller.key)
    try:
        calls = _storage(settings.REDIS_URL).incr(key, allowance.get_expiry())
        wait = max(1, math.ceil(_end_of_window(key, calls) - time.time()))
    except (RedisError, OSError):
        logger.warning("the rate of %s is not counted: no Redis", caller.key)
        return
    headers = {
        "RateLimit-Limit": str(allowance.amount),
        "RateLimit-Remaining": str(max(0, allowance.amount - calls)),
        "RateLimit-Reset": str(wait),
    }
    if calls > allowance.amount:
        headers["Retry-After"] = str(wait)
        raise Refused(429, "rate_limited", headers=headers, seconds=wait)
    request.rate_headers = headers  # type: ignore[attr-defined]


def _end_of_window(key: str, calls: int) -> float:
    """Return when the window of a key ends, asked of Redis once per window and process."""
    end = _ends.get(key, 0.0)
    if calls == 1 or end <= time.time():
        if len(_ends) >= MOST_WINDOWS:
            _ends.clear()
        end = _ends[key] = _storage(settings.REDIS_URL).get_expiry(key)
    return end


def add_headers(request: HttpRequest, response: HttpResponse) -> None:
    """Tell the caller what is left."""
    for name, value in getattr(request, "rate_headers", {}).items():
        response.headers.setdefault(name, value)
