"""What was asked of the engine for a job, and who put it into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from campaigns.choices import style_names

from .models import Job


@dataclass(frozen=True)
class Line:
    """One row of the list; `english` says that it is for a model to read, not for people."""

    name: str
    words: str
    english: bool = False


@dataclass(frozen=True)
class Asked:
    """The prompts of a job. `writer` is a sentence; `tokens` what a model read and wrote."""

    writer: str
    lines: list[Line]
    tokens: int


def asked_of(job: Job) -> Asked | None:
    """Return what was asked for the job, None before its prompts are written."""
    prompts: dict[str, Any] = job.parameters.get("prompts") or {}
    if not prompts:
        return None
    background, text = style_names(
        str(job.parameters.get("background_style")), str(job.parameters.get("text_style"))
    )
    lines = [
        Line(_("고른 배경"), background),
        Line(_("고른 글자"), text),
        Line(_("분위기"), str(prompts.get("mood") or "")),
        Line(_("배경에 부탁한 말"), str(prompts.get("background_prompt") or ""), english=True),
        Line(_("글자에 부탁한 말"), str(prompts.get("text_prompt") or ""), english=True),
        Line(_("빼 달라고 한 것"), _left_out(prompts), english=True),
    ]
    return Asked(
        writer=_writer(prompts),
        lines=[line for line in lines if line.words],
        tokens=int(prompts.get("tokens") or 0),
    )


def _left_out(prompts: dict[str, Any]) -> str:
    told = f"{prompts.get('background_negative_prompt')}, {prompts.get('text_negative_prompt')}"
    return ", ".join(dict.fromkeys(word.strip() for word in told.split(",") if word.strip()))


def _writer(prompts: dict[str, Any]) -> str:
    if prompts.get("source") == "model":
        name = {"model": prompts.get("model")}
        if prompts.get("cached"):
            return _("언어 모델(%(model)s)이 전에 쓴 글을 다시 썼어요.") % name
        return _("언어 모델(%(model)s)이 썼어요.") % name
    if prompts.get("reason") not in (None, "", "no key"):
        return _("언어 모델이 제때 쓰지 못해 기본 문구집에서 골랐어요.")
    return _("기본 문구집에서 골랐어요.")
