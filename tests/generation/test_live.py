"""The job page's socket: what it is told, in which order, and who is turned away."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_thread
from django.db import connections

from generation import live, services
from generation.models import Job, JobEvent
from generation.pipeline.types import Progress, Stage, SubStep
from tests.sockets import Socket, session_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept_engine")]


@pytest.fixture(autouse=True)
def _quiet_queue(empty_redis) -> None:
    """Messages of earlier tests are gone."""


@pytest.fixture(autouse=True)
async def _no_connection_left_in_threads():
    """Consumers read in a thread of their own, whose connection would outlive the database."""
    yield
    await in_thread(connections.close_all)()


def socket(job_id, headers=(), query: str = "") -> Socket:
    return Socket(f"/ws/jobs/{job_id}/{query}", headers)


async def receive_until(page: Socket, kind: str) -> list[dict[str, Any]]:
    messages = []
    while not messages or messages[-1]["type"] != kind:
        messages.append(await page.receive_json_from())
    return messages


def step(fraction: float) -> Progress:
    return Progress(sub_step=SubStep.BACKGROUND, fraction=fraction, index=1, total=8)


@pytest.fixture
def running(submit) -> tuple[Job, services.Claim]:
    job = submit()
    claim = services.claim_next_job(engine="studio", owner="worker-1")
    assert claim is not None
    return job, claim


def record(job: Job, claim: services.Claim, *fractions: float) -> None:
    for fraction in fractions:
        services.record_progress(claim, job=job, stage=Stage.BACKGROUND, progress=step(fraction))


async def test_a_page_gets_the_snapshot_and_then_what_happens(running, owner):
    job, claim = running
    page = socket(job.pk, await in_thread(session_of)(owner))
    assert (await page.connect())[0]
    first = await page.receive_json_from()
    assert (first["type"], first["status"], first["seq"]) == ("snapshot", "running", 1)
    await in_thread(record)(job, claim, 0.25, 0.5)
    told = [await page.receive_json_from() for _ in range(2)]
    assert [message["seq"] for message in told] == [2, 3]
    assert told[1]["progress_percent"] == 25
    assert told[1]["message"] == "배경 생성 중 1/8"
    await page.disconnect()


async def test_a_returning_page_is_told_what_it_missed(running, owner):
    job, claim = running
    await in_thread(record)(job, claim, 0.1, 0.2, 0.3)
    page = socket(job.pk, await in_thread(session_of)(owner), "?last_seq=2")
    assert (await page.connect())[0]
    messages = [await page.receive_json_from() for _ in range(3)]
    assert [message["type"] for message in messages] == ["snapshot", "progress", "progress"]
    assert [message["seq"] for message in messages] == [4, 3, 4]
    await in_thread(record)(job, claim, 0.4)
    assert (await page.receive_json_from())["seq"] == 5
    await page.disconnect()


@pytest.mark.parametrize("number", ["999", "-1", "x", "", "1e9"])
async def test_a_strange_last_number_does_no_harm(number, running, owner):
    job, claim = running
    page = socket(job.pk, await in_thread(session_of)(owner), f"?last_seq={number}")
    assert (await page.connect())[0]
    assert (await page.receive_json_from())["type"] == "snapshot"
    await in_thread(record)(job, claim, 0.4)
    assert (await page.receive_json_from())["seq"] == 2
    await page.disconnect()


async def test_a_lost_message_is_filled_in_from_the_rows(running, owner):
    job, claim = running
    page = socket(job.pk, await in_thread(session_of)(owner))
    await page.connect()
    await page.receive_json_from()

    def lose_one_and_send_the_next() -> None:
        Job.objects.filter(pk=job.pk).update(event_seq=2)
        JobEvent.objects.create(job=job, seq=2, kind="progress", payload={"lost": True})
        record(job, claim, 0.5)

    await in_thread(lose_one_and_send_the_next)()
    told = [await page.receive_json_from() for _ in range(2)]
    assert [message["seq"] for message in told] == [2, 3]
    await page.disconnect()


async def test_an_old_message_that_comes_late_is_dropped(running, owner):
    job, claim = running
    page = socket(job.pk, await in_thread(session_of)(owner))
    await page.connect()
    await page.receive_json_from()
    live.send(job.pk, {"type": "progress", "seq": 1, "message": "old"})
    await in_thread(record)(job, claim, 0.5)
    assert (await page.receive_json_from())["seq"] == 2
    await page.disconnect()


async def test_the_end_arrives_although_its_message_was_lost(running, owner, monkeypatch):
    job, claim = running
    monkeypatch.setattr("generation.consumers.CATCH_UP_EVERY", 0.2)
    page = socket(job.pk, await in_thread(session_of)(owner))
    await page.connect()
    await page.receive_json_from()
    monkeypatch.setattr(live.wire, "send", lambda *_: None)  # Redis forgets it
    await in_thread(services.fail_job)(claim, code="no_product_found")
    end = await page.receive_json_from()
    assert (end["type"], end["status"], end["error"]["code"]) == (
        "finished",
        "failed",
        "no_product_found",
    )
    await page.disconnect()


async def test_a_page_that_noticed_a_gap_gets_the_snapshot_again(running, owner):
    page = socket(running[0].pk, await in_thread(session_of)(owner))
    await page.connect()
    await page.receive_json_from()
    await page.send_json_to({"type": "resync"})
    assert (await page.receive_json_from())["type"] == "snapshot"
    await page.send_json_to(["nonsense"])
    assert await page.receive_nothing()
    await page.disconnect()


async def test_a_whole_job_arrives_in_order(submit, owner, burst):
    job = await in_thread(submit)()
    page = socket(job.pk, await in_thread(session_of)(owner))
    await page.connect()
    worked = asyncio.create_task(asyncio.to_thread(run_worker_process))
    messages = await receive_until(page, "finished")
    await worked
    numbers = [message["seq"] for message in messages[1:] if "seq" in message]
    assert numbers == list(range(messages[0]["seq"] + 1, numbers[-1] + 1))
    assert messages[-1]["status"] == "completed"
    assert messages[-1]["result_url"]
    shown = [message["stage"] for message in messages if message["type"] == "stage"]
    assert shown == ["step1_background", "step2_text_asset", "step3_composition"]
    previews = [m["preview_seq"] for m in messages if m["type"] == "preview"]
    assert previews == sorted(previews)
    assert previews
    await page.disconnect()


def run_worker_process() -> None:
    """Work in a thread: the claim, the engine process and the sends are the worker's own."""
    import threading

    from django.db import connection

    from generation.work.engine_process import EngineProcess
    from generation.work.fitness import Fitness
    from generation.work.job_run import JobRun

    engine = EngineProcess("studio")
    try:
        claim = services.claim_next_job(engine="studio", owner="worker-1")
        leaving = threading.Event()
        JobRun(claim, engine, leaving, Fitness(engine, leaving)).run()
    finally:
        engine.stop()
        connection.close()


