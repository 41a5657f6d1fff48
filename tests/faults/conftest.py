"""Real worker processes to kill, and ways to wait for what must happen then."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

from generation.models import Job, JobEvent, WorkerProcess
from tests.generation.conftest import make_ad, submit
from tests.waiting import PATIENCE, eventually

__all__ = ["eventually", "make_ad", "submit"]

# Long enough to kill something in the middle of a stage, short enough for a dozen tests.
PACE = 0.3


def status_of(job: Job) -> str:
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


def wait_for_status(job: Job, *statuses: str) -> Job:
    eventually(lambda: status_of(job) in statuses)
    job.refresh_from_db()
    return job


def last_event(job: Job) -> int:
    return Job.objects.values_list("event_seq", flat=True).get(pk=job.pk)


def wait_for_sub_step(job: Job, *sub_steps: str, after: int = 0) -> None:
    """Wait until one of them was written, after the event `after`.

    A look at the row alone would miss one that was over between two looks.
    """
    told = JobEvent.objects.filter(job=job, seq__gt=after, payload__sub_step__in=sub_steps)
    eventually(told.exists)


class Worker:
    """One `manage.py worker` process."""

    def __init__(self, environment: dict[str, str], *options: str) -> None:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", *options]
        self.process = subprocess.Popen(command, env=environment, start_new_session=True)
        self.pid = self.process.pid

    def row(self) -> WorkerProcess | None:
        return WorkerProcess.objects.filter(pid=self.pid).first()

    def wait_until_up(self) -> None:
        eventually(lambda: self.has_ended() or ((row := self.row()) and row.engine_pid))
        assert not self.has_ended(), "the worker did not start"

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def engine_pid(self) -> int:
        row = self.row()
        assert row is not None
        assert row.engine_pid is not None
        return row.engine_pid

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self, patience: float = PATIENCE) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)


StartWorker = Callable[..., Worker]


@pytest.fixture
def start_worker(process_environment, empty_redis) -> Iterator[StartWorker]:
    """Start a worker that rests between steps, so that there is something to interrupt."""
    started: list[Worker] = []

    def start(pace: float = PACE) -> Worker:
        worker = Worker(process_environment, "--pace", str(pace))
        started.append(worker)
        worker.wait_until_up()
        return worker

    yield start
    for worker in started:
        if worker.process.poll() is None:
            worker.terminate()


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected yet does not."""
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
