"""What happens to a job, as it happens: a long poll, or server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Self
from uuid import UUID

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import Field, Router, Schema

from generation.live import group_name
from generation.models import Job, JobEvent

from .access import caller_of
from .jobs import REFUSALS

router = Router(tags=["jobs"])
# Seconds a long poll may wait; proxies cut idle answers at 60.
LONGEST_WAIT: Final = settings.API_LONGEST_POLL
# The socket is a hint: the rows are read at least this often, in seconds.
LOOK_EVERY: Final = 2.0
# A stream ends after this long, in seconds; the client comes back with `Last-Event-ID`.
LONGEST_STREAM: Final = 15 * 60
# A comment this often, in seconds, keeps a quiet stream open through proxies.
BREATHE_EVERY: Final = 15.0
PAGE: Final = 200


class Events(Schema):
    """The events after `after`. `done`: the job has ended and nothing more will come."""

    events: list[dict[str, Any]] = Field(
        examples=[[{"type": "progress", "seq": 3, "status": "running", "progress_percent": 12.5}]]
    )
    last_seq: int
    done: bool


@router.get(
    "/jobs/{uuid:job_id}/events",
    response={200: Events, **REFUSALS},
    operation_id="job_events",
    openapi_extra={
        "responses": {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}
    },
)
async def job_events(
    request: HttpRequest,
    job_id: UUID,
    after: Annotated[int, Field(ge=0, lt=2**31)] = 0,
    wait: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] = 0,
) -> Events | HttpResponseBase:
    """The job's numbered events after `after`.

    `wait` holds the answer up to that many seconds until there is something to tell. With
    `Accept: text/event-stream` the answer is a stream that ends with the job.
    """
    job = await sync_to_async(lambda: caller_of(request).job(job_id))()
    if request.get_preferred_type(["application/json", "text/event-stream"]) == "text/event-stream":
        last = request.headers.get("Last-Event-ID", "")
        start = int(last) if last.isdecimal() else after
        return StreamingHttpResponse(
            _stream(job, start),
            content_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
    return await _poll(job, after, wait)


async def _poll(job: Job, after: int, wait: int) -> Events:
    until = time.monotonic() + wait
    async with Hints(job) as hints:
        while True:
            found = await _read(job, after)
            left = until - time.monotonic()
            if found.events or found.done or left <= 0:
                return found
            await hints.next(min(left, LOOK_EVERY))


async def _stream(job: Job, after: int) -> AsyncIterator[str]:
    until, breath = time.monotonic() + LONGEST_STREAM, time.monotonic()
    async with Hints(job) as hints:
        while time.monotonic() < until:
            found = await _read(job, after)
            for event in found.events:
                text = json.dumps(event, ensure_ascii=False)
                yield f"id: {event['seq']}\nevent: {event['type']}\ndata: {text}\n\n"
                breath = time.monotonic()
            after = found.last_seq
            if found.done:
                return
            if time.monotonic() - breath > BREATHE_EVERY:
                breath = time.monotonic()
                yield ": still here\n\n"
            if not found.events:
                await hints.next(LOOK_EVERY)


@sync_to_async
def _read(job: Job, after: int) -> Events:
    events = list(JobEvent.objects.filter(job=job, seq__gt=after).order_by("seq")[:PAGE])
    last = events[-1].seq if events else after
    job.refresh_from_db(fields=["status", "event_seq"])
    return Events(
        events=[event.to_message() for event in events],
        last_seq=last,
        done=job.is_finished and last >= job.event_seq,
    )


class Hints:
    """The live messages of a job, as a reason to look at the rows again."""

    def __init__(self, job: Job) -> None:
        self.group = group_name(job.pk)
        self.layer = get_channel_layer()
        self.channel = ""

    async def __aenter__(self) -> Self:
        try:
            self.channel = await self.layer.new_channel()
            await self.layer.group_add(self.group, self.channel)
        except OSError:  # no Redis: the rows are looked at every LOOK_EVERY seconds
            self.channel = ""
        return self

    async def next(self, at_most: float) -> None:
        """Return at the next message, or after `at_most` seconds."""
        if not self.channel:
            await asyncio.sleep(at_most)
            return
        try:
            await asyncio.wait_for(self.layer.receive(self.channel), at_most)
        except TimeoutError:
            return
        except OSError:
            self.channel = ""

    async def __aexit__(self, *_: object) -> None:
        if self.channel:
            try:
                await self.layer.group_discard(self.group, self.channel)
            except OSError:
                return
