"""The one way a job's row changes: conditionally, with its numbered event, told on commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from generation import live
from generation.models import Job, JobEvent

Payload = Callable[[Job], Mapping[str, Any]]


def change(
    job_id: UUID, while_: Q, *, kind: str, payload: Payload = live.progress_payload, **fields: Any
) -> Job | None:
    """Update the job if `while_` still holds of it, with the event that says so; None if not.

    The payload is made from the changed row. The event is sent when the outermost transaction
    commits, so nobody hears of what was rolled back.
    """
    with transaction.atomic():
        if not Job.objects.filter(while_, pk=job_id).update(event_seq=F("event_seq") + 1, **fields):
            return None
        job = Job.objects.select_related("ad__photo").get(pk=job_id)
        event = JobEvent(job=job, seq=job.event_seq, kind=kind, payload=dict(payload(job)))
        event.save(force_insert=True)
        message = event.to_message()
        transaction.on_commit(lambda: live.send(job_id, message))
    return job


def announce_queue_on_commit(engine: str) -> None:
    """Tell the waiting pages their places once the change that moved them is there to be seen."""
    transaction.on_commit(lambda: live.announce_queue(engine))
