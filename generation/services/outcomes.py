"""How a job ends: completed, failed, stopped. The claim fences each of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.services import publish_result
from generation import errors, live
from generation.models import Job

from .claim import Claim, ClaimLost
from .transition import change

# A traceback's end tells more than its beginning; the admin's page shows this much.
DETAIL_LIMIT = 20_000


def finish_job(claim: Claim) -> Job:
    """Complete the job: its last stage's image becomes the ad's.

    The row changes first, so that of two attempts only one publishes. Raises ClaimLost, also when
    the job was asked to stop: whoever was told "stopping" must not find it completed.
    """
    with transaction.atomic():
        stages = Job(pk=claim.job_id).stages.order_by("stage")
        checks: dict[str, Any] = {}
        for result in stages:
            # Every stage has models of its own; all else is told by one stage alone.
            models = [*checks.get("models", ()), *result.checks.get("models", ())]
            checks |= result.checks | ({"models": models} if models else {})
        ended = _ended(Job.Status.COMPLETED, progress_percent=100, checks=checks)
        still = claim.holds & Q(stop_requested_at__isnull=True)
        job = change(claim.job_id, still, kind="finished", payload=live.finished_payload, **ended)
        if job is None:
            raise ClaimLost(claim)
        last = stages.last()
        if last is None:
            raise RuntimeError("a job without a stage cannot be complete")
        publish_result(ad=job.ad, image_path=Path(last.image.path))
    return job


def fail_job(
    claim: Claim, *, code: str, params: Mapping[str, Any] | None = None, detail: str = ""
) -> bool:
    """End the job with a reason. `detail` is for the admin. False when the claim was lost."""
    return fail_rows(claim.job_id, claim.holds, code=code, params=params, detail=detail)


def finish_stopped(claim: Claim) -> bool:
    """End a running job as stopped. False when the claim was lost."""
    return stop_rows(claim.job_id, claim.holds)


def fail_rows(
    job_id: UUID,
    still: Q,
    *,
    code: str,
    params: Mapping[str, Any] | None = None,
    detail: str = "",
    **fields: Any,
) -> bool:
    """Fail the job if `still` holds of it; False if not."""
    reason = {
        "error_code": code or errors.BUG,
        "error_params": dict(params or {}),
        "error_detail": detail[-DETAIL_LIMIT:],
    }
    ended = _ended(Job.Status.FAILED, **reason, **fields)
    return bool(change(job_id, still, kind="finished", payload=live.finished_payload, **ended))


def stop_rows(job_id: UUID, still: Q) -> bool:
    """Stop the job if `still` holds of it; False if not."""
    ended = _ended(Job.Status.STOPPED)
    return bool(change(job_id, still, kind="finished", payload=live.finished_payload, **ended))


def _ended(status: Job.Status, **fields: Any) -> dict[str, Any]:
    """Return what every end has in common: nobody holds the job any more."""
    return {
        "status": status,
        "finished_at": timezone.now(),
        "lease_owner": "",
        "lease_expires_at": None,
        "sub_step": "",
        "sub_step_index": None,
        "sub_step_total": None,
        **fields,
    }
