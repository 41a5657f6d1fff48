"""Figures: what the machine is doing, how long stages take, and when a job will be done."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypedDict

import psutil
from django.db.models import Q, QuerySet
from django.utils import timezone

from .gpus import GpuInfo, gpu_info
from .models import Job, StageResult, WorkerProcess
from .pipeline import catalog
from .pipeline.errors import UnknownChoice
from .pipeline.stopwatch import LOAD_WAIT
from .pipeline.types import Stage
from .plan import planned_stages

GIGABYTE: Final = 1024**3
# Before the first run, for 1080x1080: the studio on two cores, the default models on an L4 (not
# measured there yet); learnt figures replace them from then on.
FIRST_GUESS: Final[Mapping[str, Mapping[Stage, float]]] = {
    "studio": {Stage.BACKGROUND: 14.0, Stage.TEXT: 8.0, Stage.COMPOSITION: 1.5},
    "diffusion": {Stage.BACKGROUND: 12.0, Stage.TEXT: 16.0, Stage.COMPOSITION: 1.5},
}
FIRST_GUESS_PIXELS: Final = 1080 * 1080
TEST_MODE_GUESS: Final = 0.4
# The median of this many runs follows a changed machine within a day and ignores single hiccups.
RECENT_RUNS: Final = 20
# Learnt times are read again after this long; a row a second is not worth a query a second.
LEARNT_FOR: Final = 30


class SystemMetrics(TypedDict):
    """The machine of a worker (or of this process, when no worker has reported)."""

    cpu_percent: float
    ram_used_gb: float
    ram_total_gb: float
    ram_percent: float
    gpu_info: list[GpuInfo]


class Timing(NamedTuple):
    """Seconds. An ETA is None when nothing runs or waits, negative when overdue."""

    elapsed: float
    eta: float | None
    step_eta: float | None


def system_metrics() -> SystemMetrics:
    """Measure this machine. CPU is the mean since the previous call in this process."""
    memory = psutil.virtual_memory()
    return {
        "cpu_percent": psutil.cpu_percent(interval=None),
        "ram_used_gb": round(memory.used / GIGABYTE, 2),
        "ram_total_gb": round(memory.total / GIGABYTE, 2),
        "ram_percent": memory.percent,
        "gpu_info": gpu_info(),
    }


def worker_metrics(engine: str) -> SystemMetrics:
    """Return what the engine's freshest worker measured, else this machine's own figures."""
    freshest = WorkerProcess.objects.filter(engine=engine).order_by("-last_heartbeat").first()
    measured: SystemMetrics | None = freshest.metrics.get("system") if freshest else None
    return measured or system_metrics()


# --- how long stages take -------------------------------------------------------------------------


def expected_seconds(job: Job) -> Mapping[Stage, float]:
    """Return what each stage of this job is expected to take, from past runs of its like."""
    parameters = job.parameters
    frame, test_mode = str(parameters.get("format", "1:1")), bool(parameters.get("test_mode"))
    together = bool(parameters.get("together"))
    return expected(job.engine, frame, test_mode=test_mode, together=together)


def expected(
    engine: str, frame: str, *, test_mode: bool, together: bool = False
) -> Mapping[Stage, float]:
    """Return what each stage is expected to take on that engine in that format, in seconds.

    `together`: formats made together share their pictures, so that some take next to nothing.
    """
    period = int(time.monotonic() // LEARNT_FOR)
    return _expected(engine, frame, test_mode, together, period)


@lru_cache(maxsize=64)
def _expected(
    engine: str, frame: str, test_mode: bool, together: bool, _period: int
) -> Mapping[Stage, float]:
    learnt = stage_medians(engine, frame, test_mode=test_mode, together=together)
    if len(learnt) < len(Stage) and not test_mode:
        learnt = stage_medians(engine, frame, any_format=True) | learnt
    return {
        stage: learnt.get(stage) or first_guess(engine, stage, frame, test_mode=test_mode)
        for stage in Stage
    }


def first_guess(engine: str, stage: Stage, frame: str, *, test_mode: bool) -> float:
    """Return the expectation before any run: render time grows with the number of pixels."""
    if test_mode:
        return TEST_MODE_GUESS
    guess = FIRST_GUESS.get(engine, FIRST_GUESS["studio"])[stage]
    return guess * _pixels(frame) / FIRST_GUESS_PIXELS


def _pixels(frame: str) -> int:
    try:
        size = catalog.frame_format(frame)
    except UnknownChoice:
        return FIRST_GUESS_PIXELS
    return size.width * size.height


def stage_medians(
    engine: str,
    frame: str,
    *,
    test_mode: bool = False,
    any_format: bool = False,
    together: bool = False,
) -> dict[Stage, float]:
    """Return the median seconds of each stage's recent real runs (nothing reused or uploaded).

    Only runs with the models that made the stage last count: those are the ones in use now. With
    `any_format` runs in other formats count too, by their share of pixels. Runs of formats made
    `together` and of formats made alone say nothing of each other. What a run waited for
    its models has a median of its own: nothing where they stay loaded, whatever a cold start took.
    """
    runs = _runs_alike(engine, test_mode=test_mode, together=together)
    if not any_format:
        runs = runs.filter(job__parameters__format=frame)
    told = runs.values_list(
        *("stage", "seconds", "sub_step_seconds", "job__parameters__format", "checks__models")
    ).order_by("-created_at")[: RECENT_RUNS * len(Stage)]
    working: defaultdict[Stage, list[float]] = defaultdict(list)
    waiting: defaultdict[Stage, list[float]] = defaultdict(list)
    in_use: dict[str, frozenset[str]] = {}
    for name, taken, parts, made_in, models in told:
        made_with, stage = frozenset(str(m.get("key")) for m in models or ()), Stage(name)
        if in_use.setdefault(stage, made_with) == made_with:
            waited = min(float(parts.get(LOAD_WAIT, 0.0)), taken)
            waiting[stage].append(waited)
            working[stage].append((taken - waited) * _pixels(frame) / _pixels(str(made_in)))
    return {
        stage: statistics.median(worked) + statistics.median(waiting[stage])
        for stage, worked in working.items()
    }


def _runs_alike(engine: str, *, test_mode: bool, together: bool) -> QuerySet[StageResult]:
    """Return real runs, made together with other formats or not; old jobs know nothing of that."""
    alike = Q(job__parameters__together=together)
    if not together:
        alike |= Q(job__parameters__together__isnull=True)
    return StageResult.objects.filter(
        alike,
        engine=engine,
        seconds__gt=0,
        reused_from__isnull=True,
        job__parameters__test_mode=test_mode,
    )


def timing(job: Job, now: datetime | None = None) -> Timing:
    """Return the job's elapsed time and what is left of it and of its current stage."""
    now = now or timezone.now()
    if job.started_at is None:
        return Timing(0.0, sum(_left(job)) if job.status == Job.Status.PENDING else None, None)
    elapsed = ((job.finished_at or now) - job.started_at).total_seconds()
    if job.is_finished:
        return Timing(round(elapsed, 1), None, None)
    left = _left(job)
    in_step = (now - job.step_started_at).total_seconds() if job.step_started_at else 0.0
    step_eta = (left[0] if left else 0.0) - in_step
    return Timing(round(elapsed, 1), round(sum(left) - in_step, 1), round(step_eta, 1))


def _left(job: Job) -> list[float]:
    """Expected seconds of the current stage and those after it."""
    expected = expected_seconds(job)
    stages = planned_stages(job.parameters)
    current = next((n for n, stage in enumerate(stages) if stage == job.current_step), 0)
    return [expected[stage] for stage in stages[current:]]
