"""Workers in the admin: who lives, and what keeps whom from working."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .admin_rows import ReadOnly, as_json, preformatted
from .deadlines import WORKER_SEEN_AS_GONE_AFTER
from .models import WorkerProcess


class WorkerAdmin(ReadOnly):
    list_display = ("__str__", "alive", "does", "problem", "works_on", "heard_of", "since")
    list_select_related = ("job__ad",)
    ordering = ("-last_heartbeat",)
    fieldsets = (
        (None, {"fields": ("name", "alive", "engine", "pid", "engine_pid", "job")}),
        (_("때"), {"fields": ("started_at", "last_heartbeat")}),
        (_("일을 못 하는 까닭"), {"fields": ("problem", "reason")}),
        (_("기계"), {"fields": ("machine",)}),
    )

    @admin.display(description=_("엔진"), ordering="engine")
    def does(self, worker: WorkerProcess) -> str:
        return worker.engine

    @admin.display(description=_("문제"), ordering="trouble")
    def problem(self, worker: WorkerProcess) -> str:
        return worker.trouble or "—"

    @admin.display(description=_("기록"))
    def reason(self, worker: WorkerProcess) -> SafeString | str:
        return preformatted(worker.trouble_detail)

    @admin.display(description=_("만드는 광고"))
    def works_on(self, worker: WorkerProcess) -> str:
        return str(worker.job) if worker.job else "—"

    @admin.display(description=_("마지막 신호"), ordering="last_heartbeat")
    def heard_of(self, worker: WorkerProcess) -> str:
        seconds = (timezone.now() - worker.last_heartbeat).total_seconds()
        return _("%(seconds)d초 전") % {"seconds": seconds}

    @admin.display(description=_("켜진 때"), ordering="started_at")
    def since(self, worker: WorkerProcess) -> datetime:
        return worker.started_at

    @admin.display(description=_("살아 있음"), boolean=True)
    def alive(self, worker: WorkerProcess) -> bool:
        silence = timezone.now() - worker.last_heartbeat
        return silence < timedelta(seconds=WORKER_SEEN_AS_GONE_AFTER)

    @admin.display(description=_("잰 값"))
    def machine(self, worker: WorkerProcess) -> SafeString:
        return as_json(worker.metrics)
