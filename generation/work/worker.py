"""The worker: takes RQ's wake-ups, claims jobs, drives its engine process; imports no engine."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from types import FrameType
from typing import Any
from uuid import UUID

import django_rq
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker, WorkerStatus

from generation import live
from generation.drafts import slots
from generation.drafts.slots import drafts_queue
from generation.models import WorkerProcess
from generation.services import claim_next_job

from .draft_run import DraftRun
from .drafts_ahead import DraftsAhead
from .engine_process import EngineProcess
from .fitness import Fitness
from .job_run import JobRun
from .patience import patiently
from .postman import Postman
from .pulse import Pulse
from .reconcile import reconcile

logger = logging.getLogger(__name__)

# How long a blocking read of the queue lasts, 15 s less than this (RQ's arithmetic).
MESSAGE_WAIT = 60
# Pause before listening again after Redis went away.
RECONNECT_EVERY = 1.0
# A worker that ends gives its last messages this long to go out.
FLUSH_TIMEOUT = 1.0


class MessageWorker(SimpleWorker):
    """RQ's part: waits for messages and runs them in this process.

    It listens for no commands over pub/sub: a job is stopped through its row.
    """

    max_connection_wait_time = 2.0

    def __init__(self, *args: Any, leaving: threading.Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaving = leaving

    def subscribe(self) -> None:
        """Take no commands."""

    def unsubscribe(self) -> None:
        """There is nothing to unsubscribe from."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End after the message at hand, which gives its job back at once.

        Unlike RQ's own it does not talk to Redis, which may be away, inside a signal handler.
        """
        self.leaving.set()
        self._stop_requested = True
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested


class EngineWorker:
    """One worker process with its engine process, until it is told to leave."""

    def __init__(self, engine: str, *, pace: float = 0.0) -> None:
        self.engine = engine
        self.name = f"{engine}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"[-100:]
        self.engine_process = EngineProcess(engine, pace=pace)
        self.leaving = threading.Event()
        self.fitness = Fitness(self.engine_process, self.leaving)
        self.job_id: UUID | None = None
        self.burst = False

    def run(self, *, burst: bool = False) -> None:
        """Work until SIGTERM or SIGINT, or in burst mode until nothing is left to do."""
        set_current(self)
        self.burst = burst
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._leave)
        pulse, postman = Pulse(self), Postman()
        try:
            self.engine_process.start()
            pulse.beat()
            pulse.start()
            postman.start()
            self.fitness.can_work()
            if burst:
                reconcile(self.engine)
            self._listen(burst=burst)
        except StopRequested:
            pass
        finally:
            postman.stop()
            self._say_goodbye(pulse)

    def _leave(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.leaving.set()
        raise StopRequested

    def _listen(self, *, burst: bool) -> None:
        """Take messages; whenever Redis goes away, start over once it is back."""
        while not self.leaving.is_set():
            try:
                self._message_worker().work(burst=burst, logging_level="WARNING")
                if burst:
                    return
            except RedisError as error:
                logger.warning("Redis is away: %s", error)
            self.leaving.wait(RECONNECT_EVERY)

    def _message_worker(self) -> MessageWorker:
        client = Redis.from_url(settings.REDIS_URL)
        return MessageWorker(
            # In this order: no draft is begun while a message of a job waits.
            [
                django_rq.get_queue(name, connection=client)
                for name in (self.engine, drafts_queue(self.engine))
            ],
            # RQ refuses a name that it believes is in use, as after a lost connection.
            name=f"{self.name}-{secrets.token_hex(2)}",
            connection=client,
            serializer=JSONSerializer,
            worker_ttl=MESSAGE_WAIT,
            log_job_description=False,
            leaving=self.leaving,
        )

    def work_on_next_job(self) -> bool:
        """Claim the fairest pending job and take it to its end.

        False when none waits, or the engine cannot work: others, or the studio, take them then.
        """
        close_old_connections()
        if not self.fitness.can_work():
            return False
        try:
            claim = patiently(lambda: claim_next_job(engine=self.engine, owner=self.name))
            if claim is None:
                return False
            self.job_id = claim.job_id
            JobRun(claim, self.engine_process, self.leaving, self.fitness).run()
        except DatabaseError:
            # The lease runs out and somebody takes over; this worker lives on.
            logger.exception("the database stayed away")
        finally:
            self.job_id = None
            if not self.leaving.is_set():
                self.engine_process.start()
        return True

    def draw_next_draft(self) -> bool:
        """Draw the draft of whoever has waited longest; False when nobody waits."""
        close_old_connections()
        try:
            wishes = slots.take(self.engine)
            if wishes is None:
                return False
            DraftRun(wishes, self.engine_process, self.leaving).run()
            if not self.burst:
                DraftsAhead(wishes, self.engine_process, self.leaving).run()
        except (DatabaseError, RedisError) as error:
            # The page asks again when the merchant changes something; nothing is lost.
            logger.warning("a draft was not drawn: %s", error)
        finally:
            if not self.leaving.is_set():
                self.engine_process.start()
        return True

    def _say_goodbye(self, pulse: Pulse) -> None:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, signal.SIG_IGN)
        self.engine_process.stop()
        pulse.stop()
        live.wire.flush(FLUSH_TIMEOUT)
        try:
            WorkerProcess.objects.filter(name=self.name).delete()
        except DatabaseError as error:
            logger.warning("worker row not removed: %s", error)
        connection.close()


_current: EngineWorker | None = None


def set_current(worker: EngineWorker) -> None:
    """Say which worker this process is; RQ calls its messages as plain functions."""
    global _current  # noqa: PLW0603 - one worker per process, by nature
    _current = worker


def current() -> EngineWorker:
    """Return this process's worker. Raises RuntimeError outside `manage.py worker`."""
    if _current is None:
        raise RuntimeError("messages are for `manage.py worker`, not for another RQ worker")
    return _current
