"""What people want drafted, in Redis: one slot per person, the newest wishes replace the older."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from django.conf import settings

from generation.queueing import redis_client, send_message

from .limits import ASK_WINDOW, ASKS_PER_WINDOW, NUMBER_LIFETIME, WISHES_LIFETIME

TASK = "generation.work.tasks.draw_next_draft"


@dataclass(frozen=True)
class Wishes:
    """One person's wishes for a draft. `spec`: AdSpec's fields but for the photo's path.

    `number` grows with every asking; `engine` is the one whose workers are to draw; `photo_id` is
    the row of a photo the person may see.
    """

    user_id: int
    number: int
    engine: str
    photo_id: int | None
    spec: Mapping[str, Any]


def _key(user_id: int, name: str) -> str:
    return f"nanococoa:draft:{user_id}:{name}"


def _line(engine: str) -> str:
    return f"nanococoa:drafts:{engine}"


def drafts_queue(engine: str) -> str:
    """Return the RQ queue of drafts; workers empty their queue of jobs before they look here."""
    return f"{engine}_drafts"


def may_ask(user_id: int) -> bool:
    """Count one asking; False when there have been too many of late. Raises RedisError."""
    with redis_client().pipeline() as pipe:
        pipe.incr(_key(user_id, "asks"))
        pipe.expire(_key(user_id, "asks"), ASK_WINDOW, nx=True)
        asked: int = pipe.execute()[0]
    return asked <= ASKS_PER_WINDOW


def put(*, user_id: int, engine: str, photo_id: int | None, spec: Mapping[str, Any]) -> Wishes:
    """Put the wishes into the person's slot, whatever was in it, and wake a worker.

    Raises RedisError.
    """
    redis = redis_client()
    number = int(redis.incr(_key(user_id, "number")))
    wishes = Wishes(user_id, number, engine, photo_id, spec)
    with redis.pipeline() as pipe:
        pipe.expire(_key(user_id, "number"), NUMBER_LIFETIME)
        pipe.set(_key(user_id, "wishes"), json.dumps(asdict(wishes)), ex=WISHES_LIFETIME)
        # In one line only: workers of another engine may have gone, and come back later.
        for other in settings.ENGINES:
            if other != engine:
                pipe.zrem(_line(other), str(user_id))
        # Whoever waits already keeps the place: changing one's mind is not standing back.
        pipe.zadd(_line(engine), {str(user_id): time.time()}, nx=True)
        pipe.execute()
    send_message(drafts_queue(engine), TASK, engine)
    return wishes


def take(engine: str) -> Wishes | None:
    """Take the wishes of whoever has waited longest; None when nobody waits. Raises RedisError."""
    redis = redis_client()
    while waiting := cast("list[tuple[bytes, float]]", redis.zpopmin(_line(engine))):
        if wishes := _stored(int(waiting[0][0])):
            return wishes
    return None


def anybody_waits(engine: str) -> bool:
    """Tell whether anybody's wishes wait for the engine's workers. Raises RedisError."""
    return bool(redis_client().zcard(_line(engine)))


def are_newest(wishes: Wishes) -> bool:
    """Tell whether the person has asked for nothing newer. Raises RedisError."""
    number = cast("bytes | None", redis_client().get(_key(wishes.user_id, "number")))
    return number is None or int(number) == wishes.number


def _stored(user_id: int) -> Wishes | None:
    stored = cast("bytes | None", redis_client().get(_key(user_id, "wishes")))
    return Wishes(**json.loads(stored)) if stored else None
