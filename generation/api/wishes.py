"""The body of `POST /api/generate`: JSON, or the same fields as a multipart form."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from ninja import Field, Schema
from pydantic import ConfigDict, HttpUrl

from campaigns.services import SEED_LIMIT
from generation.painting import background_model, lettering_model
from generation.pipeline import catalog
from generation.pipeline.diffusion.catalog import MODELS
from generation.pipeline.types import DEFAULT_STRENGTH
from nanococoa.page_policy import longest_body

from .problems import Refused

# Prompts are a few sentences; more is a mistake or an attack.
LONGEST_PROMPT: Final = 2000
# Nobody compares more takes of one ad at a time.
MOST_VARIANTS: Final = 4
# The original service's default: sending it asks for nothing special, each model takes its own.
DEFAULT_GUIDANCE: Final = 3.5

Picture = Annotated[
    str | None,
    Field(
        json_schema_extra={"contentEncoding": "base64"},
        description="A JPG, PNG, WebP or HEIC of at most 10 MB: base64, with or without a "
        "`data:` prefix, or a file in a multipart form.",
    ),
]
Prompt = Annotated[str | None, Field(max_length=LONGEST_PROMPT)]


class Wishes(Schema):
    """What is to be made. Everything has a default; a photo or some copy there must be."""

    model_config = ConfigDict(extra="forbid")

    product_image: Picture = None
    input_image: Picture = Field(None, description="Another name of `product_image`.")
    ad_text: str = Field(
        "",
        max_length=200,
        description="The copy, at most 20 characters.",
        examples=["건어물 대박 세일"],
    )
    text_content: str | None = Field(None, max_length=200, description="Another name of `ad_text`.")
    subtext: str = Field(
        "",
        max_length=200,
        description="A second, smaller line: a price, a date.",
        examples=["2,500원부터"],
    )
    background_style: str = Field(
        "", max_length=40, description="A key or a name of `/api/styles`.", examples=["market"]
    )
    text_style: str = Field(
        "",
        max_length=40,
        description="A key or a name of `/api/styles`.",
        examples=["gold_balloon"],
    )
    palette: str = Field("auto", max_length=20, description="A key of `/api/styles`.")
    format: str = Field("1:1", max_length=20, description="A key of `/api/styles`.")
    font: str | None = Field(None, max_length=60, description="A name of `/api/fonts`.")
    text_position: Literal["auto", "top", "center", "bottom"] = "auto"
    composition_mode: Literal["overlay", "blend", "behind"] = "overlay"
    bg_prompt: Prompt = Field(None, description="The background in your own words.")
    bg_negative_prompt: Prompt = None
    text_model_prompt: Prompt = Field(None, description="The lettering in your own words.")
    negative_prompt: Prompt = None
    strength: float = Field(DEFAULT_STRENGTH, ge=0, le=1, allow_inf_nan=False)
    guidance_scale: float = Field(DEFAULT_GUIDANCE, ge=0, le=30, allow_inf_nan=False)
    seed: int | None = Field(None, ge=0, lt=SEED_LIMIT)
    variants: int = Field(1, ge=1, le=MOST_VARIANTS, description="Takes with different seeds.")
    start_step: Literal[1, 2, 3] = 1
    end_step: Literal[1, 2, 3] = Field(
        3, description="1: the background alone; 2 with `start_step` 2: the lettering alone."
    )
    step1_image: Picture = None
    step2_image: Picture = None
    source_job_id: UUID | None = Field(
        None, description="An earlier job whose stages before `start_step` are taken over."
    )
    test_mode: bool = Field(False, description="The whole path in a second, with no engine.")
    engine: Literal["studio", "diffusion"] | None = Field(
        None, description="One of `engines` of `/api/styles`; by default its first."
    )
    dry_run: bool = Field(
        False, description="Judge everything and tell what would be made, without making it."
    )
    webhook_url: HttpUrl | None = Field(
        None, description="Told when the job has ended. Public https addresses only."
    )

    def given(self) -> set[str]:
        """Return the names of the fields that the caller sent."""
        return set(self.model_fields_set)

    def digest(self) -> str:
        """Return a fingerprint of the request, so that a key's second use can be judged."""
        sent = self.model_dump(mode="json", exclude_unset=True)
        return sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()


