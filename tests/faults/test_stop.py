"""Stopping at any moment, and going on afterwards."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from generation.models import Job, JobEvent
from generation.services import resume_job, stop_job

from .conftest import PACE, alive, eventually, wait_for_status, wait_for_sub_step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
Status = Job.Status


@pytest.mark.parametrize("moment", ["cutout", "background", "text_render", "compose"])
def test_a_running_job_stops_soon_and_goes_on_where_it_was(moment, submit, start_worker):
    # After composing little is left to do: the wish to stop has to come before it is done.
    worker = start_worker(pace=4 * PACE if moment == "compose" else PACE)
    engine = worker.engine_pid()
    job = submit()
    wait_for_sub_step(job, moment)
    stop_job(job=job)
    wait_for_status(job, *Status.terminal())
    assert job.status == Status.STOPPED
    assert worker.engine_pid() == engine, "the engine stays warm"
    before = list(job.stages.values_list("pk", flat=True))
    resume_job(job=job)
    wait_for_status(job, Status.COMPLETED)
    assert set(before) <= set(job.stages.values_list("pk", flat=True))


def test_an_engine_that_hangs_after_the_stop_is_killed(submit, start_worker):
    worker = start_worker()
    job = submit()
    wait_for_sub_step(job, "background")
    engine = worker.engine_pid()
    os.kill(engine, signal.SIGSTOP)
    stop_job(job=job)
    wait_for_status(job, Status.STOPPED)
    assert not alive(engine)
    eventually(lambda: (row := worker.row()) and row.engine_pid not in {None, engine})


def test_stopping_at_random_moments_always_ends_and_never_lies(submit, start_worker):
    start_worker(pace=0.02)
    moments = random.Random(20)
    jobs = []
    for _ in range(8):
        job = submit()
        jobs.append(job)
        time.sleep(moments.uniform(0, 1.2))
        asked = stop_job(job=job)
        promised = asked.stop_requested_at is not None or asked.status == Status.STOPPED
        wait_for_status(job, *Status.terminal())
        assert job.status == (Status.STOPPED if promised else Status.COMPLETED)
    for job in jobs:
        ends = JobEvent.objects.filter(job=job, kind="finished")
        assert ends.count() == 1
