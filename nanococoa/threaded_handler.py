"""Django over ASGI as it runs over WSGI: a request is one piece of work on a thread that stays."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from inspect import iscoroutinefunction
from typing import Final

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

# Threads that answer requests, each with a database connection of its own. A view takes
# milliseconds; those that wait are coroutines and take none of these.
THREADS: Final = 4


class ThreadedHandler(ASGIHandler):
    """An ASGI handler whose plain views run on a pool of threads.

    Django's own gives every request a new thread, and so a new database connection, and goes to it
    and back for each middleware: five times the processor time of a short view. Views that are
    coroutines (long polls, streams of events) still go its way.
    """

    def __init__(self) -> None:
        super().__init__()
        self._plain = BaseHandler()
        self._plain.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="http")

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:  # type: ignore[override]
        """Return the answer to a request."""
        if waits(request):
            return await super().get_response_async(request)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, copy_context().run, self._answer, request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()
        try:
            return self._plain.get_response(request)
        finally:
            close_old_connections()


def waits(request: HttpRequest) -> bool:
    """Return whether the request's view is a coroutine, which may wait for long."""
    try:
        return iscoroutinefunction(resolve(request.path_info).func)
    except Resolver404:
        return False
