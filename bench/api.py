"""How fast the HTTP API answers: status under load, generate with a photo, events beside pollers.

    python -m bench.api [--seconds 8]

A web server of two processes, as in compose.yaml, and an embedded Redis of its own on a throw-away
SQLite database. The callers share the
machine's cores with the site, so the figures are what two cores give to both. Prints one table.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import random
import statistics
import time
from typing import Final

os.environ |= {
    "WEB_PROCESSES": os.environ.get("WEB_PROCESSES", "2"),
    "API_READ_RATE": "1000000/minute",
    "API_WRITE_RATE": "1000000/minute",
    "MAX_UNFINISHED_JOBS_PER_TEAM": "100000",
}

from bench import live_latency as wire  # isort: skip - it sets Django up

import httpx
import numpy as np
from django.conf import settings
from django.core.management import call_command
from PIL import Image

from accounts.tokens import issue_token
from bench.tables import percentile, show
from generation import services
from generation.models import Job
from nanococoa.redis_server import EmbeddedRedis

CONNECTIONS: Final = 16
# Questions a second that all of them ask together, and that must be answered in time.
RATE: Final = 300
POLLERS: Final = 100
POSTS: Final = 12
# Megabytes of the photo that is posted.
PHOTO_MB: Final = 5.0


def photos(count: int) -> list[bytes]:
    """Return different JPEGs of about five megabytes: twelve megapixels with a phone's grain."""
    rng = np.random.default_rng(1)
    smooth = np.asarray(Image.linear_gradient("L").resize((4000, 3000)), np.int16)
    noisy = smooth[..., None] + rng.integers(-14, 15, (3000, 4000, 3), np.int16)
    picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    sizes = ((quality, len(jpeg(picture, quality))) for quality in range(95, 60, -1))
    quality = next(quality for quality, size in sizes if size <= PHOTO_MB * 2**20)
    found = []
    for number in range(count):
        # A known photo would be answered without being stored.
        picture.paste((20 * number, 90, 60), (0, 0, 64, 64))
        found.append(jpeg(picture, quality))
    return found


def jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


class Poller:
    """A program on one kept connection that asks how its job stands.

    By hand, not by an HTTP library: the client shares the cores, and is to take little of them.
    """

    def __init__(self, port: int, key: str, job: Job) -> None:
        self.port = port
        self.taken: list[float] = []
        self.question = (
            f"GET /api/status/{job.pk} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {key}\r\nAccept: application/json\r\n\r\n"
        ).encode()

    async def run(self, until: float, *, every: float = 0.0) -> None:
        """Ask until the time is over: at once again, or once in every `every` seconds."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        due = time.perf_counter() + random.uniform(0, every)
        while (now := time.perf_counter()) < until:
            if due > now:
                await asyncio.sleep(due - now)
            # From when it was due: a client held up by a slow answer counts what it waited.
            started = due if every else time.perf_counter()
            writer.write(self.question)
            await self._answer(reader)
            self.taken.append(time.perf_counter() - started)
            due += every
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
        await reader.readexactly(int(length))


async def polled(
    port: int, key: str, jobs: list[Job], seconds: float, *, every: float = 0.0
) -> list[float]:
    """Return the seconds that every answer took, of one poller per job."""
    pollers = [Poller(port, key, job) for job in jobs]
    until = time.perf_counter() + seconds
    await asyncio.gather(*(poller.run(until, every=every) for poller in pollers))
    return [taken for poller in pollers for taken in poller.taken]


def post_times(site: str, key: str) -> list[float]:
    taken = []
    with httpx.Client(
        base_url=site, headers={"Authorization": f"Bearer {key}"}, timeout=60
    ) as http:
        for body in photos(POSTS):
            started = time.perf_counter()
            answer = http.post(
                "/api/generate",
                data={"ad_text": "건어물 대박 세일"},
                files={"product_image": ("photo.jpg", body)},
            )
            taken.append(time.perf_counter() - started)
            answer.raise_for_status()
    return taken


async def events_beside_pollers(port: int, key: str, jobs: list[Job], cookie: str) -> list[float]:
    claim = services.claim_next_job(engine="studio", owner="bench")
    assert claim is not None
    watched = await asyncio.to_thread(Job.objects.get, pk=claim.job_id)
    each = [jobs[number % len(jobs)] for number in range(POLLERS)]
    pollers = asyncio.create_task(polled(port, key, each, 12, every=1.0))
    await asyncio.sleep(1)
    taken = await wire.event_times(port, watched, cookie, claim, 60)
    await pollers
    return taken


def row(name: str, taken: list[float], target: str, more: str = "") -> tuple[str, ...]:
    return (
        name,
        f"{1000 * statistics.median(taken):.0f}",
        f"{1000 * percentile(taken, 0.95):.0f}",
        target,
        more,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.api")
    parser.add_argument("--seconds", type=float, default=8.0)
    seconds = parser.parse_args().seconds
    redis = EmbeddedRedis(settings.DATA_DIR)
    redis.start()
    try:
        call_command("migrate", verbosity=0)
        user, team = wire.people()
        key = issue_token(user=user, team=team, name="bench", scope="admin")[1]
        wire.submit_times(user, team, CONNECTIONS)
        jobs = list(Job.objects.all()[:CONNECTIONS])
        with wire.web() as port:
            site = f"http://127.0.0.1:{port}"
            asyncio.run(polled(port, key, jobs, 1))  # warm
            flat_out = asyncio.run(polled(port, key, jobs, seconds))
            paced = asyncio.run(polled(port, key, jobs, seconds, every=CONNECTIONS / RATE))
            posts = post_times(site, key)
            cookie = wire.session_cookie(user)
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
            events = asyncio.run(events_beside_pollers(port, key, jobs, cookie))
    finally:
        redis.stop()
    most, asked = (f"{len(taken) / seconds:.0f} requests/s" for taken in (flat_out, paced))
    rows = [
        row(f"status, {CONNECTIONS} connections, {RATE} a second", paced, "25", asked),
        row(f"status, {CONNECTIONS} connections, as fast as they can", flat_out, "", most),
        row(f"generate, {PHOTO_MB:.0f} MB photo", posts, "200"),
        row(f"socket event, {POLLERS} pollers", events, "300"),
    ]
    show("The HTTP API (milliseconds)", ("what", "p50", "p95", "target p95", ""), rows)


if __name__ == "__main__":
    main()
