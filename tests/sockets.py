"""A browser's websocket, as patient as a browser: the library's own waits a second for anything."""

from __future__ import annotations

from typing import Any

from channels.testing import WebsocketCommunicator
from django.test import Client

from nanococoa.asgi import application

from .waiting import PATIENCE


def session_of(user: Any) -> list[tuple[bytes, bytes]]:
    """Request headers of a browser in which the user is logged in."""
    client = Client()
    client.force_login(user)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return [(b"cookie", cookie.encode()), (b"origin", b"http://localhost")]


class Socket(WebsocketCommunicator):
    """One socket of the site under `address`. The signatures are the library's."""

    def __init__(self, address: str, headers: Any = ()) -> None:
        super().__init__(application, address, headers=list(headers))

    async def connect(self, timeout: float = PATIENCE) -> Any:  # noqa: ASYNC109
        return await super().connect(timeout)

    async def receive_json_from(self, timeout: float = PATIENCE) -> Any:  # noqa: ASYNC109
        return await super().receive_json_from(timeout)

    async def disconnect(self, code: int = 1000, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109
        await super().disconnect(code, timeout)
