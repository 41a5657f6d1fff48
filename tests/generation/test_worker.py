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
from generation.work.engine_child import code_of
from generation.work.engine_messages import GPU_LOST

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


def sub_steps_written(job: Job) -> list[str]:
    steps = JobEvent.objects.filter(job=job, kind="progress", payload__sub_step__gt="")
    return list(steps.order_by("seq").values_list("payload__sub_step", flat=True))


def test_progress_that_comes_too_soon_after_the_last_is_left_out(
    submit, burst, make_ad, monkeypatch
):
    assert PROGRESS_EVERY >= 0.25, "four times a second at most"
    monkeypatch.setattr("generation.work.stage_run.PROGRESS_EVERY", 0.0)
    told = submit()
    burst()
    everything = sub_steps_written(told)
    monkeypatch.setattr("generation.work.stage_run.PROGRESS_EVERY", 3600.0)
    hushed = submit(make_ad(seed=8))
    burst()
    # The first step of a stage and its last are written at once.
    few = sub_steps_written(hushed)
    assert len(few) == 2 * len(Stage) < len(everything)
    assert few[0] == everything[0]
    assert few[-1] == everything[-1]


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


LOSES_ITS_GPU = """
import os, pathlib
if os.environ.get("LOST_BY"):
    import generation.pipeline.run as run
    run_stage, first = run.run_stage, pathlib.Path(os.environ["LOST_BY"])

    def lost(request, report):
        if first.exists():
            return run_stage(request, report)
        first.write_text(str(os.getpid()))
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    run.run_stage = lost
"""


def test_an_engine_that_lost_its_gpu_is_replaced_and_the_job_is_made(
    submit, burst, tmp_path, monkeypatch
):
    # CUDA's errors are those of a process: whatever it does afterwards fails too.
    (tmp_path / "sitecustomize.py").write_text(LOSES_ITS_GPU)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{settings.BASE_DIR}")
    monkeypatch.setenv("LOST_BY", str(tmp_path / "lost"))
    job = submit()
    burst()
    job.refresh_from_db()
    assert (job.status, job.losses) == (Job.Status.COMPLETED, 1)
    assert not psutil.pid_exists(int((tmp_path / "lost").read_text()))


def test_a_lack_of_memory_and_a_lost_gpu_are_told_from_a_bug():
    class OutOfMemoryError(RuntimeError):
        """What torch raises, by name."""

    assert code_of(MemoryError()) == code_of(OutOfMemoryError()) == "out_of_memory"
    assert code_of(RuntimeError("CUDA error: out of memory")) == "out_of_memory"
    assert code_of(RuntimeError("CUDA error: an illegal memory access")) == GPU_LOST
    assert code_of(RuntimeError("memory")) == code_of(ValueError("CUDA error")) == ""
