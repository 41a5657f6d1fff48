"""How fast the wire is: submitting a job, and an event from the worker to an open page.

    python -m bench.live_latency [--events 200]

Starts an embedded Redis and a Daphne of its own on a throw-away SQLite database (or the one of
DATABASE_URL), opens a real websocket with a real session, and plays the worker's part: every event
is a row, committed before it is sent. Prints one table.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import base64
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = tempfile.mkdtemp(prefix="nc-live-bench-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
sys.path.insert(0, str(ROOT))
os.environ |= {"DATA_DIR": FOLDER, "LOG_LEVEL": "ERROR", "LOCAL": "1"}
os.environ["DJANGO_SETTINGS_MODULE"] = "nanococoa.settings"

import django  # noqa: E402
import httpx  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from accounts.models import Membership, Team, User  # noqa: E402
from campaigns.services import create_ad  # noqa: E402
from generation import services  # noqa: E402
from generation.models import Job  # noqa: E402
from generation.pipeline.types import Progress, Stage, SubStep  # noqa: E402
from nanococoa.redis_server import EmbeddedRedis  # noqa: E402

PREVIEW = bytes(30_000)  # a usual preview's size
EVENT_EVERY = 0.05  # five times the fastest that a worker sends


def people() -> tuple[User, Team]:
    user = User.objects.create_user("bench@example.com", "bench-password-1")
    team = Team.objects.create(name="bench")
    Membership.objects.create(user=user, team=team, role=Membership.Role.OWNER)
    return user, team


def submit_times(user: User, team: Team, count: int) -> list[float]:
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = count + 1
    seconds = []
    for _ in range(count):
        ad = create_ad(
            team=team,
            by=user,
            photo=None,
            ad_text="건어물 대박 세일",
            background_style="market",
            text_style="metal",
        )
        started = time.perf_counter()
        services.submit_job(ad=ad, by=user, test_mode=True)
        seconds.append(time.perf_counter() - started)
    return seconds


@contextmanager
def web() -> Iterator[int]:
    """A web server of our own, with WEB_PROCESSES processes; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "nanococoa.web_server", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        while not answers(port):
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/static/", timeout=30)
    except httpx.TransportError:
        return False
    return True


def session_cookie(user: User) -> str:
    client = Client()
    client.force_login(user)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


async def open_page(
    port: int, job: Job, cookie: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A websocket opened by hand (RFC 6455): a server's frames come unmasked, easy to read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = {
        "Host": f"localhost:{port}",
        "Origin": "http://localhost",
        "Cookie": cookie,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    lines = [f"GET /ws/jobs/{job.pk}/ HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in answer, answer
    return reader, writer


async def next_message(page: asyncio.StreamReader) -> dict[str, Any]:
    _, length = await page.readexactly(2)
    if length == 126:
        length = int.from_bytes(await page.readexactly(2))
    message: dict[str, Any] = json.loads(await page.readexactly(length))
    return message


async def event_times(
    port: int, job: Job, cookie: str, claim: services.Claim, count: int
) -> list[float]:
    """Seconds from before the worker's write until the page has the message."""
    page, writer = await open_page(port, job, cookie)
    while (await next_message(page))["type"] != "snapshot":
        pass
    seconds = []
    for number in range(count):
        step = Progress(sub_step=SubStep.BACKGROUND, fraction=number / count, preview=PREVIEW)
        sent = time.perf_counter()
        writing = asyncio.create_task(
            asyncio.to_thread(
                services.record_progress, claim, job=job, stage=Stage.BACKGROUND, progress=step
            )
        )
        while (await next_message(page))["type"] != "progress":
            pass
        seconds.append(time.perf_counter() - sent)
        await writing
        await asyncio.sleep(EVENT_EVERY)
    writer.close()
    return seconds


def percentile(seconds: list[float], share: int) -> str:
    return f"{1000 * statistics.quantiles(seconds, n=100)[share - 1]:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200)
    count = parser.parse_args().events
    redis = EmbeddedRedis(settings.DATA_DIR)
    redis.start()
    try:
        call_command("migrate", verbosity=0)
        user, team = people()
        submitted = submit_times(user, team, 50)
        claim = services.claim_next_job(engine="studio", owner="bench")
        assert claim is not None
        job = Job.objects.get(pk=claim.job_id)
        with web() as port:
            events = asyncio.run(event_times(port, job, session_cookie(user), claim, count))
    finally:
        redis.stop()
    table = Table("ms", "n", "p50", "p95", "max")
    for name, seconds in (("submit_job", submitted), ("worker to page", events)):
        row = [percentile(seconds, 50), percentile(seconds, 95), f"{1000 * max(seconds):.1f}"]
        table.add_row(name, str(len(seconds)), *row)
    Console().print(table)


if __name__ == "__main__":
    main()
