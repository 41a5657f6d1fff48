"""Which engine makes a job, as programs see it: models, licences, and why it is another one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ninja import Field, Schema

from generation.engines import engine_note, engine_state, fallback_of
from generation.made_by import MadeBy, made_by
from generation.models import Job


class ModelOut(Schema):
    """A model that took part in a stage. `quantised`: how it was made smaller, empty for not."""

    key: str
    title: str
    licence: str
    revision: str
    quantised: str


class MadeByOut(Schema):
    """Who made a stage: the engine and its version, and the models with their licences."""

    stage: str
    engine: str = Field(description="`studio`, `diffusion`, or `upload` (it was sent).")
    engine_version: str
    models: list[ModelOut]


class FallbackOut(Schema):
    """Why another engine makes the job than was asked for, and which fields it cannot honour."""

    asked_engine: str = Field(examples=["diffusion"])
    reason: str = Field(examples=["no_worker"])
    not_honoured: list[str] = Field(examples=[["strength"]])


def engine_of_job(job: Job) -> dict[str, Any]:
    """Return what a job's status says about its engine."""
    return {
        "engine": job.engine,
        "engine_note": engine_note(engine_state(job), job.status),
        "fallback": _fallback(job),
        "made_by": [_made_by(maker) for maker in made_by(job)],
    }


def _fallback(job: Job) -> FallbackOut | None:
    told = fallback_of(job)
    if told is None:
        return None
    return FallbackOut(
        asked_engine=told["from"], reason=told["reason"], not_honoured=told["not_honoured"]
    )


def _made_by(maker: MadeBy) -> MadeByOut:
    models = [ModelOut(title=model.title, **asdict(model)) for model in maker.models]
    return MadeByOut(
        stage=maker.stage,
        engine=maker.engine,
        engine_version=maker.engine_version,
        models=models,
    )
