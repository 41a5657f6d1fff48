"""The job page's socket: checks who asks, sends the snapshot, replays, forwards."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async as in_thread
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import translation

from . import live
from .deadlines import CATCH_UP_EVERY
from .models import Job, JobEvent

logger = logging.getLogger(__name__)

CLOSE_NOT_LOGGED_IN = 4403
CLOSE_NOT_FOUND = 4404
# A page that was away longer than this many events has the snapshot; the history is not needed.
REPLAY_LIMIT = 500


def language_of(scope: dict[str, Any]) -> str:
    """Return the language that Django's own pages would answer this browser in."""
    headers = dict(scope["headers"])
    request = HttpRequest()
    request.COOKIES = scope["cookies"]
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin1")
    return translation.get_language_from_request(request)


class JobConsumer(AsyncJsonWebsocketConsumer):
    """Watches one job for one page. Every message it forwards has a row behind it."""

    async def connect(self) -> None:
        """Join first, read then: what happens in between arrives twice, never not at all."""
        self.job_id: UUID = self.scope["url_route"]["kwargs"]["pk"]
        self.group = live.group_name(self.job_id)
        self.language = language_of(self.scope)
        self.seq = 0
        self.watch: asyncio.Task[None] | None = None
        self.in_order = asyncio.Lock()
        if not self.scope["user"].is_authenticated:
            await self.close(CLOSE_NOT_LOGGED_IN)
            return
        if not await in_thread(self._may_see)():
            await self.close(CLOSE_NOT_FOUND)
            return
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self._send_snapshot(replay_after=self._last_seq())
        self.watch = asyncio.create_task(self._catch_up_now_and_then())

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        if self.watch:
            self.watch.cancel()
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Answer a page that noticed a gap."""
        if isinstance(content, dict) and content.get("type") == "resync":
            await self._send_snapshot(replay_after=None)

    async def job_message(self, envelope: dict[str, Any]) -> None:
        """Forward in order: old numbers are dropped, a gap is filled from the rows."""
        message = envelope["message"]
        async with self.in_order:
            seq = message.get("seq")
            if seq is None:
                await self.send_json(message)
            elif seq == self.seq + 1:
                await self._forward(message)
            elif seq > self.seq:
                await self._replay()

    async def _forward(self, message: dict[str, Any]) -> None:
        self.seq = message["seq"]
        if message["type"] == "progress" and "stopping" in message:
            with translation.override(self.language):
                message = {**live.translated(message)}  # type: ignore[arg-type]
        await self.send_json(message)

    async def _replay(self) -> None:
        for message in await in_thread(self._events_after)(self.seq):
            await self._forward(message)

    async def _send_snapshot(self, *, replay_after: int | None) -> None:
        async with self.in_order:
            state: live.Snapshot = await in_thread(self._snapshot)()
            await self.send_json(state)
            self.seq = state["seq"] if replay_after is None else min(replay_after, state["seq"])
            await self._replay()

    async def _catch_up_now_and_then(self) -> None:
        """Pub/sub forgets what a restarting Redis did not deliver; the rows do not."""
        while True:
            await asyncio.sleep(CATCH_UP_EVERY)
            try:
                async with self.in_order:
                    await self._replay()
            except DatabaseError as error:
                logger.warning("the page of %s not caught up: %s", self.job_id, error)

    def _last_seq(self) -> int | None:
        """Return the `last_seq` the page asked from, None when it knows nothing yet."""
        query = dict(
            pair.partition("=")[::2] for pair in self.scope["query_string"].decode().split("&")
        )
        return int(query["last_seq"]) if query.get("last_seq", "").isdecimal() else None

    def _may_see(self) -> bool:
        return Job.objects.visible_to(self.scope["user"]).filter(pk=self.job_id).exists()

    def _snapshot(self) -> live.Snapshot:
        with translation.override(self.language):
            return live.snapshot(Job.objects.select_related("ad").get(pk=self.job_id))

    def _events_after(self, seq: int) -> list[dict[str, Any]]:
        events = JobEvent.objects.filter(job=self.job_id, seq__gt=seq).order_by("seq")
        return [event.to_message() for event in events[:REPLAY_LIMIT]]
