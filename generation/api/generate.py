"""`POST /api/generate`: from a body to jobs in the line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings as site
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from campaigns.models import Ad
from generation.fairness import queue_position
from generation.models import Job
from generation.ordering import KeyReused, Order, place_order
from generation.pipeline import catalog
from generation.pipeline.types import Stage
from generation.webhooks import AddressRefused, judged_address

from .access import Caller, caller_of
from .document import generate_extra
from .pictures import kept_photo, kept_stage, stage_folder
from .problems import Problem, Refused
from .wishes import Wishes, engine_of, read_wishes, refuse_unusable, style_key

router = Router(tags=["generate"])
LONGEST_KEY: Final = 120
# What a job that starts later cannot be told any more: it was decided in the stages before.
DECIDED_IN: Final[Mapping[str, int]] = {
    "product_image": 1,
    "input_image": 1,
    "background_style": 1,
    "palette": 1,
    "bg_prompt": 1,
    "bg_negative_prompt": 1,
    "strength": 1,
    "text_style": 2,
    "font": 2,
    "text_model_prompt": 2,
    "negative_prompt": 2,
}


class Accepted(Schema):
    """A job in the line. With `variants` there are more of them in `job_ids`, this one first."""

    model_config = ConfigDict(json_schema_extra={"examples": []})

    job_id: str
    status: str = Field(examples=["pending"])
    job_ids: list[str]
    queue_position: int | None = Field(None, description="1 is next; null once it runs.")
    status_url: str


@router.post(
    "/generate",
    response={
        202: Accepted,
        **dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 429, 503), Problem),
    },
    operation_id="generate",
    summary="Make an ad",
    openapi_extra=generate_extra(),
)
def generate(request: HttpRequest) -> Status[Any]:
    """Put an ad in the line and answer at once; `GET /api/status/{job_id}` tells how it goes.

    `Idempotency-Key` (at most 120 characters) makes a retry harmless: the same key with the same
    body answers with the same job.
    """
    caller = caller_of(request)
    team = caller.making_team()
    key = _key(request, caller)
    wishes, pictures = read_wishes(request)
    _judge(wishes, pictures)
    with stage_folder() as folder:
        order = _order(request, wishes, pictures, Path(folder))
        try:
            jobs = place_order(team=team, by=caller.user, order=order, key=key)
        except KeyReused as reused:
            raise Refused(
                422, "idempotency_key_reused", field="Idempotency-Key", job_id=str(reused.job.pk)
            ) from reused
    return Status(202, accepted(jobs))


def accepted(jobs: list[Job]) -> Accepted:
    first = jobs[0]
    return Accepted(
        job_id=str(first.pk),
        status=first.status,
        job_ids=[str(job.pk) for job in jobs],
        queue_position=queue_position(first),
        status_url=f"/api/status/{first.pk}",
    )


def _key(request: HttpRequest, caller: Caller) -> str | None:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Refused(422, "too_long", field="Idempotency-Key")
    return f"api:{caller.key}:{key}" if key else None


def _judge(wishes: Wishes, pictures: Mapping[str, bytes]) -> None:
    """Refuse what contradicts itself, by the name of the field that is to be changed."""
    refuse_unusable(wishes)
    if "product_image" in pictures and "input_image" in pictures:
        raise Refused(422, "contradiction", field="input_image", other="product_image")
    if wishes.text_content is not None and wishes.ad_text not in ("", wishes.text_content):
        raise Refused(422, "contradiction", field="text_content", other="ad_text")
    if wishes.end_step < wishes.start_step:
        raise Refused(422, "out_of_range", field="end_step")
    for name, decided in DECIDED_IN.items():
        if decided < wishes.start_step and (name in pictures or _asks(wishes, name)):
            raise Refused(422, "not_used", field=name)
    for name, step in (("step1_image", 2), ("step2_image", 3)):
        if name in pictures and wishes.start_step < step:
            raise Refused(422, "not_used", field=name)
    _judge_steps(wishes, pictures)


def _asks(wishes: Wishes, name: str) -> bool:
    """Return whether a field asks for something else than its default does."""
    return bool(getattr(wishes, name) != Wishes.model_fields[name].default)


def _judge_steps(wishes: Wishes, pictures: Mapping[str, bytes]) -> None:
    copy = wishes.ad_text or wishes.text_content or ""
    alone = lettering_alone(wishes, pictures)
    photo = "product_image" in pictures or "input_image" in pictures
    if wishes.source_job_id and wishes.start_step == 1:
        raise Refused(422, "not_used", field="source_job_id")
    if wishes.source_job_id:
        return
    if wishes.start_step > 1 and "step1_image" not in pictures and not alone:
        raise Refused(422, "missing", field="step1_image")
    if wishes.start_step > 2 and "step2_image" not in pictures:
        raise Refused(422, "missing", field="step2_image")
    needs_copy = wishes.start_step == 2 or (wishes.start_step == 1 and wishes.end_step == 2)
    if needs_copy and not copy.strip():
        raise Refused(422, "missing", field="ad_text")
    if wishes.start_step == 1 and not (photo or copy.strip() or wishes.bg_prompt):
        raise Refused(422, "missing", field="product_image")


def lettering_alone(wishes: Wishes, pictures: Mapping[str, bytes]) -> bool:
    """Return whether the lettering is wanted without a scene."""
    only_text = wishes.start_step == wishes.end_step == 2
    return only_text and "step1_image" not in pictures and not wishes.source_job_id


def _order(
    request: HttpRequest, wishes: Wishes, pictures: Mapping[str, bytes], folder: Path
) -> Order:
    caller = caller_of(request)
    source = _source(caller, wishes)
    stages = {Stage.BACKGROUND: "step1_image", Stage.TEXT: "step2_image"}
    images = {
        stage: kept_stage(pictures[name], field=name, folder=folder)
        for stage, name in stages.items()
        if name in pictures
    }
    settings: dict[str, Any] = {}
    if wishes.end_step < len(stages) + 1:
        settings["end_step"] = wishes.end_step
    if lettering_alone(wishes, pictures):
        settings["lettering_alone"] = True
    return Order(
        wishes=_ad_wishes(caller, wishes, pictures, source),
        source=source,
        variants=wishes.variants,
        start_step=wishes.start_step,
        stage_images=images,
        settings=settings,
        test_mode=wishes.test_mode or site.FORCE_TEST_MODE,
        engine=engine_of(wishes),
        digest=wishes.digest(),
        webhook=_webhook(request, wishes),
    )


def _webhook(request: HttpRequest, wishes: Wishes) -> tuple[str, str] | None:
    if wishes.webhook_url is None:
        return None
    own = request.build_absolute_uri("/").rstrip("/")
    try:
        return judged_address(str(wishes.webhook_url)), own
    except AddressRefused as error:
        raise Refused(422, "address_refused", field="webhook_url") from error


def _source(caller: Caller, wishes: Wishes) -> Ad | None:
    """Return the ad whose stages are taken over."""
    if wishes.source_job_id is None:
        return None
    found = caller.jobs().select_related("ad__photo").filter(pk=wishes.source_job_id).first()
    if found is None:
        raise Refused(404, "not_found", field="source_job_id")
    return found.ad


def _ad_wishes(
    caller: Caller, wishes: Wishes, pictures: Mapping[str, bytes], source: Ad | None
) -> dict[str, Any]:
    """Return what `create_ad` is told, or the changes to the source that were asked for."""
    named: dict[str, Any] = {
        "ad_text": wishes.ad_text or wishes.text_content or "",
        "subtext": wishes.subtext,
        "background_style": style_key(
            catalog.BACKGROUND_STYLES, wishes.background_style, "background_style"
        ),
        "text_style": style_key(catalog.TEXT_STYLES, wishes.text_style, "text_style"),
        "palette": wishes.palette,
        "format": wishes.format,
        "font": wishes.font or "",
        "text_position": wishes.text_position,
        "composition_mode": wishes.composition_mode,
        "background_words": wishes.bg_prompt or "",
        "text_words": wishes.text_model_prompt or "",
        "seed": wishes.seed,
    }
    if source is not None:
        changed = wishes.given() | ({"ad_text"} if wishes.text_content else set())
        changed |= {"text_words"} if wishes.text_model_prompt else set()
        return {name: value for name, value in named.items() if name in changed}
    photo = next((name for name in ("product_image", "input_image") if name in pictures), None)
    kept = None
    if photo is not None:
        team = caller.making_team()
        kept = kept_photo(pictures[photo], field=photo, team=team, by=caller.user)
    return {**named, "photo": kept}
