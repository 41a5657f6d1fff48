"""The fence around one attempt at a job."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from generation.models import Job


class ClaimLost(Exception):  # noqa: N818 - a fact about the row, not an error
    """The job belongs to somebody else by now, or to nobody: drop whatever was made for it."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One attempt at one job by one worker: the fence that late results do not pass."""

    job_id: UUID
    attempt: int
    owner: str

    @property
    def holds(self) -> Q:
        """What must be true of the row for this claim to write to it."""
        return Q(status=Job.Status.RUNNING, attempt=self.attempt, lease_owner=self.owner)
