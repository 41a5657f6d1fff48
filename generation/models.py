"""The truth about generation: jobs, their finished stages, their events, the workers.

Everything a page shows can be rebuilt from these rows. They change only through
`generation.services`.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.querysets import TeamOwnedQuerySet
from campaigns.models import Ad

from .deadlines import WORKER_SEEN_AS_GONE_AFTER
from .pipeline.types import Stage


class JobQuerySet(TeamOwnedQuerySet["Job"]):
    """Reads of jobs."""

    def unfinished(self) -> JobQuerySet:
        return self.filter(status__in=Job.Status.active())

    def waiting(self) -> JobQuerySet:
        return self.filter(status=Job.Status.PENDING)

    def running(self) -> JobQuerySet:
        return self.filter(status=Job.Status.RUNNING)

    def lease_expired(self, now: datetime | None = None) -> JobQuerySet:
        """Running jobs whose worker has not been heard of within its lease."""
        return self.running().filter(lease_expires_at__lt=now or timezone.now())


class Job(models.Model):
    """One run of the pipeline for an ad."""

    class Status(models.TextChoices):
        """Where a job stands.

            pending --claim--> running --finish--> completed
               ^                  |--fail-------> failed  --resume--> pending
               |--lease lost,     |--stop-------> stopped --resume--> pending
                  attempt + 1 ----'
            pending --stop--> stopped

        `attempt` grows with every claim; a result that carries an older attempt is refused.
        """

        PENDING = "pending", _("대기 중")
        RUNNING = "running", _("만드는 중")
        COMPLETED = "completed", _("완성")
        FAILED = "failed", _("실패")
        STOPPED = "stopped", _("멈춤")

        @classmethod
        def active(cls) -> tuple[Job.Status, ...]:
            return (cls.PENDING, cls.RUNNING)

        @classmethod
        def terminal(cls) -> tuple[Job.Status, ...]:
            return (cls.COMPLETED, cls.FAILED, cls.STOPPED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="jobs")
    ad = models.ForeignKey(Ad, on_delete=models.CASCADE, related_name="jobs")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    engine = models.CharField(max_length=20, default="studio")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    start_step = models.PositiveSmallIntegerField(default=1)
    parameters = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)

    attempt = models.PositiveSmallIntegerField(default=0)
    # Attempts lost with their worker or engine process since the job was last submitted or resumed.
    losses = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    stop_requested_at = models.DateTimeField(null=True, blank=True)

    progress_percent = models.FloatField(default=0)
    current_step = models.CharField(max_length=40, blank=True)
    sub_step = models.CharField(max_length=40, blank=True)
    sub_step_index = models.PositiveSmallIntegerField(null=True, blank=True)
    sub_step_total = models.PositiveSmallIntegerField(null=True, blank=True)
    # Grows with every preview image; 0 before the first. The image itself lies in Redis.
    preview_seq = models.PositiveIntegerField(default=0)
    event_seq = models.PositiveIntegerField(default=0)

    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    error_detail = models.TextField(blank=True)
    checks = models.JSONField(default=dict, blank=True)

    created_at = models.DateTimeField(default=timezone.now)
    # Waiting time counts from here: submission, or the last resume.
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    step_started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("작업")
        verbose_name_plural = _("작업")
        indexes = [
            models.Index(fields=["engine", "status", "queued_at"], name="job_claim"),
            models.Index(fields=["team", "-created_at"], name="job_history"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "idempotency_key"], name="one_job_per_idempotency_key"
            ),
            models.CheckConstraint(
                condition=models.Q(start_step__in=(1, 2, 3)), name="start_step_is_1_2_or_3"
            ),
            models.CheckConstraint(
                condition=models.Q(progress_percent__gte=0, progress_percent__lte=100),
                name="progress_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="running")
                | (~models.Q(lease_owner="") & models.Q(lease_expires_at__isnull=False)),
                name="running_jobs_are_leased",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ad} ({self.get_status_display()})"

    @property
    def is_finished(self) -> bool:
        return self.status in self.Status.terminal()


def stage_path(result: StageResult, filename: str) -> str:
    """Each stage result has a folder of its own: the main image and its extras side by side."""
    return f"stages/{result.team_id}/{result.folder.hex}/{filename}"


class StageResult(models.Model):
    """A finished stage of a job; the next stages, and later jobs, start from it.

    `input_hash` is the content address of everything the stage depended on
    (`generation.pipeline.fingerprint`). `reused_from` is set when no work was done.
    `extras` maps names to file names in the same folder.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=40)
    attempt = models.PositiveSmallIntegerField()
    folder = models.UUIDField(default=uuid.uuid4)
    image = models.FileField(upload_to=stage_path, max_length=200)
    extras = models.JSONField(default=dict, blank=True)
    checks = models.JSONField(default=dict, blank=True)
    seconds = models.FloatField(default=0)
    sub_step_seconds = models.JSONField(default=dict, blank=True)
    engine = models.CharField(max_length=20)
    engine_version = models.CharField(max_length=40)
    input_hash = models.CharField(max_length=64)
    reused_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TeamOwnedQuerySet["StageResult"].as_manager()

    class Meta:
        verbose_name = _("단계 결과")
        verbose_name_plural = _("단계 결과")
        ordering = ["stage"]
        indexes = [models.Index(fields=["team", "input_hash"], name="stage_by_content")]
        constraints = [
            models.UniqueConstraint(fields=["job", "stage"], name="one_result_per_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} of {self.job_id}"

    @property
    def version(self) -> str:
        """Changes with the picture, so that an address that carries it may be kept for ever."""
        return self.folder.hex[:8]

    @property
    def number(self) -> int:
        """1, 2 or 3, as the page's addresses count."""
        return Stage(self.stage).number


class JobEvent(models.Model):
    """What happened to a job, numbered 1..n, written in the transaction that changed the row."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("작업 기록")
        verbose_name_plural = _("작업 기록")
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["job", "seq"], name="one_event_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq} of {self.job_id}"

    def to_message(self) -> dict[str, Any]:
        """The event as the socket sends it."""
        return {"type": self.kind, "seq": self.seq, **self.payload}


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Reads of deliveries."""

    def due(self, now: datetime) -> WebhookDeliveryQuerySet:
        """Deliveries of ended jobs whose next try has come, longest waiting first."""
        waiting = self.filter(state=WebhookDelivery.State.WAITING, next_try_at__lte=now)
        ended = waiting.filter(job__status__in=Job.Status.terminal())
        return ended.select_related("job__ad", "job__team").order_by("next_try_at")


class WebhookDelivery(models.Model):
    """The end of a job, to be told to a program's server."""

    class State(models.TextChoices):
        WAITING = "waiting", _("기다리는 중")
        DELIVERED = "delivered", _("전했어요")
        REFUSED = "refused", _("보낼 수 없는 주소")
        GIVEN_UP = "given_up", _("전하지 못했어요")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="deliveries")
    url = models.URLField(max_length=2000)
    site = models.URLField(max_length=500)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now, db_index=True)
    answer = models.CharField(max_length=200, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("웹훅")
        verbose_name_plural = _("웹훅")

    def __str__(self) -> str:
        return f"{self.url} ({self.get_state_display()})"


class WorkerProcessQuerySet(models.QuerySet["WorkerProcess"]):
    """Reads of workers."""

    def alive(self, now: datetime | None = None) -> WorkerProcessQuerySet:
        """Workers that have been heard of lately."""
        latest = (now or timezone.now()) - timedelta(seconds=WORKER_SEEN_AS_GONE_AFTER)
        return self.filter(last_heartbeat__gt=latest)

    def able(self, engine: str, now: datetime | None = None) -> WorkerProcessQuerySet:
        """Live workers of the engine that nothing keeps from working."""
        return self.alive(now).filter(engine=engine, trouble="")


class WorkerProcess(models.Model):
    """A worker that has reported itself; alive while its heartbeat is fresh."""

    name = models.CharField(max_length=100, unique=True)
    engine = models.CharField(max_length=20)
    pid = models.PositiveIntegerField()
    engine_pid = models.PositiveIntegerField(null=True, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    metrics = models.JSONField(default=dict, blank=True)
    # Why it takes no jobs though it lives: a code (no GPU, a model missing), and all of the reason.
    trouble = models.CharField(max_length=60, blank=True)
    trouble_detail = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    last_heartbeat = models.DateTimeField(default=timezone.now)

    objects = WorkerProcessQuerySet.as_manager()

    class Meta:
        verbose_name = _("워커")
        verbose_name_plural = _("워커")

    def __str__(self) -> str:
        return self.name
