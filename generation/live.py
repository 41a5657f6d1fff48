"""What a job's page is told: the typed messages, the snapshot, and the one way to send.

The rows are the truth; a message lost on the wire costs a page at most CATCH_UP_EVERY seconds.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict
from uuid import UUID

from channels.layers import get_channel_layer
from django.urls import reverse

from . import errors, phrases
from .engines import engine_note, engine_state
from .fairness import claim_order, queue_position
from .metrics import timing
from .models import Job, StageResult
from .pipeline.types import Stage

logger = logging.getLogger(__name__)

# Waiting pages that are told their new place after every claim; those further back ask.
PLACES_ANNOUNCED: Final = 100
# Messages that may wait for Redis at once; beyond, the pages will catch up from the rows.
UNSENT_LIMIT: Final = 1000


class ErrorInfo(TypedDict):
    code: str
    message: str


class StageMessage(TypedDict, total=False):
    """A finished stage. In a snapshot without `type` and `seq`."""

    type: Literal["stage"]
    seq: int
    stage: str
    image_url: str
    seconds: float
    reused: bool


class ProgressMessage(TypedDict, total=False):
    """One step forward, or a change of status among pending and running. Times in seconds."""

    type: Literal["progress"]
    seq: int
    status: str
    progress_percent: float
    current_step: str
    sub_step: str
    sub_step_index: int | None
    sub_step_total: int | None
    stopping: bool
    engine: str
    engine_state: str
    engine_note: str
    message: str
    elapsed_sec: float
    eta_seconds: float | None
    step_eta_seconds: float | None


class PreviewMessage(TypedDict):
    """A newer preview; not numbered, the latest wins."""

    type: Literal["preview"]
    preview_seq: int
    url: str


class QueueMessage(TypedDict):
    """A new place in the line (1 = next); not numbered."""

    type: Literal["queue"]
    queue_position: int


class FinishedMessage(TypedDict, total=False):
    type: Literal["finished"]
    seq: int
    status: str
    result_url: str | None
    download_url: str | None
    error: ErrorInfo | None
    checks: dict[str, Any]


class Snapshot(ProgressMessage, total=False):
    """All there is to know about a job, as of event number `seq`."""

    type: Literal["snapshot"]  # type: ignore[misc]
    job_id: str
    queue_position: int | None
    preview_seq: int
    preview_url: str | None
    stages: list[StageMessage]
    result_url: str | None
    download_url: str | None
    error: ErrorInfo | None
    checks: dict[str, Any]


Message = (
    Snapshot | ProgressMessage | PreviewMessage | StageMessage | FinishedMessage | QueueMessage
)


# --- from rows to messages ------------------------------------------------------------------------


def snapshot(job: Job) -> Snapshot:
    """Return the whole state of the job as its row tells it, in the active language."""
    stages = job.stages.order_by("stage")
    return {
        **progress_payload(job),
        **finished_payload(job),
        "type": "snapshot",
        "seq": job.event_seq,
        "job_id": str(job.pk),
        "queue_position": queue_position(job),
        "preview_seq": job.preview_seq,
        "preview_url": preview_url(job) if job.preview_seq else None,
        "stages": [stage_payload(result) for result in stages],
    }


def progress_payload(job: Job) -> ProgressMessage:
    """Return where the job stands, without type and number."""
    times = timing(job)
    running = job.status == Job.Status.RUNNING
    return translated(
        {
            "status": job.status,
            "progress_percent": round(job.progress_percent, 1),
            "current_step": job.current_step,
            "sub_step": job.sub_step,
            "sub_step_index": job.sub_step_index,
            "sub_step_total": job.sub_step_total,
            "stopping": running and job.stop_requested_at is not None,
            "engine": job.engine,
            "engine_state": engine_state(job),
            "elapsed_sec": times.elapsed,
            "eta_seconds": times.eta,
            "step_eta_seconds": times.step_eta,
        }
    )


def translated(message: ProgressMessage) -> ProgressMessage:
    """Return the progress with its sentences in the active language: the reader's, not ours."""
    phrase = phrases.status_phrase(
        message["status"],
        message["sub_step"],
        message["sub_step_index"],
        message["sub_step_total"],
        stopping=message["stopping"],
    )
    note = engine_note(message.get("engine_state", ""), message["status"])
    return {**message, "message": phrase, "engine_note": note}


