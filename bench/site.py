"""A whole site of its own for a benchmark, with temporary data, and a browser's requests."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
START_TIMEOUT_SECONDS = 60.0


class Site:
    """`python -m nanococoa.supervisor` in a fresh data folder, without the sample ads."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nc-bench-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            **(environment or {}),
            "DATA_DIR": str(self.folder),
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
        }
        self.environment.pop("REDIS_URL", None)

    def __enter__(self) -> Self:
        self.log = (self.folder / "site.log").open("wb")
        command = [sys.executable, "-m", "nanococoa.supervisor", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--no-demo"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self.url.rpartition(":")[2] in (self.folder / "site.log").read_text():
                return self
            time.sleep(0.1)
        raise RuntimeError((self.folder / "site.log").read_text())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self) -> dict[str, psutil.Process]:
        """The site's processes by what they are: web, worker, engine, redis."""
        found: dict[str, psutil.Process] = {}
        for process in psutil.Process(self.process.pid).children(recursive=True):
            words = " ".join(process.cmdline())
            for name, mark in (
                ("web", "web_process"), ("redis", "redis.sock"), ("engine", "engine_child"),
                ("worker", "manage.py worker"),
            ):  # fmt: skip
                if mark in words:
                    found.setdefault(name, process)
        return found

    def sign_up(self, email: str = "bench@example.com") -> httpx.Client:
        """Return a client that is logged in as a new merchant."""
        client = httpx.Client(base_url=self.url, follow_redirects=False, timeout=60)
        page = client.get("/accounts/signup/")
        password = "many-dried-squids-9"  # noqa: S105 - a throw-away site
        answer = client.post(
            "/accounts/signup/",
            data={
                "csrfmiddlewaretoken": token(page), "email": email, "password1": password,
            },
        )  # fmt: skip
        if answer.status_code != 302:
            raise RuntimeError(f"sign-up answered {answer.status_code}")
        return client


def token(page: httpx.Response) -> str:
    """The CSRF token of a page's form."""
    found = TOKEN.search(page.text)
    if found is None:
        raise RuntimeError(f"no form on {page.url}")
    return found[1]


def peak_memory_mb(process: psutil.Process) -> float:
    """The most memory the process has held, in MB (VmHWM; what it holds now elsewhere)."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return float(process.memory_info().rss) / 2**20
