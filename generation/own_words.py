"""Descriptions in the merchant's own words, as the form asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.choices import background_tiles, text_tiles

from .prompts import material_words, style_words

# As much as a prompt writer needs; the fields hold more, for programs.
OWN_WORDS_LIMIT: Final = 300
# A tap puts one into the field; each names a style of the prompt book.
BACKGROUND_EXAMPLES: Final = (
    _("여름 바다 느낌"),
    _("햇살 드는 창가"),
    _("추석 선물 느낌"),
    _("싱그러운 숲속"),
    _("비 갠 밤거리"),
)
TEXT_EXAMPLES: Final = (
    _("얼음처럼 시원하게"),
    _("말랑말랑 젤리처럼"),
    _("붓으로 쓴 것처럼"),
    _("따뜻한 나무 느낌"),
)


@dataclass(frozen=True)
class Offer:
    """Examples to tap, and by which words the page says which style they choose.

    `styles` maps a style's key to its label and words, as `generation.prompts` counts them.
    """

    examples: tuple[Promise, ...]
    styles: Mapping[str, Any]
    limit: int = OWN_WORDS_LIMIT


def background_words_offer() -> Offer:
    labels = {tile.key: tile.label for tile in background_tiles()}
    return Offer(BACKGROUND_EXAMPLES, _styles(labels, style_words()))


def text_words_offer() -> Offer:
    labels = {tile.key: tile.label for tile in text_tiles()}
    return Offer(TEXT_EXAMPLES, _styles(labels, material_words()))


def _styles(labels: Mapping[str, str], words: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {key: {"label": labels[key], "words": known} for key, known in words.items()}
