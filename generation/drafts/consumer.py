"""The form's socket: tells a person's open forms how their draft is coming on."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async as in_thread
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils import translation
from redis.exceptions import RedisError

from generation.consumers import CLOSE_NOT_LOGGED_IN, language_of

from .pictures import DraftMessage, group_name, state_of, translated


class DraftConsumer(AsyncJsonWebsocketConsumer):
    """Forwards the messages about one person's drafts; nobody else's group can be joined."""

    async def connect(self) -> None:
        self.group = ""
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(CLOSE_NOT_LOGGED_IN)
            return
        self.language = language_of(self.scope)
        self.group = group_name(user.pk)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        if state := await in_thread(_state)(user.pk):
            await self._forward(state)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """A page has nothing to say here."""

    async def draft_message(self, envelope: dict[str, Any]) -> None:
        await self._forward(envelope["message"])

    async def _forward(self, message: DraftMessage) -> None:
        with translation.override(self.language):
            await self.send_json(translated(message))


def _state(user_id: int) -> DraftMessage | None:
    try:
        return state_of(user_id)
    except RedisError:
        return None
