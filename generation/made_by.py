"""Which engine, which models and which licences made an ad, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from .engines import engine_name
from .models import Job, StageResult
from .phrases import stage_name
from .pipeline.diffusion.catalog import MODELS

# How licences are written, by the ids of the model hub.
LICENCES: Final[Mapping[str, str]] = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "openrail++": "CreativeML OpenRAIL++-M",
}
SHORT_REVISION: Final = 7


@dataclass(frozen=True)
class Model:
    """A model that took part. `quantised` is "" for weights as they were published."""

    key: str
    licence: str
    revision: str
    quantised: str

    @property
    def title(self) -> str:
        """What its makers call it."""
        return MODELS[self.key].title if self.key in MODELS else self.key

    @property
    def details(self) -> str:
        """Return e.g. "Apache-2.0 · 1a2b3c4 · fp8": licence, revision, how it was made smaller."""
        licence = LICENCES.get(self.licence, self.licence)
        told = (licence, self.revision[:SHORT_REVISION], self.quantised)
        return " · ".join(word for word in told if word)


@dataclass(frozen=True)
class MadeBy:
    """Who made one stage. `engine` is "upload" for a picture that was sent in its place."""

    stage: str
    engine: str
    engine_version: str
    models: tuple[Model, ...]

    @property
    def name(self) -> str:
        """The engine's name."""
        return engine_name(self.engine)

    @property
    def made(self) -> str:
        """What it made ("배경")."""
        return stage_name(self.stage)


def made_by(job: Job) -> list[MadeBy]:
    """Return who made each finished stage of the job, first stage first."""
    return [maker_of(result) for result in sorted(job.stages.all(), key=lambda done: done.stage)]


def told_together(makers: list[MadeBy]) -> list[tuple[str, MadeBy]]:
    """Return what was made by whom, stages that have the same makers in one: "배경 · 글자"."""
    same: dict[tuple[str, str, tuple[Model, ...]], list[MadeBy]] = {}
    for maker in makers:
        same.setdefault((maker.engine, maker.engine_version, maker.models), []).append(maker)
    return [(" · ".join(one.made for one in ones), ones[0]) for ones in same.values()]


def summary(makers: list[MadeBy]) -> str:
    """Return one short line: "3D 스튜디오", or "AI 그림 엔진 · FLUX.2 [klein] 4B".

    Of each stage only the first model, which painted it: its parts and helpers are in the details.
    """
    engines = [maker.name for maker in makers]
    models = [model.title for maker in makers for model in maker.models[:1]]
    return " · ".join(dict.fromkeys((*engines, *models))) or _("알 수 없음")


def maker_of(result: StageResult) -> MadeBy:
    """Return who made a finished stage."""
    told: list[dict[str, Any]] = result.checks.get("models") or []
    return MadeBy(
        stage=result.stage,
        engine=result.engine,
        engine_version=result.engine_version,
        models=tuple(_model(entry) for entry in told),
    )


def _model(entry: dict[str, Any]) -> Model:
    quantised = entry.get("quantised")
    return Model(
        key=str(entry.get("key") or ""),
        licence=str(entry.get("licence") or ""),
        revision=str(entry.get("revision") or ""),
        quantised="" if quantised in (None, False, "none") else str(quantised),
    )
