"""How long a merchant waits: a 1080x1080 ad from click to finished, seen from outside.

The form is posted over HTTP and the job's socket is watched, as a browser does. Each run has its
own seed, so nothing but warm caches helps the later ones; the copy change then re-uses the scene.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

import httpx
import websockets

from . import engine
from .site import ROOT, Site, peak_memory_mb, token
from .tables import show, summary

PHOTO = ROOT / "campaigns/demo/gift_box.jpg"
COPIES = (
    "건어물 대박 세일",
    "오늘만 반값 세일",
    "바다 향 그대로",
    "명절 선물 예약",
    "갓 말린 오징어",
)


@dataclass
class Run:
    """One ad: seconds since the click."""

    submit: float = 0.0
    first_preview: float | None = None
    finished: float = 0.0
    previews: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    job_path: str = ""


def submit(client: httpx.Client, copy: str) -> tuple[str, float]:
    """Post the form; return the job's path and the seconds the answer took."""
    page = client.get("/new/")
    data = {
        "csrfmiddlewaretoken": token(page), "ad_text": copy, "background_style": "market",
        "text_style": "gold_balloon", "text_position": "auto", "format": "1:1",
        "form_key": f"bench-{time.time_ns()}",
    }  # fmt: skip
    photo = PHOTO.read_bytes()
    start = time.perf_counter()
    answer = client.post("/new/", data=data, files={"photo": ("photo.jpg", photo, "image/jpeg")})
    seconds = time.perf_counter() - start
    if answer.status_code != 302:
        raise RuntimeError(f"the form answered {answer.status_code}")
    return answer.headers["location"], seconds


async def watch(site: Site, client: httpx.Client, path: str, run: Run, start: float) -> None:
    """Follow the job's socket until it has finished, noting when things happened."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    address = f"ws://127.0.0.1:{site.port}/ws{path}"
    headers = {"Cookie": cookies, "Origin": site.url}
    async with websockets.connect(address, additional_headers=headers) as socket:
        async for raw in socket:
            message = json.loads(raw)
            kind, now = message["type"], time.perf_counter() - start
            if kind == "preview" or message.get("preview_url"):
                run.previews += 1
                run.first_preview = run.first_preview or now
            stages = message.get("stages", []) if kind == "snapshot" else []
            for stage in [*stages, *([message] if kind == "stage" else [])]:
                run.stages[stage["stage"]] = stage["seconds"]
            if kind == "finished" or message.get("status") in ("completed", "failed", "stopped"):
                if message["status"] != "completed":
                    raise RuntimeError(f"the job ended as {message}")
                run.finished = now
                return


def one_ad(site: Site, client: httpx.Client, copy: str) -> Run:
    run = Run()
    start = time.perf_counter()
    run.job_path, run.submit = submit(client, copy)
    asyncio.run(watch(site, client, run.job_path, run, start))
    return run


def change_copy(site: Site, client: httpx.Client, job_path: str, copy: str) -> Run:
    page = client.get(job_path)
    run = Run()
    start = time.perf_counter()
    answer = client.post(
        f"{job_path}copy/", data={"csrfmiddlewaretoken": token(page), "ad_text": copy}
    )
    run.submit, run.job_path = time.perf_counter() - start, answer.headers["location"]
    asyncio.run(watch(site, client, run.job_path, run, start))
    return run


def bench(runs: int) -> None:
    """Print the tables: whole ads, copy changes, peak memory of every process."""
    engine.tables(runs)
    with Site() as site:
        client = site.sign_up()
        cold = one_ad(site, client, COPIES[0])
        warm = [one_ad(site, client, COPIES[index % len(COPIES)]) for index in range(runs)]
        changed = [
            change_copy(site, client, run.job_path, COPIES[(index + 2) % len(COPIES)])
            for index, run in enumerate(warm[:3])
        ]
        memory = {name: peak_memory_mb(process) for name, process in site.processes().items()}
    show(
        f"1080x1080 ad, seconds since the click ({runs} runs after a cold one)",
        ("", "cold", "min", "median", "max"),
        rows(cold, warm),
    )
    show("change of copy only", ("", "min", "median", "max"),
         [("finished", *summary([run.finished for run in changed]))])  # fmt: skip
    show("peak memory, MB", ("process", "MB"),
         [(name, f"{value:.0f}") for name, value in sorted(memory.items())])  # fmt: skip


def rows(cold: Run, warm: list[Run]) -> list[tuple[str, ...]]:
    def row(name: str, value: object) -> tuple[str, ...]:
        get = value  # a function of a run
        return (name, f"{get(cold):.2f}", *summary([get(run) for run in warm]))  # type: ignore[operator]

    return [
        row("form answered", lambda run: run.submit),
        row("first preview", lambda run: run.first_preview or float("nan")),
        *(
            row(f"  {stage}", lambda run, stage=stage: run.stages.get(stage, 0.0))
            for stage in cold.stages
        ),
        row("finished", lambda run: run.finished),
        row("previews seen", lambda run: float(run.previews)),
    ]
