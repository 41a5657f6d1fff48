"""What is asked of a prompt writer, and what it must answer."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from generation.pipeline import catalog

# A diffusion model's text encoder reads some 75 words; more is cut off there.
LONGEST: Final = 600
LONGEST_MOOD: Final = 60


def _one_line(text: str) -> str:
    """Return the text with its white space closed up; refuse what has no shape."""
    text = " ".join(text.split())
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") for character in text):
        raise ValueError("control characters")
    return text


def _english(text: str) -> str:
    """Return the text, which the models must be able to read: they were taught in English."""
    text = _one_line(text)
    letters = [character for character in text if character.isalpha()]
    if letters and sum(character.isascii() for character in letters) < 0.9 * len(letters):
        raise ValueError("must be English")
    return text


Prompt = Annotated[str, Field(min_length=3, max_length=LONGEST), AfterValidator(_english)]
Negative = Annotated[str, Field(max_length=LONGEST), AfterValidator(_english)]
Mood = Annotated[str, Field(max_length=LONGEST_MOOD), AfterValidator(_one_line)]
SetKey = Literal["market", "luxury", "minimal", "cafe", "beach", "holiday", "forest", "neon"]


def _offered(key: str) -> str:
    if key not in {style.key for style in catalog.BACKGROUND_STYLES}:
        raise ValueError("not a set of this site")
    return key


def _offered_material(key: str) -> str:
    if key not in {style.key for style in catalog.TEXT_STYLES}:
        raise ValueError("not a material of this site")
    return key


def _palette(key: str) -> str:
    if key not in {palette.key for palette in catalog.PALETTES}:
        raise ValueError("not a palette of this site")
    return key


class Prompts(BaseModel):
    """One answer: English prompts for models that paint, and what the studio builds instead."""

    model_config = ConfigDict(extra="forbid", strict=True)

    background_prompt: Prompt
    background_negative_prompt: Negative
    text_prompt: Prompt
    text_negative_prompt: Negative
    set: Annotated[str, AfterValidator(_offered)]
    material: Annotated[str, AfterValidator(_offered_material)]
    palette: Annotated[str, AfterValidator(_palette)]
    mood: Mood


def schema() -> dict[str, Any]:
    """Return the JSON schema of an answer, with every key that may be chosen."""
    described: dict[str, Any] = Prompts.model_json_schema()
    properties = described["properties"]
    properties["set"]["enum"] = [style.key for style in catalog.BACKGROUND_STYLES]
    properties["material"]["enum"] = [style.key for style in catalog.TEXT_STYLES]
    properties["palette"]["enum"] = [palette.key for palette in catalog.PALETTES]
    return described


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a merchant wants, in Korean or any language; `..._words` are their own descriptions."""

    ad_text: str
    background_style: str
    text_style: str
    palette: str = "auto"
    background_words: str = ""
    text_words: str = ""

    def as_data(self) -> str:
        """Return the wish as JSON: data for the writer, never instructions."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
