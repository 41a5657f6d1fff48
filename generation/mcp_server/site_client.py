"""The site's HTTP API as the tools use it: one key, one error an assistant can act on."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver.exceptions import ToolError

# Where the API is; the original service's name for it.
BASE_URL: Final = "AISERVER_BASE_URL"
DEFAULT_BASE_URL: Final = "http://127.0.0.1:8000"
# The address that people and assistants know the site by, where that is another one: pictures are
# named by it, and the site answers to no other name.
SITE_URL: Final = "SITE_URL"
# The key of a server that speaks over stdio: it belongs to one person.
TOKEN: Final = "NANOCOCOA_TOKEN"  # noqa: S105 - the variable's name
# An upload of ten megabytes on a slow line; a long poll is shorter.
PATIENCE: Final = 60.0

Answer = dict[str, Any]


def base_url() -> str:
    return os.environ.get(BASE_URL, DEFAULT_BASE_URL).rstrip("/")


def known_as() -> Answer:
    """Return the headers by which a request inside the deployment looks like one from outside."""
    parts = urlsplit(os.environ.get(SITE_URL, ""))
    return {"Host": parts.netloc, "X-Forwarded-Proto": parts.scheme} if parts.netloc else {}


@dataclass(frozen=True)
class Caller:
    """Who calls: their key, and whether they sit at this machine (stdio)."""

    key: str
    at_this_machine: bool


_caller: ContextVar[Caller] = ContextVar("caller")


async def remember_caller(
    ctx: ServerRequestContext[Any, Any], call_next: Callable[[Any], Awaitable[Any]]
) -> Any:
    """Keep who calls while a message is answered: static resources are given no context.

    The key is the MCP request's own `Authorization`; over stdio it is the environment's.
    """
    if ctx.request is None:
        caller = Caller(os.environ.get(TOKEN, ""), True)
    else:
        scheme, _, key = ctx.request.headers.get("authorization", "").partition(" ")
        caller = Caller(key.strip() if scheme.lower() == "bearer" else "", False)
    token = _caller.set(caller)
    try:
        return await call_next(ctx)
    finally:
        _caller.reset(token)


def caller() -> Caller:
    return _caller.get()


class Site:
    """The API for one caller."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str, **query: Any) -> Any:
        return self._told(await self._send("GET", path, params=query))

    async def post(self, path: str, body: Answer, *, key: str = "") -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        answer: Answer = self._told(await self._send("POST", path, json=body, headers=headers))
        return answer

    async def picture(self, job_id: str, name: str) -> str:
        """Return a picture of a job as base64 PNG."""
        path = f"/api/jobs/{job_id}/images/{name}"
        answer = await self._send("GET", path, headers={"Accept": "image/png"})
        if answer.is_error:
            self._told(answer)
        return base64.b64encode(answer.content).decode()

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self.http.request(method, path, **options)
        except httpx.TimeoutException as error:
            raise ToolError(f"The site did not answer in time ({path}). Try again.") from error
        except httpx.HTTPError as error:
            raise ToolError(
                f"The site cannot be reached at {base_url()} ({type(error).__name__}). "
                "Check that it runs, then try again."
            ) from error

    @staticmethod
    def _told(answer: httpx.Response) -> Any:
        """Return the answer's JSON, or raise what the assistant should read."""
        try:
            body = answer.json()
        except ValueError as error:
            raise ToolError(f"The site answered {answer.status_code} without JSON.") from error
        if not answer.is_error:
            return body
        raise ToolError(json.dumps(_advice(answer, body), ensure_ascii=False))


def _advice(answer: httpx.Response, problem: Answer) -> Answer:
    """Return the problem with what to do about it."""
    hints = {
        401: "Ask the user for an API key (made on the site under 내 계정 > API 키).",
        403: "The key may not do this: ask the user for one with more rights.",
        404: "Check the id; only the user's own team's jobs exist for this key.",
        413: "Send a smaller picture (10 MB at most).",
        415: "Send a JPG, PNG, WebP or HEIC picture as base64.",
        422: "Change the named field and call again.",
        429: "Wait as long as retry_after_seconds says, then call again.",
        503: "Try again in a few seconds.",
    }
    wait = answer.headers.get("Retry-After")
    waiting = {"retry_after_seconds": int(wait)} if wait and wait.isdecimal() else {}
    hint = hints.get(answer.status_code, "")
    return {"status": answer.status_code, **problem, **waiting, "what_to_do": hint}


@asynccontextmanager
async def own_site() -> AsyncIterator[Site]:
    """Give the API as the caller may use it."""
    key = caller().key
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers |= {"Accept-Language": "en", **known_as()}
    async with httpx.AsyncClient(
        base_url=base_url(), headers=headers, timeout=PATIENCE, trust_env=False
    ) as http:
        yield Site(http)


def call_key(tool: str, arguments: Answer) -> str:
    """Return an idempotency key of the call itself: the same call on the same day is one job."""
    told = json.dumps([tool, arguments], sort_keys=True, ensure_ascii=False)
    day = datetime.now(UTC).date().isoformat()
    return f"mcp-{day}-{sha256(told.encode()).hexdigest()[:40]}"
