"""`make run`: database, embedded Redis, web and worker under one parent, until Ctrl-C.

The parent stays light: it imports no Django. What can go wrong at the start is said in one Korean
sentence, with an exit code that is not 0. A child that dies is started again, with growing pauses.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final, NoReturn

from nanococoa.children import ROOT, Child, say, stop_all
from nanococoa.environment import redis_url
from nanococoa.redis_server import EmbeddedRedis, RedisUnavailable, is_answering
from nanococoa.web_server import processes, processes_wanted, reserve

WEB_START_TIMEOUT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.2


class CannotStart(Exception):  # noqa: N818 - a sentence for the terminal, not a bug
    """Something outside the program is in the way; the message is the sentence to print."""


def check_writable(folder: Path) -> None:
    """Raise CannotStart unless files can be made in the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotStart(
            f"데이터 폴더에 쓸 수 없어요: {folder} ({error.strerror}). DATA_DIR을 바꿔 주세요."
        ) from error


def keep_address(host: str, port: int) -> socket.socket:
    """Return what keeps the address; raise CannotStart when somebody listens there already."""
    try:
        return reserve(host, port)
    except OSError as error:
        raise CannotStart(
            f"{host}:{port}을 열 수 없어요 ({error.strerror}). "
            f"다른 포트로 켜 보세요: make run PORT={port + 1}"
        ) from error


def start_redis(data_dir: Path) -> EmbeddedRedis | None:
    """Return the embedded Redis, or None when REDIS_URL names one that is not ours."""
    try:
        url = redis_url()
    except ValueError as error:
        raise CannotStart(str(error)) from error
    if url:
        if not is_answering(url):
            raise CannotStart(f"REDIS_URL의 Redis가 대답하지 않아요: {url.rpartition('@')[2]}")
        return None
    server = EmbeddedRedis(data_dir)
    try:
        server.start()
    except RedisUnavailable as error:
        raise CannotStart(str(error)) from error
    return server


def manage(*words: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *words]


def prepare_database(*, demo: bool) -> None:
    """Migrate, and make the demo account; the command prints its own sentence when it cannot."""
    command = manage("prepare", *(["--demo"] if demo else []))
    finished = subprocess.run(command, cwd=ROOT, check=False, stderr=subprocess.PIPE, text=True)
    if finished.returncode:
        last_line = (finished.stderr.strip().splitlines() or ["데이터베이스를 준비하지 못했어요."])[
            -1
        ]
        raise CannotStart(last_line.removeprefix("CommandError: "))


def wait_for_web(host: str, port: int, web: list[Child]) -> None:
    """Wait until an answer comes, whatever it says."""
    deadline = time.monotonic() + WEB_START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and not all(child.has_ended for child in web):
        connection = HTTPConnection(_reachable(host), port, timeout=WEB_START_TIMEOUT_SECONDS)
        try:
            connection.request("GET", "/accounts/login/", headers={"Host": "localhost"})
            connection.getresponse()
        except (OSError, HTTPException):
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise CannotStart("웹 서버가 켜지지 않았어요. 위의 기록을 확인해 주세요.")


def web_count() -> int:
    try:
        return processes_wanted()
    except ValueError as error:
        raise CannotStart(str(error)) from error


class Supervisor:
    """Owns every process of a local site from start to end."""

    def __init__(self, host: str, port: int, data_dir: Path, *, demo: bool) -> None:
        self.host, self.port, self.data_dir, self.demo = host, port, data_dir, demo
        self.web: list[Child] = []
        self.worker = Child("워커", manage("worker"))
        self.address: socket.socket | None = None
        self.redis: EmbeddedRedis | None = None

    def run(self) -> None:
        """Start everything, print the address, watch until asked to stop; then end everything."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _interrupt)
        try:
            self._start()
            while True:
                time.sleep(POLL_SECONDS)
                for child in (*self.web, self.worker):
                    child.keep_alive()
                self._keep_redis_alive()
        except KeyboardInterrupt:
            say("\n끄는 중이에요…")
        finally:
            self._stop()

    def _start(self) -> None:
        check_writable(self.data_dir)
        (self.data_dir / "static").mkdir(exist_ok=True)  # WhiteNoise warns where it is missing
        self.address = keep_address(self.host, self.port)
        self.redis = start_redis(self.data_dir)
        self.web = processes(self.host, self.port, web_count())
        for child in self.web:
            child.start()  # while it imports, the database is made ready
        prepare_database(demo=self.demo)
        self.worker.start()
        wait_for_web(self.host, self.port, self.web)
        say(f"\n  nanoCocoa가 켜졌어요 →  http://{_shown(self.host)}:{self.port}/")
        if self.demo:
            say("  체험 계정: demo@nanococoa.local  비밀번호: nanococoa-demo")
        say("  끄려면 Ctrl-C\n")

    def _keep_redis_alive(self) -> None:
        if self.redis and self.redis.process and self.redis.process.poll() is not None:
            say("Redis가 끝났어요. 다시 켤게요.")
            self.redis.start()

    def _stop(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        stop_all((self.worker, *self.web))
        if self.address:
            self.address.close()
        if self.redis:
            self.redis.stop()


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """Read the options and run; return the exit code."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000")
    parser.add_argument("--no-demo", action="store_true", help="no demo account, no sample ads")
    options = parser.parse_args()
    data_dir = Path(os.environ.get("DATA_DIR") or ROOT / "data").resolve()
    try:
        Supervisor(options.host, options.port, data_dir, demo=not options.no_demo).run()
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
