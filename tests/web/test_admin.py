"""The admin: every list and every row opens, jobs are stopped and resumed, nothing is rewritten."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from generation.models import Job, WorkerProcess

LISTS = [
    *("accounts_user", "accounts_team", "campaigns_ad", "campaigns_campaign"),
    *("campaigns_productphoto", "generation_job", "generation_workerprocess"),
]


@pytest.fixture
def as_admin(client, db):
    client.force_login(User.objects.create_superuser("admin@example.com", "a-strong-one-5"))
    return client


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens_and_searches(name, as_admin, job):
    WorkerProcess.objects.create(name="w", engine="studio", pid=1)
    address = reverse(f"admin:{name}_changelist")
    assert as_admin.get(address).status_code == 200
    assert as_admin.get(address, {"q": "건어물"}).status_code == 200


def test_a_failed_job_shows_its_reason_and_its_traceback(as_admin, job):
    Job.objects.filter(pk=job.pk).update(
        status=Job.Status.FAILED, error_code="out_of_memory", error_detail="MemoryError: 8 GB"
    )
    page = as_admin.get(reverse("admin:generation_job_change", args=[job.pk])).content.decode()
    assert "메모리가 모자라" in page
    assert "MemoryError: 8 GB" in page
    assert 'name="status"' not in page  # to read, not to write


def test_a_finished_job_shows_its_stage_pictures_to_staff_alone(as_admin, client, finished, owner):
    stage = finished.stages.first()
    page = as_admin.get(reverse("admin:generation_job_change", args=[finished.pk]))
    address = reverse("admin:generation_job_stage", args=[finished.pk, stage.pk])
    assert address in page.content.decode()
    assert as_admin.get(address)["Content-Type"] == "image/png"
    client.force_login(owner)
    assert client.get(address).status_code == 302


def act(client, action: str, job: Job) -> None:
    address = reverse("admin:generation_job_changelist")
    client.post(address, {"action": action, "_selected_action": [str(job.pk)]})
    job.refresh_from_db()


def test_jobs_are_stopped_and_resumed_through_the_services(as_admin, job):
    act(as_admin, "stop", job)
    assert job.status == Job.Status.STOPPED
    act(as_admin, "resume", job)
    assert job.status == Job.Status.PENDING
    assert job.events.count() >= 2


def test_a_silent_worker_is_shown_as_gone(as_admin, settings):
    from datetime import timedelta

    from django.utils import timezone

    old = timezone.now() - timedelta(minutes=5)
    WorkerProcess.objects.create(name="gone", engine="studio", pid=1, last_heartbeat=old)
    WorkerProcess.objects.create(name="here", engine="studio", pid=2)
    page = as_admin.get(reverse("admin:generation_workerprocess_changelist")).content.decode()
    assert page.count("icon-yes") == 1
    assert page.count("icon-no") == 1
