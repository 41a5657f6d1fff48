"""How fast the HTTP API answers: status under load, generate with a photo, events beside pollers.

    python -m bench.api [--seconds 8]

A Daphne and an embedded Redis of its own on a throw-away SQLite database. The callers share the
machine's cores with the site, so the figures are what two cores give to both. Prints one table.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import statistics
import sys
import time
from typing import Final

os.environ |= {
    "API_READ_RATE": "1000000/minute",
    "API_WRITE_RATE": "1000000/minute",
    "MAX_UNFINISHED_JOBS_PER_TEAM": "100000",
}

from bench import live_latency as wire  # isort: skip - it sets Django up

import httpx
import numpy as np
from PIL import Image

from accounts.tokens import issue_token
from bench.tables import percentile, show
from generation import services
from generation.models import Job
from nanococoa.redis_server import EmbeddedRedis

CONNECTIONS: Final = 16
POLLERS: Final = 100
POSTS: Final = 12
# Megabytes of the photo that is posted.
PHOTO_MB: Final = 5.0


def photo() -> bytes:
    """Return a JPEG of about five megabytes: twelve megapixels with a phone's grain."""
    rng = np.random.default_rng(1)
    smooth = np.asarray(Image.linear_gradient("L").resize((4000, 3000)), np.int16)
    noisy = smooth[..., None] + rng.integers(-14, 15, (3000, 4000, 3), np.int16)
    out = io.BytesIO()
    picture = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    for quality in (92, 88, 84, 80, 74, 68):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() <= PHOTO_MB * 2**20:
            break
    return out.getvalue()


async def ask(http: httpx.AsyncClient, path: str, until: float, taken: list[float]) -> None:
    """Ask again and again until the time is over."""
    while time.perf_counter() < until:
        started = time.perf_counter()
        answer = await http.get(path)
        taken.append(time.perf_counter() - started)
        answer.raise_for_status()


async def status_under_load(site: str, key: str, job: Job, seconds: float) -> list[float]:
    taken: list[float] = []
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=site, headers=headers, limits=limits) as http:
        path = f"/api/status/{job.pk}"
        await asyncio.gather(*(http.get(path) for _ in range(CONNECTIONS)))
        until = time.perf_counter() + seconds
        await asyncio.gather(*(ask(http, path, until, taken) for _ in range(CONNECTIONS)))
    return taken


def post_times(site: str, key: str) -> list[float]:
    content, taken = photo(), []
    with httpx.Client(
        base_url=site, headers={"Authorization": f"Bearer {key}"}, timeout=60
    ) as http:
        for number in range(POSTS):
            # Another photo each time: the same one would be known already.
            body = content + bytes([number])
            started = time.perf_counter()
            answer = http.post(
                "/api/generate",
                data={"ad_text": "건어물 대박 세일"},
                files={"product_image": ("photo.jpg", body)},
            )
            taken.append(time.perf_counter() - started)
            answer.raise_for_status()
    return taken


async def poll(site: str, key: str, job: Job, until: float) -> None:
    """One of many programs that ask once a second."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=site, headers=headers, timeout=30) as http:
        while time.perf_counter() < until:
            await http.get(f"/api/status/{job.pk}")
            await asyncio.sleep(1)


async def events_beside_pollers(port: int, key: str, job: Job, cookie: str) -> list[float]:
    claim = services.claim_next_job(engine="studio", owner="bench")
    assert claim is not None
    watched = await asyncio.to_thread(Job.objects.get, pk=claim.job_id)
    until = time.perf_counter() + 12
    site = f"http://127.0.0.1:{port}"
    pollers = [asyncio.create_task(poll(site, key, job, until)) for _ in range(POLLERS)]
    await asyncio.sleep(1)
    taken = await wire.event_times(port, watched, cookie, claim, 60)
    await asyncio.gather(*pollers)
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
    redis = EmbeddedRedis(wire.settings.DATA_DIR)
    redis.start()
    try:
        wire.call_command("migrate", verbosity=0)
        user, team = wire.people()
        key = issue_token(user=user, team=team, name="bench", scope="admin")[1]
        wire.submit_times(user, team, 2)
        job = Job.objects.earliest("created_at")
        with wire.web() as port:
            site = f"http://127.0.0.1:{port}"
            taken = asyncio.run(status_under_load(site, key, job, seconds))
            posts = post_times(site, key)
            cookie = wire.session_cookie(user)
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
            events = asyncio.run(events_beside_pollers(port, key, job, cookie))
    finally:
        redis.stop()
    rate = f"{len(taken) / seconds:.0f} requests/s (>= 300)"
    rows = [
        row(f"status, {CONNECTIONS} connections", taken, "25", rate),
        row(f"generate, {PHOTO_MB:.0f} MB photo", posts, "200"),
        row(f"socket event, {POLLERS} pollers", events, "300"),
    ]
    show("The HTTP API (milliseconds)", ("what", "p50", "p95", "target p95", ""), rows)


if __name__ == "__main__":
    sys.exit(main())
