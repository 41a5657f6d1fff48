"""Processes that die: the engine, the worker, both politely and not."""

from __future__ import annotations

import os
import signal

import pytest

from generation import services
from generation.deadlines import LEASE, MAX_LOSSES, RECONCILE_EVERY
from generation.models import Job, JobEvent, StageResult, WorkerProcess
from tests.waiting import PATIENCE

from .conftest import alive, eventually, last_event, wait_for_status, wait_for_sub_step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
Status = Job.Status


def stages_made(job: Job) -> list[str]:
    """The stages in the order in which they were finished, repetitions included."""
    events = JobEvent.objects.filter(job=job, kind="stage").order_by("seq")
    return [event.payload["stage"] for event in events]


ALL_STAGES = ["step1_background", "step2_text_asset", "step3_composition"]


def test_a_job_outlives_its_engine_process(submit, start_worker):
    worker = start_worker()
    job = submit()
    wait_for_sub_step(job, "lettering", "text_render")
    os.kill(worker.engine_pid(), signal.SIGKILL)
    wait_for_status(job, *Status.terminal())
    assert (job.status, job.losses, job.attempt) == (Status.COMPLETED, 1, 1)
    assert stages_made(job) == ALL_STAGES


def test_an_idle_engine_that_was_killed_costs_the_next_job_nothing(submit, start_worker):
    worker = start_worker(pace=0)
    os.kill(worker.engine_pid(), signal.SIGKILL)
    job = submit()
    wait_for_status(job, *Status.terminal())
    assert (job.status, job.losses) == (Status.COMPLETED, 0)


def test_a_job_whose_engine_always_dies_fails_with_a_reason(submit, start_worker):
    worker = start_worker(pace=1.0)
    job = submit()
    killed: set[int] = set()
    heard = 0
    while len(killed) < MAX_LOSSES:
        eventually(lambda: (row := worker.row()) and row.engine_pid not in {None, *killed})
        wait_for_sub_step(job, "cutout", "background", after=heard)
        killed.add(worker.engine_pid())
        os.kill(worker.engine_pid(), signal.SIGKILL)
        done = len(killed)
        eventually(lambda done=done: Job.objects.filter(pk=job.pk, losses=done).exists())
        heard = last_event(job)
    wait_for_status(job, *Status.terminal())
    assert (job.status, job.error_code) == (Status.FAILED, "worker_lost")
    assert worker.process.poll() is None


def test_a_killed_workers_job_is_picked_up_by_another(submit, start_worker):
    assert LEASE + RECONCILE_EVERY < 30, "a machine with time to spare needs no longer"
    first, second = start_worker(), start_worker()
    job = submit()
    wait_for_sub_step(job, "lettering", "text_render")
    holder = Job.objects.get(pk=job.pk).lease_owner
    victim = next(worker for worker in (first, second) if worker.row().name == holder)
    engine = victim.engine_pid()
    victim.kill()
    eventually(lambda: not alive(engine))
    eventually(lambda: Job.objects.filter(pk=job.pk, attempt=2).exists())
    wait_for_status(job, *Status.terminal())
    assert (job.status, job.losses) == (Status.COMPLETED, 1)
    assert stages_made(job) == ALL_STAGES


def test_a_restarted_worker_picks_up_what_the_killed_one_left(submit, start_worker):
    first = start_worker()
    job = submit()
    wait_for_sub_step(job, "background", "lettering")
    first.kill()
    start_worker(pace=0)
    eventually(lambda: Job.objects.filter(pk=job.pk, attempt=2).exists())
    wait_for_status(job, *Status.terminal())
    assert job.status == Status.COMPLETED


def test_a_worker_told_to_leave_gives_its_job_back_at_once(submit, start_worker):
    worker = start_worker(pace=1.0)
    job = submit()
    wait_for_sub_step(job, "background")
    engine = worker.engine_pid()
    assert worker.terminate() == 0
    job.refresh_from_db()
    assert (job.status, job.losses) == (Status.PENDING, 0)
    assert not alive(engine)
    assert not WorkerProcess.objects.exists()
    start_worker(pace=0)
    wait_for_status(job, *Status.terminal())
    assert job.status == Status.COMPLETED


def test_ctrl_c_in_the_terminal_ends_worker_and_engine_in_good_order(submit, start_worker):
    worker = start_worker(pace=1.0)
    job = submit()
    wait_for_sub_step(job, "background")
    engine = worker.engine_pid()
    os.killpg(worker.pid, signal.SIGINT)  # the terminal tells the whole group
    assert worker.process.wait(PATIENCE) == 0
    assert not alive(engine)
    job.refresh_from_db()
    assert (job.status, job.losses) == (Status.PENDING, 0)


def test_an_idle_worker_leaves_with_code_0(start_worker):
    worker = start_worker()
    engine = worker.engine_pid()
    assert worker.terminate() == 0
    assert not alive(engine)


def test_a_late_result_of_a_lost_attempt_is_refused(submit, start_worker):
    worker = start_worker(pace=1.0)
    job = submit()
    wait_for_sub_step(job, "background")
    row = Job.objects.get(pk=job.pk)
    late = services.Claim(job_id=job.pk, attempt=row.attempt, owner=row.lease_owner)
    assert worker.terminate() == 0
    with pytest.raises(services.ClaimLost):
        services.begin_stage(late, job=row, stage="step1_background")
    assert services.fail_job(late, code="bug") is False
    assert not StageResult.objects.filter(job=job).exists()
    job.refresh_from_db()
    assert job.status == Status.PENDING
