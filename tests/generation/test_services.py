"""Submitting, claiming, stopping, resuming: the transitions and their fences."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from generation import services
from generation.deadlines import LEASE, MAX_LOSSES
from generation.errors import QuotaExceeded, sentence
from generation.models import Job, JobEvent
from generation.pipeline.types import Progress, Stage, SubStep
from generation.queueing import engine_queue
from generation.services import ClaimLost

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept_engine")]
Status = Job.Status


@pytest.fixture(autouse=True)
def _quiet_queue(empty_redis) -> None:
    """Messages of earlier tests are gone."""


def claim(owner: str = "worker-1") -> services.Claim:
    found = services.claim_next_job(engine="studio", owner=owner)
    assert found is not None
    return found


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def test_submitting_writes_the_row_and_sends_one_message(submit):
    job = submit()
    assert fresh(job).status == Status.PENDING
    assert engine_queue("studio").count == 1
    assert job.parameters["photo_sha256"] == job.ad.photo.sha256
    assert "photo" not in job.parameters


def test_no_message_is_sent_for_a_submission_that_was_rolled_back(submit, make_ad):
    from django.db import transaction

    ad = make_ad()
    with transaction.atomic():
        submit(ad)
        transaction.set_rollback(True)
    assert engine_queue("studio").count == 0
    assert not Job.objects.exists()


def test_twenty_submissions_with_one_key_make_one_job(submit, make_ad):
    ad = make_ad()
    jobs: list[Job] = []
    failures: list[Exception] = []

    def send() -> None:
        try:
            jobs.append(submit(ad, idempotency_key="one click"))
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len({job.pk for job in jobs}) == 1
    assert Job.objects.count() == 1
    assert engine_queue("studio").count == 1


def test_a_key_belongs_to_its_team(submit, make_ad, outsider, photo):
    other_team = outsider.teams.get()
    ours = submit(idempotency_key="1")
    theirs = submit(make_ad(team=other_team, by=outsider), idempotency_key="1")
    assert ours.pk != theirs.pk


def test_a_team_may_have_only_so_many_unfinished_jobs(submit, settings):
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = 2
    first, _ = submit(), submit()
    with pytest.raises(QuotaExceeded) as refused:
        submit()
    assert refused.value.code == "quota"
    assert "2개" in sentence("quota", refused.value.params)
    services.stop_job(job=first)
    submit()


def test_a_claim_starts_the_job_and_leases_it(submit):
    job = submit()
    before = timezone.now()
    taken = claim()
    row = fresh(job)
    assert (row.status, row.attempt, row.lease_owner) == (Status.RUNNING, 1, "worker-1")
    assert before <= row.lease_expires_at - timedelta(seconds=LEASE) <= timezone.now()
    assert taken.job_id == job.pk
    assert services.claim_next_job(engine="studio", owner="worker-2") is None


def test_ten_workers_claiming_at_once_get_different_jobs(submit):
    for _ in range(6):
        submit()
    taken: list[services.Claim | None] = []

    def take(number: int) -> None:
        taken.append(services.claim_next_job(engine="studio", owner=f"worker-{number}"))
        connection.close()

    threads = [threading.Thread(target=take, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed = [one.job_id for one in taken if one]
    assert sorted(claimed) == sorted(Job.objects.values_list("pk", flat=True))


def test_another_engines_jobs_are_left_alone(submit):
    submit(engine="diffusion")
    assert services.claim_next_job(engine="studio", owner="worker-1") is None


def test_an_expired_lease_puts_the_job_back_with_a_loss(submit):
    job = submit()
    old = claim()
    later = timezone.now() + timedelta(seconds=LEASE + 1)
    assert services.release_expired_leases(later) == 1
    assert services.release_expired_leases(later) == 0
    row = fresh(job)
    assert (row.status, row.losses, row.lease_owner) == (Status.PENDING, 1, "")
    again = claim("worker-2")
    assert again.attempt == old.attempt + 1
    with pytest.raises(ClaimLost):
        services.renew_lease(old)
    with pytest.raises(ClaimLost):
        services.stop_is_requested(old)
    assert services.fail_job(old, code="bug") is False
    services.give_back(old)
    assert fresh(job).status == Status.RUNNING


def test_a_living_lease_is_not_released(submit):
    submit()
    services.renew_lease(claim())
    assert services.release_expired_leases() == 0


def test_the_third_loss_is_the_end(submit):
    job = submit()
    for loss in range(1, MAX_LOSSES + 1):
        claim()
        services.release_expired_leases(timezone.now() + timedelta(seconds=LEASE + 1))
        assert fresh(job).losses == loss
    row = fresh(job)
    assert (row.status, row.error_code) == (Status.FAILED, "worker_lost")
    assert row.finished_at is not None


def test_an_engine_lost_three_times_fails_the_job(submit):
    job = submit()
    taken = claim()
    answers = [services.count_loss(taken) for _ in range(MAX_LOSSES)]
    assert answers == [True] * (MAX_LOSSES - 1) + [False]
    assert fresh(job).status == Status.FAILED


def test_a_job_given_back_waits_again_without_a_loss(submit):
    job = submit()
    services.give_back(claim())
    row = fresh(job)
    assert (row.status, row.losses) == (Status.PENDING, 0)
    assert engine_queue("studio").count == 2


def test_a_waiting_job_stops_at_once_and_twice_is_harmless(submit):
    job = submit()
    assert services.stop_job(job=job).status == Status.STOPPED
    assert services.stop_job(job=job).status == Status.STOPPED
    assert JobEvent.objects.filter(job=job, kind="finished").count() == 1
    assert services.claim_next_job(engine="studio", owner="worker-1") is None


def test_a_running_job_is_asked_to_stop(submit):
    job = submit()
    taken = claim()
    assert services.stop_is_requested(taken) is False
    assert services.stop_job(job=job).status == Status.RUNNING
    first = fresh(job).stop_requested_at
    services.stop_job(job=job)
    assert fresh(job).stop_requested_at == first
    assert services.stop_is_requested(taken) is True
    assert services.finish_stopped(taken) is True
    assert fresh(job).status == Status.STOPPED


def test_a_job_whose_worker_went_silent_while_stopping_is_stopped(submit):
    job = submit()
    claim()
    services.stop_job(job=job)
    services.release_expired_leases(timezone.now() + timedelta(seconds=LEASE + 1))
    assert fresh(job).status == Status.STOPPED


def test_a_job_asked_to_stop_cannot_be_completed(submit):
    job = submit()
    taken = claim()
    services.stop_job(job=job)
    with pytest.raises(ClaimLost):
        services.finish_job(taken)
    assert fresh(job).status == Status.RUNNING


def test_stopping_a_finished_job_changes_nothing(submit, burst):
    job = submit()
    burst()
    assert services.stop_job(job=job).status == Status.COMPLETED
    assert fresh(job).stop_requested_at is None


def test_resuming_clears_the_failure_and_waits_again(submit):
    job = submit()
    services.fail_job(claim(), code="no_product_found", params={"a": 1}, detail="why")
    row = fresh(job)
    assert (row.status, row.error_code, row.error_params) == (
        "failed",
        "no_product_found",
        {"a": 1},
    )
    resumed = services.resume_job(job=job)
    assert (resumed.status, resumed.error_code, resumed.losses) == (Status.PENDING, "", 0)
    assert services.resume_job(job=job).status == Status.PENDING
    assert fresh(job).event_seq == JobEvent.objects.filter(job=job).count()


def test_resuming_counts_against_the_quota(submit, settings):
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = 1
    job = submit()
    services.stop_job(job=job)
    submit()
    with pytest.raises(QuotaExceeded):
        services.resume_job(job=job)
    assert fresh(job).status == Status.STOPPED


def test_events_are_numbered_without_gaps(submit, burst):
    job = submit()
    burst()
    numbers = list(JobEvent.objects.filter(job=job).values_list("seq", flat=True))
    assert numbers == list(range(1, fresh(job).event_seq + 1))


def test_progress_is_placed_on_the_jobs_bar(submit):
    job = submit()
    taken = claim()
    step = Progress(sub_step=SubStep.TEXT_RENDER, fraction=0.5, index=3, total=6)
    services.record_progress(taken, job=job, stage=Stage.TEXT, progress=step)
    row = fresh(job)
    assert row.progress_percent == pytest.approx(67.5)
    assert (row.sub_step, row.sub_step_index, row.sub_step_total) == ("text_render", 3, 6)


def test_a_preview_is_numbered_and_kept(submit):
    from generation.preview_store import latest_preview

    job = submit()
    taken = claim()
    for picture in (b"first", b"second"):
        step = Progress(sub_step=SubStep.BACKGROUND, fraction=0.1, preview=picture)
        services.record_progress(taken, job=job, stage=Stage.BACKGROUND, progress=step)
    assert fresh(job).preview_seq == 2
    assert latest_preview(job.pk) == b"second"


def test_uploaded_stage_images_stand_for_earlier_stages(submit, burst, tmp_path: Path):
    from PIL import Image

    scene = tmp_path / "scene.png"
    Image.new("RGB", (1080, 1080), (40, 80, 120)).save(scene)
    job = submit(start_step=2, stage_images={Stage.BACKGROUND: scene})
    burst()
    row = fresh(job)
    assert (row.status, row.error_detail) == (Status.COMPLETED, "")
    kept = row.stages.get(stage=Stage.BACKGROUND)
    assert (kept.engine, kept.attempt) == ("upload", 0)
    assert Path(kept.image.path).read_bytes() == scene.read_bytes()
    assert Path(kept.image.path).is_relative_to(settings.MEDIA_ROOT)


def test_starting_late_without_anything_earlier_fails_with_a_reason(submit, burst):
    job = submit(start_step=2)
    burst()
    row = fresh(job)
    assert (row.status, row.error_code) == (Status.FAILED, "input_missing")


def test_every_failure_code_has_a_sentence_and_unknown_ones_the_general_one():
    from generation.pipeline import errors as stage_errors

    codes = {c.code for c in stage_errors.StageFailed.__subclasses__()}
    for code in codes:
        params = {"character": "힣", "value": "x", "limit": 3}
        assert "%(" not in sentence(code, params)
        if code != "stage_failed":
            assert sentence(code, params) != sentence("bug")
    assert sentence("never heard of") == sentence("bug")
    assert sentence("glyph_missing", {}) == sentence("bug")
