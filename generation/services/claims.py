"""Who works on what: claims with a lease, and what becomes of lost ones."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from generation import errors
from generation.deadlines import LEASE, MAX_LOSSES
from generation.fairness import claim_order
from generation.models import Job
from generation.queueing import wake_on_commit

from .claim import Claim, ClaimLost
from .outcomes import fail_rows, stop_rows
from .transition import announce_queue_on_commit, change

logger = logging.getLogger(__name__)


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=LEASE)


def claim_next_job(*, engine: str, owner: str) -> Claim | None:
    """Take the fairest pending job of the engine; None when there is nothing to take.

    The update is conditional on the row still waiting, so of many workers one gets it.
    """
    for job_id in claim_order(engine):
        job = change(
            job_id,
            Q(status=Job.Status.PENDING, engine=engine),
            kind="progress",
            status=Job.Status.RUNNING,
            attempt=F("attempt") + 1,
            lease_owner=owner,
            lease_expires_at=_lease_end(),
            started_at=Coalesce(F("started_at"), timezone.now()),
            sub_step="",
        )
        if job is not None:
            announce_queue_on_commit(engine)
            return Claim(job_id=job.pk, attempt=job.attempt, owner=owner)
    return None


def renew_lease(claim: Claim) -> None:
    """Keep the job for another LEASE seconds. Raises ClaimLost."""
    rows = Job.objects.filter(claim.holds, pk=claim.job_id)
    if not rows.update(lease_expires_at=_lease_end()):
        raise ClaimLost(claim)


def stop_is_requested(claim: Claim) -> bool:
    """Return whether somebody asked for the job to stop. Raises ClaimLost."""
    rows = Job.objects.filter(claim.holds, pk=claim.job_id)
    found = rows.values_list("stop_requested_at", flat=True).first()
    if found is None and not rows.exists():
        raise ClaimLost(claim)
    return found is not None


def give_back(claim: Claim) -> None:
    """Put the job back in the line at once, its worker having to go; no loss is counted.

    A job that was asked to stop is stopped instead. Harmless for a claim already lost.
    """
    _release(claim.job_id, claim.holds, losses=0)


def count_loss(claim: Claim, *, code: str = errors.WORKER_LOST) -> bool:
    """Count the loss of an engine process; True when the worker may try the stage again.

    After MAX_LOSSES the job fails with `code`. Raises ClaimLost.
    """
    job = change(claim.job_id, claim.holds, kind="progress", losses=F("losses") + 1, sub_step="")
    if job is None:
        raise ClaimLost(claim)
    if job.losses < MAX_LOSSES:
        return True
    fail_rows(claim.job_id, claim.holds, code=code, detail=f"lost {job.losses} times")
    return False


def release_expired_leases(now: datetime | None = None) -> int:
    """Take the jobs of silent workers away from them; return how many. Safe in many processes."""
    now = now or timezone.now()
    lost = Job.objects.lease_expired(now)
    released = 0
    for job_id, attempt in lost.values_list("pk", "attempt"):
        still = Q(status=Job.Status.RUNNING, attempt=attempt, lease_expires_at__lt=now)
        logger.warning("job %s: the worker of attempt %s went silent", job_id, attempt)
        released += _release(job_id, still, losses=1)
    return released


def _release(job_id: UUID, still: Q, *, losses: int) -> bool:
    """Take a running job from its worker: stopped if that was asked, else failed or pending."""
    if stop_rows(job_id, still & Q(stop_requested_at__isnull=False)):
        return True
    last = Q(losses__gte=MAX_LOSSES - losses) if losses else Q(pk__in=[])
    if fail_rows(job_id, still & last, code=errors.WORKER_LOST, losses=F("losses") + losses):
        return True
    job = change(
        job_id,
        still,
        kind="progress",
        status=Job.Status.PENDING,
        losses=F("losses") + losses,
        lease_owner="",
        lease_expires_at=None,
        sub_step="",
    )
    if job is None:
        return False
    wake_on_commit(job.engine)
    announce_queue_on_commit(job.engine)
    return True
