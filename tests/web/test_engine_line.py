"""Which engine, models and licences made an ad: on the page, in the API, in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from generation import services
from generation.models import Job, StageResult, WorkerProcess
from generation.pipeline.types import Stage

PAINTED_BY = [
    {
        "key": "flux2-klein-4b",
        "licence": "apache-2.0",
        "revision": "3f1c0d9a77e2b5c1",
        "quantised": "fp8",
    },
    {"key": "birefnet", "licence": "mit", "revision": "abcdef0123", "quantised": "none"},
]


@pytest.fixture
def painted(finished: Job) -> Job:
    """A finished ad whose background the diffusion engine made."""
    StageResult.objects.filter(job=finished, stage=Stage.BACKGROUND).update(
        engine="diffusion", engine_version="diffusion-1", checks={"models": PAINTED_BY}
    )
    return finished


@pytest.fixture
def fallen_back(submit, burst, settings) -> Job:
    settings.DIFFUSION_FALLBACK = "studio"
    job = submit(engine="diffusion", settings={"strength": 0.3})
    services.fall_back_waiting(code="no_worker")
    burst()
    job.refresh_from_db()
    assert job.status == Job.Status.COMPLETED
    return job


def page_of(client, job: Job) -> str:
    return client.get(reverse("generation:job", args=[job.pk])).content.decode()


def status_of(client, job: Job) -> dict:
    return client.get(f"/api/status/{job.pk}").json()


def test_the_page_names_engine_models_licences_and_revisions(as_owner, painted):
    page = page_of(as_owner, painted)
    for words in ("AI 그림 엔진", "FLUX.2 [klein] 4B", "Apache-2.0 · 3f1c0d9 · fp8"):
        assert words in page
    assert "MIT · abcdef0<" in page  # not made smaller, nothing said of it
    assert "AI 그림 엔진 · 3D 스튜디오 · FLUX.2 [klein] 4B<" in page  # its helpers in the details
    assert "BiRefNet, ONNX export" in page


def test_the_page_of_a_studio_ad_says_so_in_one_line(as_owner, finished):
    page = page_of(as_owner, finished)
    assert "<dt>배경 · 글자 · 합성</dt>" in page
    assert "AI 그림" not in page


def test_the_api_tells_the_same(as_owner, painted):
    told = status_of(as_owner, painted)
    assert told["engine"] == "studio"
    assert told["fallback"] is None
    first = told["made_by"][0]
    assert (first["stage"], first["engine"]) == ("step1_background", "diffusion")
    assert first["models"][0] == PAINTED_BY[0] | {"title": "FLUX.2 [klein] 4B"}
    assert [maker["engine"] for maker in told["made_by"]] == ["diffusion", "studio", "studio"]


def test_the_admin_tells_the_same(client, painted):
    client.force_login(User.objects.create_superuser("admin@example.com", "a-strong-one-5"))
    page = client.get(reverse("admin:generation_job_change", args=[painted.pk])).content.decode()
    assert "FLUX.2 [klein] 4B" in page
    assert "Apache-2.0 · 3f1c0d9 · fp8" in page


def test_an_ad_that_fell_back_says_why_and_what_was_left_out(as_owner, fallen_back):
    page = page_of(as_owner, fallen_back)
    assert "AI 그림 서버를 쓸 수 없어 3D 스튜디오로 만들었어요." in page
    assert "‘다듬는 세기’은(는) AI 그림 엔진만 할 수 있어 반영하지 못했어요." in page
    told = status_of(as_owner, fallen_back)
    assert told["fallback"] == {
        "asked_engine": "diffusion",
        "reason": "no_worker",
        "not_honoured": ["strength"],
    }
    assert told["engine_note"].startswith("AI 그림 서버를")
    assert "fallback" not in told["parameters"]


def test_a_job_that_nobody_can_make_says_that_it_waits(as_owner, submit):
    job = submit(engine="diffusion")
    assert "AI 그림 서버가 쉬고 있어요." in page_of(as_owner, job)
    WorkerProcess.objects.create(name="gpu", engine="diffusion", pid=1)
    assert "AI 그림 서버가 쉬고 있어요." not in page_of(as_owner, job)


def test_a_worker_in_trouble_tells_the_admin_all_of_it(client, db):
    reason = "flux2-klein-4b is not in models.lock.json: run manage.py models fetch"
    row = WorkerProcess.objects.create(
        name="gpu", engine="diffusion", pid=1, trouble="model_missing", trouble_detail=reason
    )
    client.force_login(User.objects.create_superuser("admin@example.com", "a-strong-one-5"))
    address = reverse("admin:generation_workerprocess_change", args=[row.pk])
    assert reason in client.get(address).content.decode()
    listed = client.get(reverse("admin:generation_workerprocess_changelist")).content.decode()
    assert "model_missing" in listed


@pytest.mark.parametrize("offered", [["studio"], ["studio", "diffusion"]])
def test_the_form_and_the_api_offer_the_engines_of_the_site(as_owner, settings, wishes, offered):
    settings.ENGINES_OFFERED = offered
    several = len(offered) > 1
    page = as_owner.get(reverse("generation:new_ad")).content.decode()
    assert ('name="engine"' in page) is several
    assert as_owner.get("/api/styles").json()["engines"] == offered
    answer = as_owner.post(reverse("generation:new_ad"), wishes | {"engine": "diffusion"})
    assert answer.status_code == (302 if several else 422)
    assert Job.objects.filter(engine="diffusion").exists() is several
    body = {"ad_text": "특가", "engine": "diffusion", "dry_run": True}
    asked = as_owner.post("/api/generate", body, content_type="application/json")
    refused = None if several else ("not_offered", "engine")
    told = asked.json()
    assert (None if asked.status_code == 200 else (told["code"], told["field"])) == refused


def test_a_form_that_says_nothing_takes_the_sites_engine(as_owner, settings, wishes):
    settings.ENGINES_OFFERED, settings.DEFAULT_ENGINE = ["studio", "diffusion"], "diffusion"
    as_owner.post(reverse("generation:new_ad"), wishes)
    assert Job.objects.get().engine == "diffusion"


def test_new_words_keep_the_engine_of_the_scene(as_owner, settings, submit, burst):
    settings.ENGINES_OFFERED = ["studio", "diffusion"]
    job = submit(engine="diffusion")
    Job.objects.filter(pk=job.pk).update(status=Job.Status.COMPLETED)
    as_owner.post(reverse("generation:job_copy", args=[job.pk]), {"ad_text": "오늘만 반값"})
    assert Job.objects.exclude(pk=job.pk).get().engine == "diffusion"
