"""What can be asked for, and whether anybody is there to make it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, Literal

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from generation.engines import offered_engines
from generation.fairness import claim_order
from generation.metrics import worker_metrics
from generation.models import Job, WorkerProcess
from generation.pipeline import catalog
from generation.pipeline.glyphs.faces import faces as all_faces
from generation.pipeline.studio.materials import MATERIALS

from .access import caller_of
from .problems import Problem

router = Router(tags=["catalogue"])
REFUSALS: Final = dict.fromkeys((401, 429, 503), Problem)
# How long the health check waits for Redis, in seconds.
PATIENCE: Final = 1.0


class Font(Schema):
    """A font that a job may ask for by its `name`. `full` fonts write all 11,172 syllables."""

    name: str
    path: str
    label: str
    full: bool
    licence: str
    text_styles: list[str] = Field(description="The text styles it suits best.")


class StyleOut(Schema):
    key: str
    name_ko: str
    name_en: str


class FormatOut(Schema):
    key: str
    width: int
    height: int
    name_ko: str


class Styles(Schema):
    """Everything that `POST /api/generate` can be told by name."""

    background_styles: list[StyleOut]
    text_styles: list[StyleOut]
    palettes: list[StyleOut]
    formats: list[FormatOut]
    engines: list[str] = Field(description="What `engine` may be; the first is the default.")
    max_copy_length: int


class Health(Schema):
    """Whether ads can be made now. `degraded`: jobs are taken, but nobody makes them yet."""

    status: Literal["ok", "degraded", "down"]
    gpu_available: bool
    database: bool
    redis: bool
    workers: dict[str, int]
    queue_depth: int
    running: int
    system_metrics: dict[str, Any]


@router.get("/fonts", response={200: list[Font], **REFUSALS}, operation_id="fonts")
def fonts(request: HttpRequest) -> list[Font]:
    """The fonts a job may ask for."""
    caller_of(request)
    return [
        Font(
            name=face.key,
            path=face.path.name,
            label=face.name_ko,
            full=face.full,
            licence="OFL-1.1",
            text_styles=[m.key for m in MATERIALS if face.key in m.faces],
        )
        for face in all_faces()
    ]


@router.get("/styles", response={200: Styles, **REFUSALS}, operation_id="styles")
def styles(request: HttpRequest) -> Styles:
    """Backgrounds, lettering, palettes and formats."""
    caller_of(request)
    return Styles(
        background_styles=[_style(style) for style in catalog.BACKGROUND_STYLES],
        text_styles=[_style(style) for style in catalog.TEXT_STYLES],
        palettes=[_style(style) for style in catalog.PALETTES],
        formats=[
            FormatOut(key=f.key, width=f.width, height=f.height, name_ko=f.label_ko)
            for f in catalog.FORMATS
        ],
        engines=offered_engines(),
        max_copy_length=settings.MAX_COPY_LENGTH,
    )


def _style(style: catalog.Style | catalog.PaletteChoice) -> StyleOut:
    return StyleOut(key=style.key, name_ko=style.label_ko, name_en=style.label_en)


@router.get("/health", auth=None, response={200: Health, 503: Health}, operation_id="health")
def health(request: HttpRequest) -> Status[Health]:  # noqa: ARG001 - ninja's signature
    """Database, Redis, workers and the line. 503 when no job could be taken."""
    database = _database_answers()
    workers = _workers() if database else {}
    redis_answers = _redis_answers()
    metrics = worker_metrics(settings.DEFAULT_ENGINE) if database else None
    gpu = database and WorkerProcess.objects.able("diffusion").exists()
    ready = redis_answers and bool(workers.get(settings.DEFAULT_ENGINE))
    state: Literal["ok", "degraded", "down"] = "ok" if ready else "degraded"
    if not database:
        state = "down"
    answer = Health(
        status=state,
        gpu_available=gpu or bool(metrics and metrics["gpu_info"]),
        database=database,
        redis=redis_answers,
        workers=workers,
        queue_depth=len(claim_order(settings.DEFAULT_ENGINE)) if database else 0,
        running=Job.objects.running().count() if database else 0,
        system_metrics=dict(metrics or {}),
    )
    return Status(503 if state == "down" else 200, answer)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        with client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _workers() -> dict[str, int]:
    """Return how many workers of each engine have been heard of lately and can work."""
    able = WorkerProcess.objects.alive().filter(trouble="")
    return dict(Counter(able.values_list("engine", flat=True)))
