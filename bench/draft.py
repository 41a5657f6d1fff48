"""How live the draft is: from a change in the form to the draft's picture on the page.

    python -m bench.draft [--runs 5]

A whole site in a fresh data folder; every change is posted and the socket watched as the form's
script does, and the picture is fetched. What the script waits for after the last keystroke (PAUSE)
is part of the figures; a tap is asked for at once. LLVM is measured too where its library is known
(DRJIT_LIBLLVM_PATH).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from websockets.sync.client import ClientConnection, connect

from .site import ROOT, Site, token
from .tables import show, summary

# What a merchant tries after a rest.
REACHED = ("cafe", "beach", "market", "luxury")
PHOTO = ROOT / "campaigns/demo/latte_cup.jpg"
# static/js/draft.js: a finger that types rests this long.
PAUSE = 0.35
COPIES = ("오늘만 반값", "대박 세일", "신상 입고", "갓 구운 빵", "새봄 할인", "정성 가득")
WISHES = {
    "background_style": "minimal",
    "text_style": "metal",
    "text_position": "auto",
    "format": "1:1",
    "seed": "1",
}
PATIENCE = 120.0
# The engine has nothing left to do when it did nothing for so long; it begins after two seconds.
REST = 4.0


# What a merchant does in the run of that number: changes wishes, or nothing (None).
Step = Callable[[int], dict[str, str] | None]


@dataclass
class Drawn:
    """Seconds since the keystroke or tap; `work` is the engine's own, on the processor."""

    first: float
    done: float
    work: float


class Form:
    """An open form: its wishes, its socket, and the merchant who changes them."""

    def __init__(self, site: Site, client: httpx.Client, socket: ClientConnection) -> None:
        self.site, self.client, self.socket = site, client, socket
        page = client.get("/new/")
        self.wishes = {"csrfmiddlewaretoken": token(page), "ad_text": COPIES[0], **WISHES}
        upload = {"photo": ("photo.jpg", PHOTO.read_bytes(), "image/jpeg")}
        headers = {"X-CSRFToken": self.wishes["csrfmiddlewaretoken"]}
        sent = client.post("/photos/", files=upload, headers=headers)
        self.wishes["photo_id"] = str(sent.json()["id"])

    def engine_seconds(self) -> float:
        engine = self.site.processes().get("engine")
        times = engine.cpu_times() if engine else None
        return float(times.user + times.system) if times else 0.0

    def change(self, **wishes: str) -> Drawn:
        """Change something; return when its first and its last picture were there."""
        self.wishes |= wishes
        worked = self.engine_seconds()
        started = time.perf_counter() - (PAUSE if wishes.keys() == {"ad_text"} else 0.0)
        number = self.client.post("/drafts/", data=self.wishes).json()["number"]
        first = 0.0
        while True:
            news = json.loads(self.socket.recv(timeout=PATIENCE))
            if news["number"] != number:
                continue
            if news["url"]:
                assert self.client.get(news["url"]).status_code == 200
                first = first or time.perf_counter() - started
            if news["status"] == "done":
                done = time.perf_counter() - started
                return Drawn(first, done, self.engine_seconds() - worked)
            if news["status"] != "drawing":
                raise RuntimeError(f"no draft: {news}")

    def wait_for_a_drawer(self) -> None:
        """Wait until the site's worker has come up."""
        while self.client.post("/drafts/", data=self.wishes).json()["status"] != "waiting":
            time.sleep(1)

    def rest(self, _number: int) -> None:
        """Think until the engine, which uses that time, has nothing left to do."""
        worked, since = self.engine_seconds(), time.monotonic()
        while time.monotonic() - since < REST:
            time.sleep(0.2)
            if self.engine_seconds() - worked > 0.05:
                worked, since = self.engine_seconds(), time.monotonic()


@contextmanager
def form(variant: str) -> Iterator[Form]:
    with Site({"NANOCOCOA_MITSUBA_VARIANT": variant}) as site:
        client = site.sign_up()
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        headers = {"Cookie": cookies, "Origin": site.url}
        address = f"ws://127.0.0.1:{site.port}/ws/drafts/"
        with connect(address, additional_headers=headers) as socket:
            yield Form(site, client, socket)


def measure(variant: str, runs: int) -> list[tuple[str, ...]]:
    """Return the table's rows for one variant of the renderer."""
    with form(variant) as page:
        page.wait_for_a_drawer()
        page.change()  # the engine warms up, kernels are compiled
        changes: list[tuple[str, list[Step]]] = [
            ("copy", [lambda n: {"ad_text": COPIES[(n + 1) % len(COPIES)]}]),
            ("text style", [lambda n: {"text_style": ("gold_balloon", "metal")[n % 2]}]),
            ("position", [lambda n: {"text_position": ("top", "bottom", "center")[n % 3]}]),
            ("background, seen before", [
                lambda n: {"background_style": "market", "seed": str(n)},
                lambda _n: {"background_style": "minimal", "seed": "1"},
                lambda n: {"background_style": "market", "ad_text": COPIES[-1], "seed": str(n)},
            ]),
            ("background, after a rest", [
                lambda n: {"background_style": "minimal", "seed": str(500 + n)},
                page.rest,
                lambda n: {"background_style": REACHED[n % len(REACHED)]},
            ]),
            ("background, cold", [
                lambda n: {"background_style": ("minimal", "market")[n % 2], "seed": str(1000 + n)}
            ]),
        ]  # fmt: skip
        return [row(name, [one(page, steps, n) for n in range(runs)]) for name, steps in changes]


def one(page: Form, steps: list[Step], number: int) -> Drawn:
    """Make the changes, or rest, one after the other; the last change is measured."""
    *before, last = steps
    for step in before:
        wishes = step(number)
        if wishes is not None:
            page.change(**wishes)
    return page.change(**(last(number) or {}))


def row(name: str, drawn: list[Drawn]) -> tuple[str, ...]:
    first, done = summary([d.first for d in drawn]), summary([d.done for d in drawn])
    return (name, *first, *done, summary([d.work for d in drawn])[1])


def bench(runs: int) -> None:
    """Print a table for each variant there is."""
    variants = ["scalar_rgb", *(["llvm_ad_rgb"] if os.environ.get("DRJIT_LIBLLVM_PATH") else [])]
    columns = ("", "first: min", "median", "max", "draft: min", "median", "max", "CPU")
    for variant in variants:
        rows = measure(variant, runs)
        title = f"draft, {variant}: seconds since keystroke or tap (load {os.getloadavg()[0]:.1f})"
        show(title, columns, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    bench(parser.parse_args().runs)
