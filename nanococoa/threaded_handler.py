"""Django over ASGI as it runs over WSGI: a request is one piece of work on a thread that stays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction
from typing import IO, Any, Final

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, set_script_prefix

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

# Threads that answer requests, each with a database connection of its own. A view takes
# milliseconds; those that wait are coroutines and take none of these.
THREADS: Final = 4


class ThreadedHandler(ASGIHandler):
    """An ASGI handler whose plain views run on a pool of threads, each request in one go.

    Django's own gives every request a new thread, and so a new database connection, and goes to it
    and back for each signal and middleware: five times the processor time of a short view. Views
    that are coroutines (long polls, streams of events) still go its way.
    """

    def __init__(self) -> None:
        super().__init__()
        self._plain = BaseHandler()
        self._plain.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or waits(scope["path"]):
            await super().__call__(scope, receive, send)
            return
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self._threads, self._answer, scope, body)
        try:
            await self.send_response(response, send)
        finally:
            if response.streaming:
                await loop.run_in_executor(self._threads, response.close)

    def _answer(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        """Return the answer to a request, its work over unless it is a stream."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, response = self.create_request(scope, body)
        if request is not None:
            response = self._plain.get_response(request)
        assert response is not None  # noqa: S101 - create_request returns one of the two
        # What `close` sends its signal by.
        response._handler_class = self.__class__  # type: ignore[attr-defined]  # noqa: SLF001
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
            body.close()
        return response


def waits(path: str) -> bool:
    """Return whether the view of a path is a coroutine, which may wait for long."""
    try:
        return iscoroutinefunction(resolve(path).func)
    except Resolver404:
        return False
