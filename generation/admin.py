"""Jobs, for the people who run the site: everything to read, two things to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from campaigns.files import file_response

from . import phrases
from .admin_rows import ReadOnly, as_json, preformatted
from .admin_workers import WorkerAdmin
from .asked import asked_of
from .engines import fallback_of
from .errors import GenerationRefused, sentence
from .made_by import maker_of
from .models import Job, JobEvent, StageResult, WorkerProcess
from .proof import proof_lines
from .services import resume_job, stop_job

admin.site.register(WorkerProcess, WorkerAdmin)


class ByStatus(admin.ChoicesFieldListFilter):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("상태")


class ByEngine(admin.AllValuesFieldListFilter):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("엔진")


class ByFailure(admin.AllValuesFieldListFilter):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("까닭")


class StageInline(admin.TabularInline):  # type: ignore[type-arg]
    model = StageResult
    fields = readonly_fields = (
        "picture",
        "stage",
        "seconds",
        "attempt",
        "engine",
        "engine_version",
        "models_used",
        "reused",
    )
    extra = 0
    can_delete = False
    verbose_name_plural = _("단계 결과")

    def has_add_permission(self, *_args: object, **_more: object) -> bool:
        return False

    @admin.display(description=_("그림"))
    def picture(self, result: StageResult) -> SafeString:
        address = reverse("admin:generation_job_stage", args=[result.job_id, result.pk])
        return format_html('<a href="{0}"><img src="{0}" alt="" width="160"></a>', address)

    @admin.display(description=_("모델과 라이선스"))
    def models_used(self, result: StageResult) -> SafeString | str:
        lines = ((model.title, model.details) for model in maker_of(result).models)
        return format_html_join("", "<div>{}<br><small>{}</small></div>", lines) or "—"

    @admin.display(description=_("그대로 씀"), boolean=True)
    def reused(self, result: StageResult) -> bool:
        return result.reused_from_id is not None


class EventInline(admin.TabularInline):  # type: ignore[type-arg]
    model = JobEvent
    fields = readonly_fields = ("seq", "kind", "payload", "created_at")
    extra = 0
    can_delete = False
    classes = ("collapse",)

    def has_add_permission(self, *_args: object, **_more: object) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("words", "shop", "state", "stage_now", "code", "asked_at", "took")
    list_filter = (("status", ByStatus), ("engine", ByEngine), ("error_code", ByFailure))
    search_fields = ("id", "ad__ad_text", "team__name", "created_by__email", "error_code")
    list_select_related = ("ad", "team")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("stop", "resume")
    inlines = (StageInline, EventInline)
    fieldsets = (
        (None, {"fields": ("id", "page", "ad", "team", "created_by", "engine", "start_step")}),
        (_("지금"), {"fields": ("status", "stage_now", "progress_percent", "stop_requested_at")}),
        (_("실패"), {"fields": ("failure", "error_code", "fallback", "traceback")}),
        (_("확인"), {"fields": ("proofs", "checks_found")}),
        (_("프롬프트"), {"fields": ("written_by", "tokens")}),
        (_("일손"), {"fields": ("attempt", "losses", "lease_owner", "lease_expires_at")}),
        (_("때"), {"fields": ("created_at", "queued_at", "started_at", "finished_at", "took")}),
        (_("요청"), {"fields": ("asked", "idempotency_key"), "classes": ("collapse",)}),
    )

    @admin.display(description=_("광고"), ordering="ad__ad_text")
    def words(self, job: Job) -> str:
        return str(job.ad)

    @admin.display(description=_("팀"), ordering="team__name")
    def shop(self, job: Job) -> str:
        return str(job.team)

    @admin.display(description=_("상태"), ordering="status")
    def state(self, job: Job) -> str:
        return job.get_status_display()

    @admin.display(description=_("까닭"), ordering="error_code")
    def code(self, job: Job) -> str:
        return job.error_code or "—"

    @admin.display(description=_("요청한 때"), ordering="created_at")
    def asked_at(self, job: Job) -> datetime:
        return job.created_at

    @admin.display(description=_("지금 단계"))
    def stage_now(self, job: Job) -> str:
        percent = f"{job.progress_percent:.0f} %"
        if job.status != Job.Status.RUNNING:
            return percent
        return f"{phrases.stage_name(job.current_step)} · {phrases.job_message(job)} · {percent}"

    @admin.display(description=_("까닭"))
    def failure(self, job: Job) -> str:
        return sentence(job.error_code, job.error_params) if job.error_code else "—"

    @admin.display(description=_("바뀐 엔진"))
    def fallback(self, job: Job) -> str:
        told = fallback_of(job)
        if told is None:
            return "—"
        unheeded = ", ".join(told["not_honoured"]) or "—"
        return f"{told['from']} → {job.engine} ({told['reason']}; {unheeded})"

    @admin.display(description=_("걸린 시간"))
    def took(self, job: Job) -> str:
        if not (job.started_at and job.finished_at):
            return "—"
        return f"{(job.finished_at - job.started_at).total_seconds():.1f} s"

    @admin.display(description=_("화면"))
    def page(self, job: Job) -> SafeString:
        return format_html('<a href="{0}">{0}</a>', reverse("generation:job", args=[job.pk]))

    @admin.display(description=_("기록"))
    def traceback(self, job: Job) -> SafeString | str:
        return preformatted(job.error_detail)

    @admin.display(description=_("확인한 것"))
    def proofs(self, job: Job) -> SafeString | str:
        lines = ((proof.words,) for proof in proof_lines(job.checks))
        return format_html_join("", "<div>{}</div>", lines) or "—"

    @admin.display(description=_("쓴 곳"))
    def written_by(self, job: Job) -> str:
        asked = asked_of(job)
        reason = (job.parameters.get("prompts") or {}).get("reason")
        return " · ".join(filter(None, (asked.writer, reason))) if asked else "—"

    @admin.display(description=_("쓴 토큰"))
    def tokens(self, job: Job) -> int:
        asked = asked_of(job)
        return asked.tokens if asked else 0

    @admin.display(description=_("잰 값"))
    def checks_found(self, job: Job) -> SafeString:
        return as_json(job.checks)

    @admin.display(description=_("요청한 것"))
    def asked(self, job: Job) -> SafeString:
        return as_json(job.parameters)

    @admin.action(description=_("고른 작업 멈추기"))
    def stop(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        stopped = [
            stop_job(job=job, by=_admin(request))
            for job in jobs.filter(status__in=Job.Status.active())
        ]
        self._say(request, len(stopped))

    @admin.action(description=_("고른 작업 이어서 만들기"))
    def resume(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        resumed = 0
        for job in jobs.filter(status__in=(Job.Status.FAILED, Job.Status.STOPPED)):
            try:
                resume_job(job=job, by=_admin(request))
                resumed += 1
            except GenerationRefused as refused:
                self.message_user(request, f"{job}: {refused}", messages.WARNING)
        self._say(request, resumed)

    def _say(self, request: HttpRequest, count: int) -> None:
        words = ngettext("작업 %(n)s개에 전했어요.", "작업 %(n)s개에 전했어요.", count)
        self.message_user(request, words % {"n": count})

    def get_urls(self) -> list[URLPattern]:
        """Stage pictures for staff, who are in no team."""
        view = self.admin_site.admin_view(self.stage_picture)
        name = "generation_job_stage"
        return [path("<uuid:job>/stages/<int:pk>.png", view, name=name), *super().get_urls()]

    def stage_picture(self, request: HttpRequest, job: UUID, pk: int) -> HttpResponse:
        result = StageResult.objects.filter(job=job, pk=pk).first()
        if result is None or not self.has_view_permission(request):
            raise Http404
        return file_response(request, result.image, kind="image/png")


def _admin(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
