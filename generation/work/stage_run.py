"""Driving one stage in the engine process: progress, lease, stop requests, deadlines."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

from django.db import DatabaseError

from generation import errors
from generation.deadlines import (
    LOOK_FOR_STOP_EVERY,
    PROGRESS_EVERY,
    RENEW_LEASE_EVERY,
    SILENCE_DEADLINE,
    STAGE_DEADLINE,
    STOP_PATIENCE,
)
from generation.models import Job
from generation.pipeline.errors import OutOfMemory, StageCancelled
from generation.pipeline.types import Progress, StageRequest
from generation.services import Claim, record_progress, renew_lease, stop_is_requested

from .engine_messages import GPU_LOST, Cancelled, Failed, Finished, Reported
from .engine_process import EngineDied, EngineProcess
from .patience import patiently

logger = logging.getLogger(__name__)


class WorkerLeaving(Exception):  # noqa: N818 - a request to stop, not an error
    """The worker was told to end while it drove a stage."""


class EngineLost(Exception):  # noqa: N818 - a fact about the process
    """The engine process died or had to be killed; the stage may be tried again."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class StageEndedBadly(Exception):  # noqa: N818 - the stage's own words, passed on
    """The stage failed by its own account. `failed.code` is empty for a bug."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.detail)
        self.failed = failed


class StageRun:
    """One stage being made by the engine process for one claim."""

    def __init__(
        self, claim: Claim, job: Job, engine: EngineProcess, leaving: threading.Event
    ) -> None:
        self.claim = claim
        self.job = job
        self.engine = engine
        self.leaving = leaving
        self.unwritten: Progress | None = None
        self.cancelled_at: float | None = None
        self.next_renewal = self.next_look = self.next_write = 0.0

    def drive(self, request: StageRequest) -> Finished:
        """Run the stage to its end.

        Raises StageCancelled when the job is to stop, StageEndedBadly, EngineLost, WorkerLeaving,
        and ClaimLost; the engine process is idle or dead afterwards.
        """
        started = heard = time.monotonic()
        idle = False
        try:
            self.engine.begin(request)
            while True:
                answer = self.engine.next_answer(self._pause())
                now = time.monotonic()
                if answer is not None:
                    heard = now
                match answer:
                    case Reported(progress=progress):
                        self._take(progress)
                    case Finished() | Cancelled() | Failed():
                        idle = True
                        return self._ended(answer, request)
                self._enforce(now - started, now - heard, STAGE_DEADLINE[request.stage])
                self._keep_up(request)
        except EngineDied as death:
            if self.cancelled_at is not None:
                raise StageCancelled from death
            raise EngineLost(errors.WORKER_LOST, str(death)) from death
        finally:
            if not idle:
                self.engine.kill()

    def _pause(self) -> float:
        """Wait on the pipe no longer than until the next duty."""
        if self.unwritten is None:
            return LOOK_FOR_STOP_EVERY
        return min(LOOK_FOR_STOP_EVERY, max(0.0, self.next_write - time.monotonic()))

    def _take(self, progress: Progress) -> None:
        """Keep the newest progress for the next write; a preview waits for a newer one."""
        if progress.preview is None and self.unwritten is not None:
            progress = replace(progress, preview=self.unwritten.preview)
        self.unwritten = progress

    def _keep_up(self, request: StageRequest) -> None:
        """Do what is due: look for a stop request, renew the lease, write progress."""
        now = time.monotonic()
        if self.leaving.is_set():
            raise WorkerLeaving
        if now >= self.next_look:
            self.next_look = now + LOOK_FOR_STOP_EVERY
            if self.cancelled_at is None and patiently(lambda: stop_is_requested(self.claim)):
                self.cancelled_at = now
                self.engine.cancel()
        if now >= self.next_renewal:
            patiently(lambda: renew_lease(self.claim))
            self.next_renewal = now + RENEW_LEASE_EVERY
        self._write(request)

    def _write(self, request: StageRequest, *, at_once: bool = False) -> None:
        """Write the newest progress when its time has come. Progress is worth no retry."""
        now = time.monotonic()
        if self.unwritten is None or (now < self.next_write and not at_once):
            return
        progress, self.unwritten = self.unwritten, None
        self.next_write = now + PROGRESS_EVERY
        try:
            record_progress(self.claim, job=self.job, stage=request.stage, progress=progress)
        except DatabaseError as error:
            logger.warning("progress of %s not written: %s", self.claim.job_id, error)

    def _enforce(self, elapsed: float, silent: float, deadline: float) -> None:
        """Kill an engine that takes too long, hangs, or does not stop when asked."""
        if self.cancelled_at is not None and time.monotonic() - self.cancelled_at > STOP_PATIENCE:
            raise StageCancelled
        if elapsed > deadline:
            raise EngineLost(errors.TOOK_TOO_LONG, f"stage overran {deadline:.0f} s")
        if silent > SILENCE_DEADLINE:
            raise EngineLost(errors.TOOK_TOO_LONG, f"silent for {silent:.0f} s")

    def _ended(self, answer: Finished | Cancelled | Failed, request: StageRequest) -> Finished:
        """Say how the stage ended; an engine that ran out of memory starts afresh."""
        match answer:
            case Finished():
                self._write(request, at_once=True)
                return answer
            case Cancelled():
                raise StageCancelled
            case Failed(code=code, detail=detail):
                if code == GPU_LOST:
                    # Whatever that process would do next fails too; a fresh one may well succeed.
                    self.engine.kill()
                    raise EngineLost(errors.WORKER_LOST, detail)
                if code == OutOfMemory.code:
                    self.engine.kill()
                raise StageEndedBadly(answer)
