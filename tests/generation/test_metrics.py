"""Figures and estimates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from generation import metrics, services
from generation.models import Job, StageResult, WorkerProcess
from generation.pipeline.types import Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_learnt(empty_redis):
    metrics._expected.cache_clear()


def past_runs(job: Job, stage: Stage, *seconds: float, **fields) -> None:
    """Finished stages of other jobs like this one."""
    for taken in seconds:
        twin = Job.objects.create(team=job.team, ad=job.ad, parameters=job.parameters)
        defaults = {"engine": "studio", "attempt": 1, "team": job.team, "job": twin}
        StageResult.objects.create(**defaults | fields, stage=stage, seconds=taken)


def test_the_machine_is_measured():
    figures = metrics.system_metrics()
    assert 0 < figures["ram_used_gb"] < figures["ram_total_gb"]
    assert 0 <= figures["cpu_percent"] <= 100
    assert isinstance(figures["gpu_info"], list)


def test_a_worker_reports_its_machine_over_this_one():
    row = {"engine": "studio", "pid": 1, "metrics": {"system": {"cpu_percent": 42.0}}}
    WorkerProcess.objects.create(name="w", **row)
    assert metrics.worker_metrics("studio")["cpu_percent"] == 42
    assert "gpu_info" in metrics.worker_metrics("diffusion")


def test_stage_times_are_the_median_of_real_runs_alike(submit):
    job = submit()
    past_runs(job, Stage.BACKGROUND, 10, 12, 50)
    past_runs(job, Stage.BACKGROUND, 1, engine="diffusion")
    source = StageResult.objects.first()
    past_runs(job, Stage.BACKGROUND, 0.01, reused_from=source)
    assert metrics.stage_medians("studio", "1:1", test_mode=True) == {Stage.BACKGROUND: 12}
    assert metrics.stage_medians("studio", "9:16", test_mode=True) == {}
    assert metrics.stage_medians("studio", "1:1", test_mode=False) == {}


def test_the_first_guess_grows_with_the_picture():
    square = metrics.first_guess("studio", Stage.BACKGROUND, "1:1", test_mode=False)
    story = metrics.first_guess("studio", Stage.BACKGROUND, "9:16", test_mode=False)
    assert story == pytest.approx(square * 1920 / 1080)
    assert metrics.first_guess("diffusion", Stage.TEXT, "unheard of", test_mode=False) > 0


def test_only_runs_with_the_models_in_use_count(submit):
    job = submit(engine="diffusion")
    dev, klein = ([{"key": key, "licence": "x"}] for key in ("flux1-dev", "flux2-klein-4b"))
    past_runs(job, Stage.BACKGROUND, 30, 31, 32, engine="diffusion", checks={"models": dev})
    past_runs(job, Stage.BACKGROUND, 4, 5, 6, engine="diffusion", checks={"models": klein})
    past_runs(job, Stage.TEXT, 9, engine="diffusion")
    learnt = metrics.stage_medians("diffusion", "1:1", test_mode=True)
    assert learnt == {Stage.BACKGROUND: 5, Stage.TEXT: 9}


def test_a_cold_start_spoils_no_learnt_time(submit):
    job = submit(engine="diffusion")
    past_runs(job, Stage.BACKGROUND, 4, engine="diffusion", sub_step_seconds={"load_wait": 0.0})
    cold = {"engine": "diffusion", "sub_step_seconds": {"load": 70.0, "load_wait": 60.0}}
    past_runs(job, Stage.BACKGROUND, 64, **cold)
    # Half of two runs was cold: the next one may be.
    learnt = metrics.stage_medians("diffusion", "1:1", test_mode=True)
    assert learnt == {Stage.BACKGROUND: 4 + 30}
    past_runs(job, Stage.BACKGROUND, 5, engine="diffusion")
    learnt = metrics.stage_medians("diffusion", "1:1", test_mode=True)
    assert learnt == {Stage.BACKGROUND: 4}


def test_where_models_are_loaded_for_every_job_that_is_expected(submit):
    job = submit(engine="diffusion")
    cold = {"engine": "diffusion", "sub_step_seconds": {"load_wait": 20.0}}
    past_runs(job, Stage.BACKGROUND, 24, 25, 26, **cold)
    story = metrics.stage_medians("diffusion", "9:16", test_mode=True, any_format=True)
    assert story[Stage.BACKGROUND] == pytest.approx(20 + 5 * 1920 / 1080)


def test_a_format_not_made_yet_is_judged_by_the_others(submit):
    job = submit()
    Job.objects.update(parameters=job.parameters | {"test_mode": False})
    job.refresh_from_db()
    past_runs(job, Stage.BACKGROUND, 10)
    story = metrics.expected("studio", "9:16", test_mode=False)
    assert story[Stage.BACKGROUND] == pytest.approx(10 * 1920 / 1080)
    guess = metrics.first_guess("studio", Stage.TEXT, "9:16", test_mode=False)
    assert story[Stage.TEXT] == guess


def test_formats_that_are_made_together_spoil_no_learnt_time(submit):
    job = submit()
    past_runs(job, Stage.TEXT, 8)  # with the key
    job.parameters = {key: value for key, value in job.parameters.items() if key != "together"}
    past_runs(job, Stage.TEXT, 9, 10)  # from before there was one
    job.parameters |= {"together": True}
    past_runs(job, Stage.TEXT, 0.2, 0.2, 0.2)
    alone, together = (
        metrics.stage_medians("studio", "1:1", test_mode=True, together=together)
        for together in (False, True)
    )
    assert (alone, together) == ({Stage.TEXT: 9}, {Stage.TEXT: 0.2})
    assert metrics.expected_seconds(job)[Stage.TEXT] == 0.2


def test_the_estimate_counts_down_and_goes_below_zero_when_overdue(submit):
    job = submit()
    for stage, seconds in zip(Stage, (10, 5, 1), strict=True):
        past_runs(job, stage, seconds)
    assert metrics.timing(job) == (0.0, 16.0, None)
    claim = services.claim_next_job(engine="studio", owner="w")
    services.begin_stage(claim, job=job, stage=Stage.TEXT)
    job = Job.objects.get(pk=claim.job_id)
    start = timezone.now()
    Job.objects.filter(pk=job.pk).update(step_started_at=start, started_at=start)
    job.refresh_from_db()
    in_time = metrics.timing(job, start + timedelta(seconds=2))
    assert (in_time.elapsed, in_time.eta, in_time.step_eta) == (2, 4, 3)
    late = metrics.timing(job, start + timedelta(seconds=20))
    assert (late.eta, late.step_eta) == (-14, -15)
