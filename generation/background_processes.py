"""What a terminal command needs running beside it: started when missing, ended with the command."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from generation.models import WorkerProcess
from nanococoa.redis_server import EmbeddedRedis, RedisUnavailable, is_answering

# A worker that reported itself this recently is there to take the job.
ALIVE: Final = timedelta(seconds=15)
STOP_TIMEOUT_SECONDS: Final = 10.0


class BackgroundProcesses:
    """The embedded Redis and a worker, for as long as a `with` block lasts."""

    def __init__(self, data_dir: Path, redis_url: str) -> None:
        self._server = EmbeddedRedis(data_dir)
        self._redis_url = redis_url
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._worker is not None:
            self._worker.terminate()
            try:
                self._worker.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self._worker.kill()
                self._worker.wait()
        self._server.stop()

    def start_redis(self) -> None:
        """Start the embedded Redis unless it, or the one REDIS_URL names, answers."""
        if is_answering(self._redis_url):
            return
        if self._redis_url != self._server.url:
            raise CommandError("REDIS_URL의 Redis가 대답하지 않아요.")
        try:
            self._server.start()
        except (RedisUnavailable, OSError) as error:
            raise CommandError(str(error)) from error

    def start_worker_unless_alive(self, engine: str) -> None:
        """Start a worker of our own when none of that engine has reported itself lately."""
        fresh = timezone.now() - ALIVE
        if WorkerProcess.objects.filter(engine=engine, last_heartbeat__gt=fresh).exists():
            return
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"]
        self._worker = subprocess.Popen(
            [*command, "--engine", engine],
            cwd=settings.BASE_DIR,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
