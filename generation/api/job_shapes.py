"""What the API answers about jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from .makers import FallbackOut, MadeByOut


class ErrorOut(Schema):
    """Why a job failed: a stable code and a sentence."""

    code: str
    message: str


class Stopped(Schema):
    job_id: str
    status: str


class StatusOut(Schema):
    """Everything about a job. Pictures are addresses, or base64 with `images=base64`."""

    job_id: str
    status: str = Field(description="pending, running, completed, failed or stopped")
    progress_percent: float
    current_step: str
    sub_step: str
    message: str
    elapsed_sec: float
    eta_seconds: float | None
    step_eta_seconds: float | None
    queue_position: int | None
    created_at: datetime
    parameters: dict[str, Any]
    system_metrics: dict[str, Any]
    step1_result: str | None
    step2_result: str | None
    final_result: str | None
    preview: str | None = Field(None, description="The newest live preview, while it runs.")
    error: ErrorOut | None
    checks: dict[str, Any]
    engine: str = Field(description="The engine that makes it.")
    engine_note: str = Field("", description="What there is to say about the engine, for people.")
    fallback: FallbackOut | None
    made_by: list[MadeByOut]
    event_seq: int = Field(description="The number of the newest event.")


class JobRow(Schema):
    """A job in the history."""

    job_id: str
    status: str
    ad_text: str
    format: str
    background_style: str
    text_style: str
    created_at: datetime
    progress_percent: float
    final_result: str | None


class History(Schema):
    """A page of jobs, newest first; `next` is the `before` of the page after it."""

    jobs: list[JobRow]
    next: UUID | None
