"""The worker end to end: real queue, real engine process, test-mode stages."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO

import psutil
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from campaigns.services import store_photo
from generation import live
from generation.deadlines import MAX_LOSSES, PROGRESS_EVERY
from generation.models import Job, JobEvent, WorkerProcess
from generation.pipeline.types import Stage
from generation.queueing import engine_queue, wake
from generation.services import submit_job
from generation.work.engine_child import is_out_of_memory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_goes_from_the_queue_to_a_finished_picture(submit, burst):
    job = submit()
    burst()
    job.refresh_from_db()
    assert (job.status, job.error_detail) == (Job.Status.COMPLETED, "")
    assert job.progress_percent == 100
    assert [result.stage for result in job.stages.all()] == [
        "step1_background",
        "step2_text_asset",
        "step3_composition",
    ]
    assert job.ad.image.size > 0
    assert job.ad.thumbnail.size > 0


def test_a_failure_the_merchant_can_act_on_keeps_its_code_and_words(submit, burst, make_ad):
    ad = make_ad()
    job = submit(ad)
    wishes = job.parameters | {"background_style": "moon"}
    Job.objects.filter(pk=job.pk).update(parameters=wishes)
    burst()
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Job.Status.FAILED, "unknown_choice")
    assert job.error_params == {"field": "background_style", "value": "moon"}
    assert JobEvent.objects.filter(job=job).last().payload["error"]["message"].endswith("moon")


def test_a_bug_keeps_its_traceback_for_the_admin_and_shows_one_sentence(submit, burst):
    job = submit()
    Job.objects.filter(pk=job.pk).update(parameters=job.parameters | {"ad_text": 5})
    burst()
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Job.Status.FAILED, "bug")
    assert "Traceback" in job.error_detail
    assert "Traceback" not in str(JobEvent.objects.filter(job=job).last().payload)


def test_a_photo_of_nothing_is_refused_by_the_engine_and_the_worker_goes_on(
    submit, burst, make_ad, team, owner
):
    """The studio engine itself, not test mode: the photo is decoded and searched for a product."""
    flat = BytesIO()
    Image.new("RGB", (640, 640), (120, 130, 140)).save(flat, "PNG")
    upload = SimpleUploadedFile("flat.png", flat.getvalue(), "image/png")
    nothing = make_ad(photo=store_photo(team=team, by=owner, upload=upload))
    bad, good = submit_job(ad=nothing, by=owner), submit()
    burst()
    bad.refresh_from_db()
    assert (bad.status, bad.error_code) == (Job.Status.FAILED, "no_product_found")
    assert not bad.stages.exists()
    assert "상품을 찾지 못했어요" in live.snapshot(bad)["error"]["message"]
    assert Job.objects.get(pk=good.pk).status == Job.Status.COMPLETED


def test_a_worker_goes_on_after_a_failed_job(submit, burst):
    bad, good = submit(), submit()
    Job.objects.filter(pk=bad.pk).update(parameters=bad.parameters | {"text_style": "?"})
    burst()
    assert Job.objects.get(pk=bad.pk).status == Job.Status.FAILED
    assert Job.objects.get(pk=good.pk).status == Job.Status.COMPLETED


def test_an_engine_that_falls_silent_is_replaced_and_in_the_end_given_up(
    submit, burst, monkeypatch
):
    monkeypatch.setattr("generation.work.stage_run.SILENCE_DEADLINE", 0.5)
    job = submit()
    burst(pace=1.5)
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Job.Status.FAILED, "took_too_long")
    assert job.losses == MAX_LOSSES


def test_a_stage_over_its_deadline_is_given_up(submit, burst, monkeypatch):
    deadlines = dict.fromkeys(Stage, 60.0) | {Stage.BACKGROUND: 0.3}
    monkeypatch.setattr("generation.work.stage_run.STAGE_DEADLINE", deadlines)
    job = submit()
    burst(pace=0.2)
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Job.Status.FAILED, "took_too_long")


def test_progress_is_written_four_times_a_second_at_most(submit, burst):
    job = submit()
    burst(pace=0.05)
    steps = JobEvent.objects.filter(job=job, kind="progress", payload__sub_step__gt="")
    times = list(steps.values_list("created_at", flat=True))
    seconds = (times[-1] - times[0]).total_seconds()
    # One more for each stage's last step, which is written at once.
    assert len(times) <= seconds / PROGRESS_EVERY + 1 + len(Stage)


def test_a_worker_leaves_no_row_and_no_process_behind(submit, burst):
    submit()
    burst()
    assert not WorkerProcess.objects.exists()
    children = psutil.Process().children(recursive=True)
    assert not [c for c in children if "generation.work.engine_child" in " ".join(c.cmdline())]


def test_a_message_without_a_job_is_harmless(burst, db):
    wake("studio")
    burst()
    assert engine_queue("studio").count == 0


def test_the_workers_process_never_imports_an_image_engine():
    program = (
        "import django, sys; django.setup(); import generation.work.worker, generation.work.tasks;"
        "print(sorted({'torch', 'mitsuba', 'cv2', 'scipy', 'skimage'} & set(sys.modules)))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "nanococoa.settings"}
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "[]"


def test_a_lack_of_memory_is_told_from_a_bug():
    class OutOfMemoryError(RuntimeError):
        """What torch raises, by name."""

    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(OutOfMemoryError())
    assert not is_out_of_memory(RuntimeError("memory"))
