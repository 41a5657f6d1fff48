"""From judged wishes to an order: what is made of what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings as site
from django.http import HttpRequest

from campaigns.models import Ad
from generation.ordering import Order
from generation.pipeline import catalog
from generation.pipeline.types import Stage
from generation.webhooks import AddressRefused, judged_address

from .access import Caller, caller_of
from .pictures import kept_photo, kept_stage
from .problems import Refused
from .wishes import Wishes, engine_of, painting_of, style_key


def lettering_alone(wishes: Wishes, pictures: Mapping[str, bytes]) -> bool:
    """Return whether the lettering is wanted without a scene."""
    only_text = wishes.start_step == wishes.end_step == 2
    return only_text and "step1_image" not in pictures and not wishes.source_job_id


def order_of(
    request: HttpRequest, wishes: Wishes, pictures: Mapping[str, bytes], folder: Path
) -> Order:
    caller = caller_of(request)
    source = source_of(caller, wishes)
    stages = {Stage.BACKGROUND: "step1_image", Stage.TEXT: "step2_image"}
    images = {
        stage: kept_stage(pictures[name], field=name, folder=folder)
        for stage, name in stages.items()
        if name in pictures
    }
    settings: dict[str, Any] = painting_of(wishes)
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


def source_of(caller: Caller, wishes: Wishes) -> Ad | None:
    """Return the ad whose stages are taken over."""
    if wishes.source_job_id is None:
        return None
    found = caller.jobs().select_related("ad__photo").filter(pk=wishes.source_job_id).first()
    if found is None:
        raise Refused(404, "not_found", field="source_job_id")
    return found.ad


def named(wishes: Wishes) -> dict[str, Any]:
    """Return what was asked for by the names that `create_ad` knows."""
    return {
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


def changes(wishes: Wishes, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a copy of an ad is to have otherwise: only what was sent."""
    changed = wishes.given() | ({"ad_text"} if wishes.text_content else set())
    changed |= {"text_words"} if wishes.text_model_prompt else set()
    return {name: value for name, value in told.items() if name in changed}


def _ad_wishes(
    caller: Caller, wishes: Wishes, pictures: Mapping[str, bytes], source: Ad | None
) -> dict[str, Any]:
    """Return what `create_ad` is told, or the changes to the source that were asked for."""
    told = named(wishes)
    if source is not None:
        return changes(wishes, told)
    photo = next((name for name in ("product_image", "input_image") if name in pictures), None)
    kept = None
    if photo is not None:
        team = caller.making_team()
        kept = kept_photo(pictures[photo], field=photo, team=team, by=caller.user)
    return {**told, "photo": kept}
