"""The draft through the site: asking, the state, the picture, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from generation.deadlines import WORKER_SEEN_AS_GONE_AFTER
from generation.drafts import pictures, slots
from generation.drafts.limits import ASKS_PER_WINDOW
from generation.models import Job, WorkerProcess

ASK, STATE = reverse("generation:draft"), reverse("generation:draft_state")


@pytest.fixture(autouse=True)
def _no_old_drafts(empty_redis, db) -> None:
    """Slots of earlier tests are gone, and a worker of the studio is there."""
    WorkerProcess.objects.create(name="studio-1", engine="studio", pid=1)


def test_wishes_are_put_into_the_slot(as_owner, wishes, photo, owner):
    said = as_owner.post(ASK, wishes | {"photo_id": photo.pk, "seed": 9}).json()
    taken = slots.take("studio")
    assert said == {"status": "waiting", "number": taken.number}
    assert (taken.user_id, taken.photo_id) == (owner.pk, photo.pk)
    assert taken.spec["ad_text"] == "건어물 대박 세일"
    assert (taken.spec["seed"], taken.spec["draft"]) == (9, True)
    assert not Job.objects.exists()


@pytest.mark.parametrize("change", [{"ad_text": "가" * 21}, {"text_style": "?"}, {"ad_text": ""}])
def test_unfinished_wishes_are_not_drawn(as_owner, wishes, change):
    answer = as_owner.post(ASK, wishes | change)
    assert (answer.status_code, answer.json()["status"]) == (422, "incomplete")
    assert slots.take("studio") is None


def test_wishes_that_cannot_be_drawn_are_answered_with_the_reason(as_owner, wishes):
    said = as_owner.post(ASK, wishes | {"ad_text": "대박 😀"}).json()
    assert "😀" in said["message"]


def test_while_a_job_waits_nothing_is_asked_of_the_engine(as_owner, wishes, submit):
    submit()
    assert as_owner.post(ASK, wishes).json() == {"status": "busy"}
    assert slots.take("studio") is None


def test_a_gpus_worker_draws_where_no_other_is_there(as_owner, wishes, settings):
    settings.DEFAULT_ENGINE = "diffusion"
    WorkerProcess.objects.update(engine="diffusion", trouble="no_gpu")
    assert as_owner.post(ASK, wishes).json()["status"] == "waiting"
    assert slots.take("studio") is None
    assert slots.take("diffusion").spec["ad_text"] == wishes["ad_text"]


def test_the_studios_worker_draws_where_models_make_the_ads(as_owner, wishes, settings):
    settings.DEFAULT_ENGINE = "diffusion"
    assert as_owner.post(ASK, wishes).json()["status"] == "waiting"
    assert slots.take("diffusion") is None
    assert slots.take("studio") is not None


def test_a_worker_that_has_nothing_to_do_draws_while_the_other_makes_an_ad(
    as_owner, wishes, submit
):
    WorkerProcess.objects.create(name="diffusion-1", engine="diffusion", pid=2)
    submit()
    assert as_owner.post(ASK, wishes).json()["status"] == "waiting"
    assert slots.take("diffusion") is not None
    submit(engine="diffusion")
    assert as_owner.post(ASK, wishes).json() == {"status": "busy"}


def test_with_no_worker_alive_nobody_waits_and_the_page_says_so(as_owner, wishes):
    seen = timezone.now() - timedelta(seconds=WORKER_SEEN_AS_GONE_AFTER + 1)
    WorkerProcess.objects.update(last_heartbeat=seen)
    said = as_owner.post(ASK, wishes).json()
    assert said["status"] == "nobody"
    assert "서버가 쉬고 있어요" in said["message"]
    assert slots.take("studio") is None


def test_a_page_that_asks_too_often_is_told_to_rest(as_owner, wishes, owner):
    for _ in range(ASKS_PER_WINDOW):
        slots.may_ask(owner.pk)
    assert as_owner.post(ASK, wishes).status_code == 429


def test_without_redis_the_form_goes_on_without_a_draft(as_owner, wishes, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert as_owner.post(ASK, wishes).status_code == 503
    assert as_owner.get(STATE).json() == {"status": "none"}


def test_the_state_and_the_picture_are_the_persons_own(as_owner, owner, outsider):
    wishes = slots.put(user_id=owner.pk, engine="studio", photo_id=None, spec={})
    pictures.tell(wishes, "done", seq=2, picture=b"webp")
    state = as_owner.get(STATE).json()
    assert (state["status"], state["number"]) == ("done", wishes.number)
    picture = as_owner.get(state["url"])
    assert (picture.content, picture["Content-Type"]) == (b"webp", "image/webp")
    as_owner.force_login(outsider)
    assert as_owner.get(STATE).json() == {"status": "none"}
    assert as_owner.get(state["url"]).status_code == 404


def test_a_viewer_asks_for_nothing(as_viewer, wishes):
    assert as_viewer.post(ASK, wishes).status_code == 403


def test_the_ad_has_the_arrangement_of_its_draft(as_owner, wishes):
    as_owner.post(reverse("generation:new_ad"), wishes | {"seed": 77})
    assert Job.objects.get().ad.seed == 77
