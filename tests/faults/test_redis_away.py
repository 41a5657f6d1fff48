"""Redis restarted empty, and messages that were never sent: nothing is lost but time."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
import redis
from channels.db import database_sync_to_async as in_thread
from django.conf import settings
from django.db import connections

from generation import services
from generation.models import Job
from generation.queueing import engine_queue
from tests.generation.test_live import socket
from tests.sockets import session_of

from .conftest import eventually, wait_for_status, wait_for_sub_step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
Status = Job.Status


@pytest.fixture
def restart_redis_empty(redis_server):
    """Kill the embedded Redis and start it on an empty folder; back up for the tests after."""
    if redis_server.process is None:
        pytest.skip("the Redis of this run is not ours to restart")

    def restart() -> None:
        redis_server.process.kill()
        redis_server.process.wait()
        for path in redis_server.folder.rglob("*.aof*"):
            path.unlink()
        redis_server.start()

    yield restart
    redis_server.start()


def test_waiting_and_running_jobs_survive_an_emptied_redis(submit, start_worker, empty_redis):
    worker = start_worker()
    jobs = [submit() for _ in range(3)]
    wait_for_sub_step(jobs[0], "background")
    empty_redis.flushall()
    for job in jobs:
        wait_for_status(job, *Status.terminal())
        assert (job.status, job.losses) == (Status.COMPLETED, 0)
    assert worker.process.poll() is None


def test_a_worker_lives_through_a_restart_of_redis(submit, start_worker, restart_redis_empty):
    worker = start_worker()
    running = submit()
    wait_for_sub_step(running, "background")
    waiting = submit()
    restart_redis_empty()
    for job in (running, waiting):
        wait_for_status(job, *Status.terminal())
        assert (job.status, job.losses) == (Status.COMPLETED, 0)
    restart_redis_empty()  # while it is idle, too
    later = submit()
    wait_for_status(later, *Status.terminal())
    assert later.status == Status.COMPLETED
    assert worker.process.poll() is None


def test_a_job_submitted_while_redis_is_away_is_found_later(
    submit, start_worker, redis_server, restart_redis_empty
):
    redis_server.process.kill()
    redis_server.process.wait()
    job = submit()
    assert job.status == Status.PENDING
    restart_redis_empty()
    start_worker(pace=0)
    wait_for_status(job, *Status.terminal())
    assert job.status == Status.COMPLETED


DIE_AFTER_COMMIT = """
import os
import django

django.setup()
from django.db import transaction
from campaigns.models import Ad
from generation.services import submit_job

with transaction.atomic():
    transaction.on_commit(lambda: os._exit(9))  # runs before the wake-up that comes after it
    submit_job(ad=Ad.objects.get(pk={ad}), by=None, test_mode=True)
"""


def test_a_job_whose_web_process_died_before_the_wake_up_is_found(
    make_ad, start_worker, process_environment, empty_redis: redis.Redis
):
    worker = start_worker(pace=0)
    ad = make_ad()
    program = DIE_AFTER_COMMIT.format(ad=ad.pk)
    ended = subprocess.run(
        [sys.executable, "-c", program], env=process_environment, cwd=settings.BASE_DIR, check=False
    )
    assert ended.returncode == 9
    job = Job.objects.get(ad=ad)
    wait_for_status(job, *Status.terminal())
    assert job.status == Status.COMPLETED
    assert worker.process.poll() is None


def test_reconciling_adds_no_message_that_is_already_there(submit, empty_redis, db):
    from generation.work.reconcile import reconcile

    submit()
    submit()
    assert engine_queue("studio").count == 2
    reconcile("studio")
    assert engine_queue("studio").count == 2
    empty_redis.flushall()
    reconcile("studio")
    eventually(lambda: engine_queue("studio").count == 2)


async def test_an_open_page_is_told_of_the_end_after_a_restart_of_redis(
    submit, owner, restart_redis_empty
):
    job = await in_thread(submit)()
    claim = await in_thread(services.claim_next_job)(engine="studio", owner="worker-1")
    page = socket(job.pk, await in_thread(session_of)(owner))
    assert (await page.connect())[0]
    assert (await page.receive_json_from())["type"] == "snapshot"
    await asyncio.to_thread(restart_redis_empty)
    await in_thread(services.fail_job)(claim, code="no_product_found")
    told = await page.receive_json_from()
    assert (told["type"], told["status"]) == ("finished", "failed")
    await page.disconnect()
    await in_thread(connections.close_all)()
