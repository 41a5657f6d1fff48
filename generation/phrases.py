"""What a job is doing, in words: one short phrase per sub-step and stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .pipeline.types import Stage, SubStep

if TYPE_CHECKING:
    from .models import Job

SUB_STEPS: Final[Mapping[str, str | Promise]] = {
    SubStep.CUTOUT: gettext_lazy("상품 오려 내는 중"),
    SubStep.BACKGROUND: gettext_lazy("배경 생성 중"),
    SubStep.COMPOSITE: gettext_lazy("상품 앉히는 중"),
    SubStep.RETOUCH: gettext_lazy("다듬는 중"),
    SubStep.LETTERING: gettext_lazy("글자 만드는 중"),
    SubStep.TEXT_RENDER: gettext_lazy("글자 빛 입히는 중"),
    SubStep.TEXT_CHECK: gettext_lazy("글자 확인 중"),
    SubStep.COMPOSE: gettext_lazy("합성 중"),
    SubStep.CHECK: gettext_lazy("결과 확인 중"),
    SubStep.EXPORT: gettext_lazy("저장 중"),
}

STAGES: Final[Mapping[str, str | Promise]] = {
    Stage.BACKGROUND: gettext_lazy("배경"),
    Stage.TEXT: gettext_lazy("글자"),
    Stage.COMPOSITION: gettext_lazy("합성"),
}

STATUSES: Final[Mapping[str, str | Promise]] = {
    "pending": gettext_lazy("차례를 기다리는 중"),
    "completed": gettext_lazy("완성"),
    "failed": gettext_lazy("만들지 못했어요"),
    "stopped": gettext_lazy("멈췄어요"),
}


def sub_step_phrase(sub_step: str, index: int | None = None, total: int | None = None) -> str:
    """Return e.g. "배경 생성 중 3/8"; a sub-step without a phrase gives "만드는 중"."""
    phrase = str(SUB_STEPS.get(sub_step) or _("만드는 중"))
    return f"{phrase} {index}/{total}" if index and total else phrase


def stage_name(stage: str) -> str:
    """Return the short name of a stage ("배경"), or the key itself for an unknown one."""
    return str(STAGES.get(stage, stage))


def status_phrase(
    status: str,
    sub_step: str = "",
    index: int | None = None,
    total: int | None = None,
    *,
    stopping: bool = False,
) -> str:
    """Return what to say about a job in this state, in the active language."""
    if status in STATUSES:
        return str(STATUSES[status])
    if stopping:
        return _("멈추는 중")
    if not sub_step:
        return _("준비 중")
    return sub_step_phrase(sub_step, index, total)


def job_message(job: Job) -> str:
    """Return what to say about the job right now, in the active language."""
    stopping = job.status == "running" and job.stop_requested_at is not None
    steps = (job.sub_step, job.sub_step_index, job.sub_step_total)
    return status_phrase(job.status, *steps, stopping=stopping)
