"""`POST /api/generate`: from a body to jobs in the line."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from campaigns.ad_text import CopyRefused, clean_ad_text, clean_subtext, copy_length
from campaigns.intake import read_picture
from generation.fairness import claim_order, queue_position
from generation.metrics import expected
from generation.models import Job
from generation.ordering import KeyReused, place_order
from generation.pipeline.catalog import frame_format
from generation.pipeline.types import Stage
from generation.plan import planned_stages

from .access import Caller, caller_of
from .document import generate_extra
from .orders import changes, lettering_alone, named, order_of, source_of
from .pictures import field_named, stage_folder
from .problems import Problem, Refused
from .wishes import Wishes, engine_of, painting_of, read_wishes, refuse_unusable

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
    "guidance_scale": 2,
}


class Accepted(Schema):
    """A job in the line. With `variants` there are more of them in `job_ids`, this one first."""

    model_config = ConfigDict(json_schema_extra={"examples": []})

    job_id: str
    status: str = Field(examples=["pending"])
    job_ids: list[str]
    queue_position: int | None = Field(None, description="1 is next; null once it runs.")
    status_url: str


class CopyEcho(Schema):
    """The copy exactly as it would be written, so that a retyped syllable is noticed."""

    text: str
    characters: int
    code_points: int
    sha256: str


class Plan(Schema):
    """What would be made, and how long it would take."""

    dry_run: Literal[True] = True
    copy_echo: CopyEcho
    stages: list[str]
    expected_seconds: float
    jobs_waiting: int
    parameters: dict[str, Any]


@router.post(
    "/generate",
    response={
        200: Plan,
        202: Accepted,
        **dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 429, 503), Problem),
    },
    operation_id="generate",
    summary="Make an ad",
    openapi_extra=generate_extra(),
)
def generate(request: HttpRequest) -> Status[Any]:
    """Put an ad in the line and answer at once; `GET /api/status/{job_id}` tells how it goes.

    With `dry_run` nothing is stored and the answer is a plan.

    `Idempotency-Key` (at most 120 characters) makes a retry harmless: the same key with the same
    body answers with the same job.
    """
    caller = caller_of(request)
    team = caller.making_team()
    key = _key(request, caller)
    wishes, pictures = read_wishes(request)
    _judge(wishes, pictures)
    if wishes.dry_run:
        return Status(200, _plan(caller, wishes, pictures))
    with stage_folder() as folder:
        order = order_of(request, wishes, pictures, Path(folder))
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


def echo_of(copy: str) -> CopyEcho:
    return CopyEcho(
        text=copy,
        characters=copy_length(copy),
        code_points=len(copy),
        sha256=sha256(copy.encode()).hexdigest(),
    )


def _plan(caller: Caller, wishes: Wishes, pictures: Mapping[str, bytes]) -> Plan:
    """Judge all that an order would be judged for; nothing is kept."""
    for name, content in pictures.items():
        with field_named(name):
            read_picture(BytesIO(content), size=len(content))
    source = source_of(caller, wishes)
    asked = named(wishes)
    told = {name: getattr(source, name) for name in asked} if source else asked
    told |= changes(wishes, asked) if source else {}
    told["ad_text"] = clean_ad_text(str(told["ad_text"]))
    frame_format(str(told["format"]))
    engine = engine_of(wishes)
    parameters = {
        **told,
        **painting_of(wishes),
        "end_step": wishes.end_step,
        "test_mode": wishes.test_mode,
    }
    alone = lettering_alone(wishes, pictures)
    stages = planned_stages({**parameters, "lettering_alone": alone})[wishes.start_step - 1 :]
    ahead = claim_order(engine)
    seconds = expected(engine, str(told["format"]), test_mode=wishes.test_mode)
    return Plan(
        copy_echo=echo_of(str(told["ad_text"])),
        stages=[stage.value for stage in (stages if not alone else (Stage.TEXT,))],
        expected_seconds=round(sum(seconds[stage] for stage in stages) * wishes.variants, 1),
        jobs_waiting=len(ahead),
        parameters=parameters,
    )


def _key(request: HttpRequest, caller: Caller) -> str | None:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Refused(422, "too_long", field="Idempotency-Key")
    return f"api:{caller.key}:{key}" if key else None


def _judge(wishes: Wishes, pictures: Mapping[str, bytes]) -> None:
    """Refuse what contradicts itself, by the name of the field that is to be changed."""
    refuse_unusable(wishes)
    _judge_subtext(wishes)
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


def _judge_subtext(wishes: Wishes) -> None:
    """The small line is refused by its own name, not by the copy's."""
    if wishes.source_job_id is not None and not wishes.subtext:
        return
    copy = wishes.ad_text or wishes.text_content or ("-" if wishes.source_job_id else "")
    try:
        clean_subtext(wishes.subtext, ad_text=copy)
    except CopyRefused as error:
        raise Refused(422, error.code, field="subtext", message=error.message) from error


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
