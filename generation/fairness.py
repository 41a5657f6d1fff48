"""Whose turn it is: the team with the least work goes first, oldest first within a team."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from .deadlines import FAIRNESS_WINDOW, QUEUE_HORIZON
from .models import Job


class Waiting(NamedTuple):
    """A pending job, as far as its turn is concerned."""

    queued_at: datetime
    job_id: UUID
    team_id: int


def fair_order(waiting: Iterable[Waiting], load: Mapping[int, int]) -> list[UUID]:
    """Return the order in which the jobs will be claimed.

    `load`: jobs each team has running or started lately. Every turn given counts as one more, so
    teams alternate; between equally loaded teams the longest wait decides.
    """
    lines: defaultdict[int, deque[Waiting]] = defaultdict(deque)
    for entry in sorted(waiting):
        lines[entry.team_id].append(entry)
    heap = [(load.get(team, 0), line[0], team) for team, line in lines.items()]
    heapq.heapify(heap)
    order = []
    while heap:
        turns, entry, team = heapq.heappop(heap)
        order.append(entry.job_id)
        lines[team].popleft()
        if lines[team]:
            heapq.heappush(heap, (turns + 1, lines[team][0], team))
    return order


def claim_order(engine: str) -> list[UUID]:
    """Return the engine's pending jobs (the QUEUE_HORIZON oldest) in the order of their turns."""
    rows = Job.objects.waiting().filter(engine=engine).order_by("queued_at")
    waiting = [Waiting(*row) for row in rows.values_list("queued_at", "id", "team")[:QUEUE_HORIZON]]
    if len(waiting) < 2:
        return [entry.job_id for entry in waiting]
    return fair_order(waiting, team_load(engine, {entry.team_id for entry in waiting}))


def team_load(engine: str, teams: set[int]) -> Counter[int]:
    """Count each team's jobs that run now or started within the fairness window."""
    since = timezone.now() - timedelta(seconds=FAIRNESS_WINDOW)
    busy = Job.objects.filter(engine=engine, team__in=teams).exclude(status=Job.Status.PENDING)
    busy = busy.filter(Q(started_at__gte=since) | Q(status=Job.Status.RUNNING))
    return Counter(busy.values_list("team_id", flat=True))


def queue_position(job: Job) -> int | None:
    """Return the job's place in the line (1 = next), None when it does not wait."""
    if job.status != Job.Status.PENDING:
        return None
    order = claim_order(job.engine)
    return order.index(job.pk) + 1 if job.pk in order else len(order) + 1
