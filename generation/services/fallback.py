"""A job of the diffusion engine goes to the studio, where the deployment chose so."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from generation import errors
from generation.models import Job
from generation.queueing import wake_on_commit

from .claim import Claim
from .outcomes import DETAIL_LIMIT, stop_rows
from .transition import announce_queue_on_commit, change

# What only models that paint can honour, by the names that a job keeps.
PAINTERS_FIELDS: Final = ("bg_negative_prompt", "negative_prompt", "strength", "guidance_scale")
# Failures of the engine, not of the job, after which the studio can still make the ad.
STUDIO_CAN: Final = errors.ENGINE_TROUBLE | {errors.OUT_OF_MEMORY}


def fall_back(claim: Claim, *, code: str, detail: str = "") -> bool:
    """Send a running job on to the studio after its engine failed with `code`.

    `detail` is kept for the admin. True when the job was moved, or stopped as had been asked;
    False when the deployment lets such jobs wait, when the studio would fail too, or the claim is
    lost.
    """
    if settings.DIFFUSION_FALLBACK != "studio" or code not in STUDIO_CAN:
        return False
    if stop_rows(claim.job_id, claim.holds & Q(stop_requested_at__isnull=False)):
        return True
    lost = {"error_detail": detail[-DETAIL_LIMIT:], "lease_owner": "", "lease_expires_at": None}
    return _to_studio(claim.job_id, claim.holds, code, **lost)


def fall_back_waiting(*, code: str) -> int:
    """Send every waiting diffusion job to the studio; return how many. Safe in many processes.

    Conditional on each row still waiting: one that was stopped or claimed meanwhile is left alone.
    """
    waiting = Job.objects.waiting().filter(engine="diffusion").values_list("pk", flat=True)
    still = Q(status=Job.Status.PENDING)
    return sum(_to_studio(job_id, still, code) for job_id in waiting)


def _to_studio(job_id: UUID, still: Q, code: str, **fields: Any) -> bool:
    """Put the job into the studio's line if `still` holds of it; False if not."""
    row = Job.objects.filter(still, pk=job_id, engine="diffusion")
    found = row.values_list("attempt", "parameters").first()
    if found is None:
        return False
    attempt, parameters = found
    unheeded = [name for name in PAINTERS_FIELDS if name in parameters]
    fallback = {"from": "diffusion", "reason": code, "not_honoured": unheeded}
    job = change(
        job_id,
        # The parameters were read a moment ago: whoever claims the row writes to them.
        still & Q(engine="diffusion", attempt=attempt),
        kind="progress",
        status=Job.Status.PENDING,
        engine="studio",
        parameters=parameters | {"fallback": fallback},
        current_step="",
        sub_step="",
        sub_step_index=None,
        sub_step_total=None,
        step_started_at=None,
        progress_percent=0,
        **fields,
    )
    if job is None:
        return False
    wake_on_commit("studio")
    announce_queue_on_commit("studio")
    announce_queue_on_commit("diffusion")
    return True