async def test_waiting_pages_are_told_when_they_move_up(submit, owner):
    await in_thread(submit)()
    second = await in_thread(submit)()
    page = socket(second.pk, await in_thread(session_of)(owner))
    await page.connect()
    assert (await page.receive_json_from())["queue_position"] == 2
    await in_thread(services.claim_next_job)(engine="studio", owner="worker-1")
    assert await page.receive_json_from() == {"type": "queue", "queue_position": 1}
    await page.disconnect()


async def test_a_team_mate_may_watch(running, team_mate):
    page = socket(running[0].pk, await in_thread(session_of)(team_mate))
    assert (await page.connect())[0]
    await page.disconnect()


async def test_an_outsider_is_turned_away(running, outsider):
    page = socket(running[0].pk, await in_thread(session_of)(outsider))
    assert await page.connect() == (False, 4404)


async def test_a_job_that_does_not_exist_looks_the_same(owner):
    page = socket(uuid.uuid4(), await in_thread(session_of)(owner))
    assert await page.connect() == (False, 4404)


async def test_nobody_in_particular_is_turned_away(running):
    page = socket(running[0].pk, [(b"origin", b"http://localhost")])
    assert await page.connect() == (False, 4403)


async def test_another_site_cannot_open_the_socket(running, owner):
    headers = await in_thread(session_of)(owner)
    headers[1] = (b"origin", b"https://evil.example")
    connected, _ = await socket(running[0].pk, headers).connect()
    assert not connected


def test_a_snapshot_tells_the_whole_state_of_a_finished_job(submit, burst):
    job = submit()
    burst()
    state = live.snapshot(Job.objects.get(pk=job.pk))
    assert (state["status"], state["progress_percent"]) == ("completed", 100)
    assert [stage["reused"] for stage in state["stages"]] == [False] * 3
    assert state["result_url"] == f"/jobs/{job.pk}/result.png"
    assert (state["error"], state["queue_position"], state["eta_seconds"]) == (None, None, None)
    assert state["elapsed_sec"] > 0


def test_a_snapshot_of_a_failure_speaks_to_the_merchant(submit):
    job = submit()
    claim = services.claim_next_job(engine="studio", owner="worker-1")
    services.fail_job(claim, code="", detail="Traceback: secret path")
    state = live.snapshot(Job.objects.get(pk=job.pk))
    assert state["error"]["code"] == "bug"
    assert "secret" not in str(state)


def test_sending_never_raises_when_redis_is_away(settings):
    from channels.layers import channel_layers

    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": "unix:///nonexistent/redis.sock"}]},
        }
    }
    try:
        live.send(uuid.uuid4(), {"type": "progress"})
    finally:
        channel_layers.backends.clear()
