"""What happens to jobs: the only writers of Job, StageResult and JobEvent.

People's side: submit, stop, resume. Worker's side: everything that carries a Claim, which fences
off the late results of an earlier attempt.
"""

from __future__ import annotations

from .claim import Claim, ClaimLost
from .claims import (
    claim_next_job,
    count_loss,
    give_back,
    release_expired_leases,
    renew_lease,
    stop_is_requested,
)
from .fallback import fall_back, fall_back_waiting
from .outcomes import fail_job, finish_job, finish_stopped
from .progress import (
    begin_stage,
    record_progress,
    record_prompts,
    record_reused_stage,
    record_stage,
)
from .requests import resume_job, stop_job, submit_job

__all__ = [
    "Claim",
    "ClaimLost",
    "begin_stage",
    "claim_next_job",
    "count_loss",
    "fail_job",
    "fall_back",
    "fall_back_waiting",
    "finish_job",
    "finish_stopped",
    "give_back",
    "record_progress",
    "record_prompts",
    "record_reused_stage",
    "record_stage",
    "release_expired_leases",
    "renew_lease",
    "resume_job",
    "stop_is_requested",
    "stop_job",
    "submit_job",
]
