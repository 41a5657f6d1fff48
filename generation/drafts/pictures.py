"""How far each person's draft is: its state and picture in Redis, and the word to the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, TypedDict, cast

from django.urls import reverse

from generation import errors, live
from generation.presentation import NEEDS_CHANGE
from generation.queueing import redis_client

from .limits import PICTURE_LIFETIME
from .slots import Wishes

Status = Literal["drawing", "done", "busy", "failed"]


class DraftMessage(TypedDict):
    """What the page hears of draft `number`.

    `seq` grows with its pictures, 0 before the first, and `url` shows the newest; a `rough` one is
    the product alone, worth showing only where no draft is seen yet. `code` and
    `params` say why it failed; `message` is that in the reader's language.
    """

    type: Literal["draft"]
    number: int
    status: Status
    seq: int
    url: str
    rough: bool
    code: str
    params: Mapping[str, Any]
    message: str


def group_name(user_id: int) -> str:
    """Return the channel layer group of a person's open forms."""
    return f"draft.{user_id}"


def _key(user_id: int, name: str) -> str:
    return f"nanococoa:draft:{user_id}:{name}"


def tell(
    wishes: Wishes,
    status: Status,
    *,
    seq: int = 0,
    picture: bytes | None = None,
    rough: bool = False,
    code: str = "",
    params: Mapping[str, Any] | None = None,
) -> None:
    """Keep the draft's state, with a picture (WebP) if there is a newer one, and tell the page.

    Raises RedisError.
    """
    address = reverse("generation:draft_picture", args=[wishes.number])
    message: DraftMessage = {
        "type": "draft",
        "number": wishes.number,
        "status": status,
        "seq": seq,
        "url": f"{address}?v={wishes.number}-{seq}" if seq else "",
        "rough": rough,
        "code": code,
        "params": dict(params or {}),
        "message": "",
    }
    with redis_client().pipeline() as pipe:
        if picture is not None:
            name = f"picture:{wishes.number}"
            pipe.set(_key(wishes.user_id, name), picture, ex=PICTURE_LIFETIME)
        pipe.set(_key(wishes.user_id, "state"), json.dumps(message), ex=PICTURE_LIFETIME)
        pipe.execute()
    live.wire.send_to(group_name(wishes.user_id), "draft.message", message)


def state_of(user_id: int) -> DraftMessage | None:
    """Return how far the person's newest drawn draft is. Raises RedisError."""
    stored = cast("bytes | None", redis_client().get(_key(user_id, "state")))
    return json.loads(stored) if stored else None


def picture_of(user_id: int, number: int) -> bytes | None:
    """Return the newest picture (WebP) of a draft, None when it has none. Raises RedisError."""
    return cast("bytes | None", redis_client().get(_key(user_id, f"picture:{number}")))


def translated(message: DraftMessage) -> DraftMessage:
    """Return the message with what the person can change, in the active language.

    About other failures the page has a calm word of its own: nothing was lost.
    """
    helpful = message["code"] in NEEDS_CHANGE
    words = errors.sentence(message["code"], message["params"]) if helpful else ""
    return {**message, "message": words}