def finished_payload(job: Job) -> FinishedMessage:
    """Return how the job ended, without type and number; nothing yet for an unfinished one."""
    done = job.status == Job.Status.COMPLETED
    return {
        "status": job.status,
        "result_url": reverse("generation:job_result", args=[job.pk]) if done else None,
        "download_url": reverse("generation:job_download", args=[job.pk]) if done else None,
        "error": error_info(job),
        "checks": job.checks,
    }


def error_info(job: Job) -> ErrorInfo | None:
    if not job.error_code:
        return None
    return {
        "code": job.error_code,
        "message": errors.sentence(job.error_code, job.error_params),
    }


def stage_payload(result: StageResult) -> StageMessage:
    """Return a finished stage. The address changes with the picture, so it may be cached."""
    number = Stage(result.stage).number
    address = reverse("generation:job_stage", args=[result.job_id, number])
    return {
        "stage": result.stage,
        "image_url": f"{address}?v={result.version}",
        "seconds": round(result.seconds, 2),
        "reused": result.reused_from_id is not None,
    }


def preview_url(job: Job) -> str:
    return f"{reverse('generation:job_preview', args=[job.pk])}?v={job.preview_seq}"


def preview_message(job: Job) -> PreviewMessage:
    return {"type": "preview", "preview_seq": job.preview_seq, "url": preview_url(job)}


# --- sending --------------------------------------------------------------------------------------


def group_name(job_id: UUID | str) -> str:
    """Return the channel layer group of everybody who watches the job."""
    return f"job.{job_id}"


class Wire:
    """The one sender: an event loop in a thread of its own, with its own Redis connection.

    A worker has no running loop, and `async_to_sync` closes the one it makes, which breaks the
    layer's connections. Sending never blocks and never raises.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsent: set[concurrent.futures.Future[None]] = set()

    def send(self, job_id: UUID | str, message: Mapping[str, Any]) -> None:
        """Send to everybody who watches the job."""
        self.send_to(group_name(job_id), "job.message", message)

    def send_to(self, group: str, kind: str, message: Mapping[str, Any]) -> None:
        """Hand the message to the channel layer; messages of one process keep their order.

        `kind` names the consumer's method, as Channels has it.
        """
        if len(self._unsent) >= UNSENT_LIMIT:
            logger.warning("live message to %s dropped: Redis does not take them", group)
            return
        sending = get_channel_layer().group_send(group, {"type": kind, "message": dict(message)})
        future = asyncio.run_coroutine_threadsafe(sending, self._running_loop())
        self._unsent.add(future)
        future.add_done_callback(self._sent)

    def flush(self, timeout: float) -> None:
        """Wait until what was handed over is sent; for a process about to end."""
        concurrent.futures.wait(set(self._unsent), timeout=timeout)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="live", daemon=True).start()
            return self._loop

    def _sent(self, future: concurrent.futures.Future[None]) -> None:
        self._unsent.discard(future)
        if not future.cancelled() and (error := future.exception()):
            logger.warning("live message not sent: %s", error)


wire = Wire()


def send(job_id: UUID | str, message: Mapping[str, Any]) -> None:
    """Send one message to everybody who watches the job. Logged when it fails, never raised."""
    wire.send(job_id, message)


def announce_queue(engine: str) -> None:
    """Tell the pages that wait for this engine their place in the line."""
    for place, job_id in enumerate(claim_order(engine)[:PLACES_ANNOUNCED], start=1):
        send(job_id, QueueMessage(type="queue", queue_position=place))
