"""Status, pictures, history, stop and removal; and that nobody sees another team's."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from io import BytesIO
from uuid import uuid4

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from PIL import Image

from accounts.models import ApiToken, Team, User
from accounts.tokens import issue_token
from generation.models import Job
from generation.work.worker import EngineWorker

from .conftest import Program, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(program: Program) -> str:
    return str(program.post("generate", {"ad_text": "특가", "test_mode": True}).json()["job_id"])


@pytest.fixture
def finished(transactional_db, program: Program) -> str:
    made = program.post("generate", {"ad_text": "특가", "test_mode": True}).json()["job_id"]
    EngineWorker("studio").run(burst=True)
    return str(made)


def test_it_tells_how_a_waiting_job_stands(program: Program, waiting: str) -> None:
    told = program.get(f"status/{waiting}").json()
    assert (told["status"], told["progress_percent"], told["queue_position"]) == ("pending", 0, 1)
    assert told["parameters"]["ad_text"] == "특가"
    assert "photo_sha256" not in told["parameters"]
    assert told["system_metrics"]["ram_total_gb"] > 0
    assert told["final_result"] is None


def test_it_gives_the_pictures_as_addresses_base64_and_png(program: Program, finished: str) -> None:
    told = program.get(f"status/{finished}").json()
    assert told["status"] == "completed"
    address = told["final_result"].partition("/api/")[2]
    png = program.get(address, Accept="image/png")
    assert png["Content-Type"] == "image/png"
    assert Image.open(BytesIO(png.content)).size == (1080, 1080)
    as_text = program.get(f"status/{finished}?images=base64").json()
    assert base64.b64decode(as_text["final_result"]) == png.content
    assert (
        base64.b64decode(program.get(address, Accept="application/json").json()["image"])
        == png.content
    )
    assert problem(program.get(address, Accept="image/gif")) == (406, "not_acceptable", None)


def test_stopping_is_harmless_twice(program: Program, waiting: str) -> None:
    for _ in range(2):
        answer = program.post(f"stop/{waiting}")
        assert (answer.status_code, answer.json()) == (
            200,
            {"job_id": waiting, "status": "stopped"},
        )


def test_a_finished_job_cannot_be_stopped(program: Program, finished: str) -> None:
    assert problem(program.post(f"stop/{finished}"))[:2] == (409, "already_finished")


def test_history_pages_from_newest_to_oldest(program: Program) -> None:
    made = [program.post("generate", {"ad_text": f"특가 {n}"}).json()["job_id"] for n in range(3)]
    first = program.get("jobs?limit=2").json()
    rest = program.get(f"jobs?limit=2&before={first['next']}").json()
    assert [row["job_id"] for row in first["jobs"] + rest["jobs"]] == made[::-1]
    assert rest["next"] is None
    assert program.get("jobs?status=completed").json()["jobs"] == []
    assert problem(program.get("jobs?limit=0")) == (422, "out_of_range", "limit")
    assert problem(program.get("jobs?status=lost")) == (422, "not_offered", "status")


def test_a_removed_job_is_gone(program: Program, waiting: str) -> None:
    assert problem(program.delete(f"jobs/{waiting}"))[:2] == (409, "job_running")
    program.post(f"stop/{waiting}")
    assert program.delete(f"jobs/{waiting}").status_code == 204
    assert problem(program.get(f"status/{waiting}"))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "status/{}"),
        ("post", "stop/{}"),
        ("delete", "jobs/{}"),
        ("get", "jobs/{}/images/final"),
        ("get", "jobs/{}/images/1"),
        ("get", "jobs/{}/events"),
    ],
)
def test_another_teams_job_does_not_exist(
    stranger: Program, program: Program, waiting: str, method: str, path: str
) -> None:
    for pk in (waiting, uuid4()):
        assert problem(getattr(stranger, method)(path.format(pk)))[:2] == (404, "not_found")
    assert stranger.get("jobs").json()["jobs"] == []
    body = {"ad_text": "반값", "start_step": 2, "source_job_id": waiting}
    assert problem(stranger.post("generate", body)) == (404, "not_found", "source_job_id")


def test_it_needs_a_key(waiting: str) -> None:
    for nobody in (Program(), Program("nc_wrong"), Program("")):
        answer = nobody.get(f"status/{waiting}")
        assert problem(answer)[0] == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "get", "jobs", 200),
        ("read", "post", "generate", 403),
        ("read", "post", "stop/{}", 403),
        ("generate", "post", "stop/{}", 200),
        ("generate", "delete", "jobs/{}", 403),
    ],
)
def test_a_key_does_what_its_scope_says(  # noqa: PLR0917 - the table's columns
    owner: User, team: Team, waiting: str, scope: str, method: str, path: str, status: int
) -> None:
    program = Program(issue_token(user=owner, team=team, name="PC", scope=scope)[1])
    assert getattr(program, method)(path.format(waiting)).status_code == status


def test_a_viewers_key_cannot_make(viewer: User, team: Team) -> None:
    program = Program(issue_token(user=viewer, team=team, name="PC", scope="admin")[1])
    assert problem(program.post("generate", {"ad_text": "특가"}))[:2] == (403, "forbidden")


def test_a_session_calls_too_but_not_from_another_page(
    owner: User, team: Team, waiting: str
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    assert browser.get(f"/api/status/{waiting}").status_code == 200
    assert problem(browser.post(f"/api/stop/{waiting}"))[:2] == (403, "csrf")


def test_events_are_told_in_order_and_then_it_is_done(program: Program, finished: str) -> None:
    told = program.get(f"jobs/{finished}/events").json()
    numbers = [event["seq"] for event in told["events"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (told["done"], told["events"][-1]["type"]) == (True, "finished")
    later = program.get(f"jobs/{finished}/events?after={numbers[-1]}&wait=5").json()
    assert (later["events"], later["done"]) == ([], True)


def test_events_stream_until_the_end(program: Program, finished: str) -> None:
    answer = program.get(f"jobs/{finished}/events", Accept="text/event-stream")
    text = asyncio.run(_whole(answer)).decode()
    assert text.startswith("id: 1\nevent: ")
    last = json.loads(text.strip().rpartition("data: ")[2])
    assert last["type"] == "finished"


async def _whole(answer: StreamingHttpResponse) -> bytes:
    return b"".join([part async for part in answer.streaming_content])


def test_every_answer_tells_the_rate_and_too_many_are_a_429(program: Program, settings) -> None:
    settings.API_READ_RATE = "3/minute"
    left = [program.get("jobs")["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    answer = program.get("jobs")
    assert problem(answer)[:2] == (429, "rate_limited")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_unknown_addresses_and_methods_have_the_one_shape(program: Program) -> None:
    assert problem(program.get("nothing"))[:2] == (404, "not_found")
    assert problem(program.get("status/7"))[:2] == (404, "not_found")
    answer = program.get("generate")
    assert problem(answer)[:2] == (405, "method_not_allowed")
    assert "POST" in answer["Allow"]


def test_health_needs_no_key_and_tells_that_nobody_works() -> None:
    told = Program().get("health").json()
    assert (told["status"], told["database"], told["redis"], told["workers"]) == (
        "degraded",
        True,
        True,
        {},
    )


def test_fonts_and_styles_name_what_a_job_may_ask_for(program: Program) -> None:
    fonts = program.get("fonts").json()
    assert any(font["full"] for font in fonts)
    assert all(font["name"] and font["path"] for font in fonts)
    styles = program.get("styles").json()
    assert {"market", "minimal"} <= {style["key"] for style in styles["background_styles"]}


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_posts_with_one_key_are_one_job(owner: User, team: Team, key: str) -> None:
    answers: list[tuple[int, str]] = []

    def post() -> None:
        answer = Program(key).post("generate", {"ad_text": "특가"}, **{"Idempotency-Key": "k"})
        answers.append((answer.status_code, answer.json().get("job_id", "")))

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1, answers
    assert Job.objects.count() == 1


def test_the_last_use_is_noted(program: Program) -> None:
    program.get("jobs")
    assert ApiToken.objects.get().last_used_at is not None
