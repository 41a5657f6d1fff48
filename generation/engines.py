"""The engines in people's words: which one makes a job, why another one than was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Job, WorkerProcess

NAMES: Final[Mapping[str, str | Promise]] = {
    "studio": gettext_lazy("3D 스튜디오"),
    "diffusion": gettext_lazy("AI 그림 엔진"),
    "upload": gettext_lazy("올린 그림"),
}
# Names of what a job may ask of models that paint, as the merchant's page calls them.
ASKED: Final[Mapping[str, str | Promise]] = {
    "bg_negative_prompt": gettext_lazy("배경에서 뺄 것"),
    "negative_prompt": gettext_lazy("글자에서 뺄 것"),
    "strength": gettext_lazy("다듬는 세기"),
    "guidance_scale": gettext_lazy("설명을 따르는 정도"),
}
# The state of a job that waits although nobody could take it.
WAITS: Final = "waits_for_worker"


def offered_engines() -> list[str]:
    """Return the engines that may be chosen here, the default first."""
    return list(dict.fromkeys((settings.DEFAULT_ENGINE, *settings.ENGINES_OFFERED)))


def engine_name(engine: str) -> str:
    """Return what people call an engine ("3D 스튜디오"), or the key itself for an unknown one."""
    return str(NAMES.get(engine, engine))


def fallback_of(job: Job) -> dict[str, Any] | None:
    """Return how the job came to another engine than was asked for: from, reason, not_honoured."""
    told: dict[str, Any] | None = job.parameters.get("fallback")
    return told


def engine_state(job: Job) -> str:
    """Return what there is to say about the job's engine: the code why another one makes it,
    WAITS while nobody could make it, "" for nothing.
    """
    fallback = fallback_of(job)
    if fallback:
        return str(fallback["reason"])
    lonely = job.status == Job.Status.PENDING and job.engine == "diffusion"
    return WAITS if lonely and not WorkerProcess.objects.able("diffusion").exists() else ""


def engine_note(state: str, status: str) -> str:
    """Return the sentence for an `engine_state`, in the active language; "" for nothing."""
    if not state:
        return ""
    if state == WAITS:
        return _("AI 그림 서버가 쉬고 있어요. 켜지는 대로 만들기 시작해요.")
    if status == Job.Status.COMPLETED:
        return _("AI 그림 서버를 쓸 수 없어 3D 스튜디오로 만들었어요.")
    return _("AI 그림 서버를 쓸 수 없어 3D 스튜디오로 만들어요.")


def unheeded_note(job: Job) -> str:
    """Return the sentence about wishes that the engine in place could not honour; "" for none."""
    names = (fallback_of(job) or {}).get("not_honoured") or []
    if not names:
        return ""
    wishes = ", ".join(f"‘{ASKED.get(name, name)}’" for name in names)
    return _("%(wishes)s은(는) AI 그림 엔진만 할 수 있어 반영하지 못했어요.") % {"wishes": wishes}
