"""With no GPU worker able to work, its jobs wait or go to the studio, as the deployment chose."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from generation import errors, services
from generation.models import Job, WorkerProcess
from generation.work.reconcile import Absence
from generation.work.worker import EngineWorker

pytestmark = pytest.mark.django_db(transaction=True)
STOPPED, PENDING, RUNNING = Job.Status.STOPPED, Job.Status.PENDING, Job.Status.RUNNING


@pytest.fixture(autouse=True)
def _to_the_studio_at_once(settings, empty_redis):
    settings.DIFFUSION_FALLBACK = "studio"
    settings.DIFFUSION_GRACE = 0.0


@pytest.fixture
def waiting(submit) -> Job:
    return submit(engine="diffusion", settings={"strength": 0.3, "negative_prompt": "people"})


def worker(engine: str, *, silent_for: float = 0.0, trouble: str = "") -> WorkerProcess:
    return WorkerProcess.objects.create(
        name=f"{engine}-{WorkerProcess.objects.count()}",
        engine=engine,
        pid=1,
        trouble=trouble,
        last_heartbeat=timezone.now() - timedelta(seconds=silent_for),
    )


def claimed(job: Job) -> services.Claim:
    claim = services.claim_next_job(engine="diffusion", owner="gpu-1")
    assert claim is not None
    assert claim.job_id == job.pk
    return claim


def test_a_waiting_job_goes_to_the_studio_and_says_what_it_cannot_honour(waiting):
    worker("studio")
    assert Absence().end_waiting() == 1
    waiting.refresh_from_db()
    assert (waiting.engine, waiting.status) == ("studio", PENDING)
    assert waiting.parameters["fallback"] == {
        "from": "diffusion",
        "reason": "no_worker",
        "not_honoured": ["negative_prompt", "strength"],
    }
    assert waiting.events.last().payload["engine_state"] == "no_worker"
    assert services.claim_next_job(engine="diffusion", owner="gpu-1") is None
    assert services.claim_next_job(engine="studio", owner="s") is not None


def test_the_reason_is_the_trouble_of_a_worker_that_lives(waiting):
    worker("studio")
    worker("diffusion", trouble="no_gpu")
    assert Absence().end_waiting() == 1
    waiting.refresh_from_db()
    assert waiting.parameters["fallback"]["reason"] == "no_gpu"


@pytest.mark.parametrize(
    "keeps_it",
    [
        lambda _: worker("diffusion"),
        lambda settings: setattr(settings, "DIFFUSION_FALLBACK", "wait"),
        lambda settings: setattr(settings, "DIFFUSION_GRACE", 60.0),
        lambda _: WorkerProcess.objects.filter(engine="studio").delete(),
    ],
    ids=["a worker that can", "waiting was chosen", "the grace period", "no studio worker"],
)
def test_a_job_waits_where_there_is_reason_to(waiting, settings, keeps_it: Callable[..., object]):
    worker("studio")
    worker("diffusion", silent_for=60)
    keeps_it(settings)
    assert Absence().end_waiting() == 0
    waiting.refresh_from_db()
    assert (waiting.engine, waiting.status) == ("diffusion", PENDING)


def test_the_grace_period_begins_anew_whenever_somebody_is_able(waiting, settings):
    settings.DIFFUSION_GRACE = 30.0
    worker("studio")
    absence = Absence()
    absence.end_waiting()
    assert absence.since is not None
    absence.since -= 31  # it has lasted that long
    gpu = worker("diffusion")
    assert absence.end_waiting() == 0
    gpu.delete()
    assert absence.end_waiting() == 0
    absence.since -= 31
    assert absence.end_waiting() == 1


def test_falling_back_twice_is_falling_back_once(waiting):
    assert services.fall_back_waiting(code="no_worker") == 1
    waiting.refresh_from_db()
    assert services.fall_back_waiting(code="no_worker") == 0
    again = Job.objects.get(pk=waiting.pk)
    assert again.event_seq == waiting.event_seq
    assert again.parameters == waiting.parameters


def test_a_stopped_job_stays_stopped(waiting):
    services.stop_job(job=waiting)
    assert services.fall_back_waiting(code="no_worker") == 0
    waiting.refresh_from_db()
    assert (waiting.engine, waiting.status) == ("diffusion", STOPPED)


def test_a_job_that_was_claimed_meanwhile_stays_with_its_worker(waiting):
    claimed(waiting)
    assert services.fall_back_waiting(code="no_worker") == 0
    waiting.refresh_from_db()
    assert (waiting.engine, waiting.status) == ("diffusion", RUNNING)


@pytest.mark.parametrize("code", ["model_missing", "no_gpu", "out_of_memory"])
def test_a_job_whose_models_do_not_load_goes_on_in_the_studio(waiting, code):
    claim = claimed(waiting)
    assert services.fall_back(claim, code=code, detail="flux2: a file is cut short")
    waiting.refresh_from_db()
    assert (waiting.engine, waiting.status, waiting.lease_owner) == ("studio", PENDING, "")
    assert waiting.parameters["fallback"]["reason"] == code
    assert waiting.error_code == ""  # nothing failed that the merchant has to know as a failure
    assert "cut short" in waiting.error_detail  # the admin is told all
    with pytest.raises(services.ClaimLost):
        services.finish_job(claim)


def test_a_failure_that_is_the_jobs_own_goes_nowhere(waiting):
    assert not services.fall_back(claimed(waiting), code="no_product_found")
    assert not services.fall_back(claimed_again(waiting), code=errors.BUG)


def claimed_again(job: Job) -> services.Claim:
    job.refresh_from_db()
    return services.Claim(job_id=job.pk, attempt=job.attempt, owner=job.lease_owner)


def test_a_job_that_was_asked_to_stop_is_stopped_instead(waiting):
    claim = claimed(waiting)
    services.stop_job(job=waiting)
    assert services.fall_back(claim, code="no_gpu")
    waiting.refresh_from_db()
    assert (waiting.engine, waiting.status) == ("diffusion", STOPPED)


def test_a_lost_claim_sends_nothing_anywhere(waiting):
    claim = claimed(waiting)
    services.give_back(claim)
    assert not services.fall_back(claim, code="no_gpu")
    waiting.refresh_from_db()
    assert (waiting.engine, waiting.status) == ("diffusion", PENDING)


@pytest.fixture
def no_diffusion_here(monkeypatch, tmp_path):
    """A machine that cannot: no GPU, or where there is one, no models."""
    monkeypatch.delenv("DEVICE", raising=False)
    monkeypatch.setenv("NANOCOCOA_MODELS", str(tmp_path))


def test_a_worker_without_gpu_or_models_says_so_and_takes_nothing(no_diffusion_here, waiting):
    gpu = EngineWorker("diffusion")
    seen: list[WorkerProcess] = []
    gpu.fitness.can_work()
    try:
        assert not gpu.work_on_next_job()
        assert gpu.fitness.code in errors.ENGINE_TROUBLE
        assert gpu.fitness.detail
        seen = beaten(gpu)
    finally:
        gpu.engine_process.stop()
    assert [row.trouble for row in seen] == [gpu.fitness.code]
    assert not WorkerProcess.objects.able("diffusion").exists()
    waiting.refresh_from_db()
    assert waiting.status == PENDING


def beaten(worker: EngineWorker) -> list[WorkerProcess]:
    from generation.work.pulse import Pulse

    Pulse(worker).beat()
    return list(WorkerProcess.objects.filter(name=worker.name))


def test_a_rested_engine_is_asked_again(no_diffusion_here, monkeypatch):
    gpu = EngineWorker("diffusion")
    try:
        assert not gpu.fitness.can_work()
        first = gpu.engine_process.pid
        assert not gpu.fitness.can_work()
        assert gpu.engine_process.pid == first
        gpu.fitness._rests_until = 0.0
        assert not gpu.fitness.can_work()
        assert gpu.engine_process.pid != first
    finally:
        gpu.engine_process.stop()


@pytest.mark.parametrize(("choice", "engine"), [("studio", "studio"), ("wait", "diffusion")])
def test_a_stage_that_finds_no_models_follows_the_deployments_choice(
    no_diffusion_here, settings, waiting, choice, engine
):
    Job.objects.filter(pk=waiting.pk).update(parameters=waiting.parameters | {"test_mode": False})
    settings.DIFFUSION_FALLBACK = choice
    settings.FORCE_TEST_MODE = True  # the engine is not asked beforehand
    gpu = EngineWorker("diffusion")
    try:
        gpu.work_on_next_job()
    finally:
        gpu.engine_process.stop()
    waiting.refresh_from_db()
    assert (waiting.engine, waiting.status) == (engine, PENDING), waiting.error_detail
    assert waiting.losses == 0
    assert gpu.fitness.code in errors.ENGINE_TROUBLE


def test_what_fell_back_is_finished_by_the_studio(waiting, burst):
    services.fall_back_waiting(code="no_worker")
    burst()
    waiting.refresh_from_db()
    assert waiting.status == Job.Status.COMPLETED
    assert {stage.engine for stage in waiting.stages.all()} == {"studio"}


def test_whoever_comes_first_gets_the_job(submit, settings):
    """The reconciler, a GPU worker and merchants who stop, all at once on the same jobs."""
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = 100
    ad = submit(engine="diffusion").ad
    jobs = [submit(ad, engine="diffusion") for _ in range(8)]

    def claim_all() -> None:
        while services.claim_next_job(engine="diffusion", owner="gpu-1"):
            pass

    def stop_all() -> None:
        for job in jobs[::2]:
            services.stop_job(job=Job.objects.get(pk=job.pk))

    def in_its_own_connection(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    fall = partial(services.fall_back_waiting, code="no_worker")
    with ThreadPoolExecutor(4) as threads:
        works = (claim_all, fall, stop_all, fall)
        for done in [threads.submit(in_its_own_connection, work) for work in works]:
            done.result()
    for job in Job.objects.all():
        assert job.status in (PENDING, RUNNING, STOPPED)
        assert ("fallback" in job.parameters) is (job.engine == "studio")
        assert job.status != RUNNING or (job.engine, job.lease_owner) == ("diffusion", "gpu-1")
        assert job.status != PENDING or job.engine == "studio"
        told = list(job.events.values_list("seq", flat=True))
        assert told == list(range(1, job.event_seq + 1))
    for job in Job.objects.filter(pk__in=[job.pk for job in jobs[::2]]):
        assert job.status == STOPPED or job.stop_requested_at
