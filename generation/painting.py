"""What the diffusion engine is told for a job: models, prompts and figures, from its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from .pipeline.diffusion.catalog import DEFAULT_BACKGROUND, DEFAULT_LETTERING, MODELS
from .pipeline.types import DEFAULT_STRENGTH

# Words with fewer Latin letters than this share are of no use to models that were taught English.
LEAST_ENGLISH: Final = 0.9


def background_model() -> str:
    """Return the catalogue's key of the model that paints backgrounds here."""
    return settings.BACKGROUND_MODEL or DEFAULT_BACKGROUND


def lettering_model() -> str:
    """Return the catalogue's key of the model that paints letters here, "none" for no model."""
    return settings.LETTERING_MODEL or DEFAULT_LETTERING


def painted_by(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return AdSpec's fields that only the diffusion engine heeds.

    The prompts are those that were written for the job; own English words stand as they are where
    no language model rewrote them. What the server decides is written out, so that a result made
    with another model is not taken for this one's.
    """
    prompts: Mapping[str, Any] = parameters.get("prompts") or {}
    return {
        "background_model": background_model(),
        "background_way": settings.BACKGROUND_WAY,
        "background_prompt": _prompt(parameters, prompts, "background"),
        "background_negative_prompt": parameters.get("bg_negative_prompt")
        or _written_negative(prompts),
        "strength": float(parameters.get("strength", DEFAULT_STRENGTH)),
        "guidance_scale": parameters.get("guidance_scale"),
        "lettering_model": lettering_model(),
        "text_prompt": _prompt(parameters, prompts, "text"),
        "text_negative_prompt": parameters.get("negative_prompt")
        or prompts.get("text_negative_prompt", ""),
    }


def _written_negative(prompts: Mapping[str, Any]) -> str:
    """Return the negative prompt that nobody asked for: not where it would double the time."""
    painter = MODELS.get(background_model())
    if painter is not None and painter.true_cfg:
        return ""
    return str(prompts.get("background_negative_prompt", ""))


def _prompt(parameters: Mapping[str, Any], prompts: Mapping[str, Any], part: str) -> str:
    own = " ".join(str(parameters.get(f"{part}_words") or "").split())
    if own and prompts.get("source") != "model" and is_english(own):
        return own
    return str(prompts.get(f"{part}_prompt") or "")


def is_english(words: str) -> bool:
    """Tell whether nearly all letters are Latin; no letters at all are no English either."""
    letters = [character for character in words if character.isalpha()]
    latin = sum(character.isascii() for character in letters)
    return bool(letters) and latin >= LEAST_ENGLISH * len(letters)