FILE_FIELDS: Final = ("product_image", "input_image", "step1_image", "step2_image")


def read_wishes(request: HttpRequest) -> tuple[Wishes, dict[str, bytes]]:
    """Return what was asked for and the pictures' bytes by field.

    Raises Refused (400, 413, 415) and pydantic's ValidationError.
    """
    kind = (request.content_type or "").lower()
    if kind == "application/json":
        return _from_json(request)
    if kind == "multipart/form-data":
        return _from_form(request)
    raise Refused(415, "unsupported_media_type")


def _from_json(request: HttpRequest) -> tuple[Wishes, dict[str, bytes]]:
    from .pictures import decoded

    limit = longest_body()
    body = request.read(limit + 1)
    if len(body) > limit:
        raise Refused(413, "too_large")
    wishes = Wishes.model_validate_json(body, strict=True)
    pictures = {
        name: decoded(getattr(wishes, name), field=name)
        for name in FILE_FIELDS
        if getattr(wishes, name) is not None
    }
    return wishes, pictures


def _from_form(request: HttpRequest) -> tuple[Wishes, dict[str, bytes]]:
    from .pictures import decoded, uploaded

    sent: dict[str, Any] = {name: request.POST[name] for name in request.POST}
    pictures: dict[str, bytes] = {}
    for name, file in request.FILES.items():
        if name not in FILE_FIELDS:
            raise Refused(422, "unknown_field", field=name)
        if isinstance(file, UploadedFile):
            pictures[name] = uploaded(file)
    wishes = Wishes.model_validate(
        {n: v for n, v in sent.items() if v != "" or n not in FILE_FIELDS}
    )
    for name in FILE_FIELDS:
        text = getattr(wishes, name)
        if text is not None and name not in pictures:
            pictures[name] = decoded(text, field=name)
        if name in pictures:
            setattr(wishes, name, sha256(pictures[name]).hexdigest())
    return wishes, pictures


def style_key(options: tuple[catalog.Style, ...], sent: str, field: str) -> str:
    """Return the key of a style that is named by its key or a label; the first for nothing."""
    if not sent:
        return options[0].key
    for style in options:
        if sent.strip().casefold() in (style.key, style.label_ko, style.label_en.casefold()):
            return style.key
    raise Refused(422, "not_offered", field=field)


def refuse_unusable(wishes: Wishes) -> None:
    """Refuse by its name what this site, the job's engine or its models cannot honour.

    The original service's defaults ask for nothing.
    """
    if engine_of(wishes) not in settings.ENGINES_OFFERED:
        raise Refused(422, "not_offered", field="engine")
    for name, value in painting_of(wishes).items():
        if engine_of(wishes) == "studio":
            raise Refused(422, "unsupported_by_engine", field=name)
        if not _heeded(name, value):
            raise Refused(422, "unsupported_by_model", field=name)


def painting_of(wishes: Wishes) -> dict[str, Any]:
    """Return what was asked of the models that paint, by the names that a job keeps."""
    plain: dict[str, Any] = {
        "bg_negative_prompt": None,
        "negative_prompt": None,
        "strength": DEFAULT_STRENGTH,
        "guidance_scale": DEFAULT_GUIDANCE,
    }
    asked = {name: getattr(wishes, name) for name in plain}
    return {name: value for name, value in asked.items() if value not in (plain[name], "")}


def _heeded(name: str, value: Any) -> bool:
    """Tell whether the server's models heed a field: distilled weights take no guidance.

    A background model that is not in the catalogue fails the job with a reason of its own.
    """
    background, lettering = MODELS.get(background_model()), MODELS.get(lettering_model())
    match name:
        case "bg_negative_prompt":
            return background is None or background.negative_prompts
        case "negative_prompt":
            return lettering is not None and lettering.negative_prompts
        case "guidance_scale":
            models = [entry for entry in (background, lettering) if entry is not None]
            return value <= 1 or any(entry.guidance > 1 for entry in models)
    return True


def engine_of(wishes: Wishes) -> str:
    return wishes.engine or str(settings.DEFAULT_ENGINE)
