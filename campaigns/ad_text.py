"""The copy and the small line under it: how they are cleaned, counted and refused."""

from __future__ import annotations

import unicodedata
from typing import Final

import grapheme
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generation.pipeline.glyphs.faces import missing_characters

from .refused import Refused

# A price and a date; more would be too small to read under a headline.
SUBTEXT_LIMIT: Final = 24

MESSAGES: Final[dict[str, Promise]] = {
    "too_long": _("문구는 %(limit)s자까지예요. 지금 %(length)s자예요."),
    "alone": _("작은 문구는 광고 문구와 함께 쓸 수 있어요. 광고 문구를 먼저 적어 주세요."),
    "hidden_character": _("눈에 보이지 않는 문자가 들어 있어요. 문구를 직접 입력해 주세요."),
    "glyph_missing": _("‘%(character)s’ 글자는 아직 만들 수 없어요. 다른 글자로 바꿔 주세요."),
}
# Unicode general categories without a shape of their own: controls, bidi and zero-width marks,
# surrogates, private use, unassigned, line and paragraph separators.
SHAPELESS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# They only ask for the text or the emoji form of the character before them.
VARIATION_SELECTORS: Final = dict.fromkeys(range(0xFE00, 0xFE10))
# Letters that are drawn as nothing: Hangul fillers.
FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0")


class CopyRefused(Refused):
    """The copy cannot be written. `code` is a key of MESSAGES."""

    messages = MESSAGES


def copy_length(copy: str) -> int:
    """Return how many characters a person counts (grapheme clusters, UAX 29)."""
    return int(grapheme.length(copy))


def clean_ad_text(copy: str) -> str:
    """Return the copy in NFC with single spaces, or raise CopyRefused."""
    return _clean(copy, settings.MAX_COPY_LENGTH)


def clean_subtext(subtext: str, *, ad_text: str) -> str:
    """Return the small line, cleaned like the copy that it stands under, or raise CopyRefused."""
    cleaned = _clean(subtext, SUBTEXT_LIMIT)
    if cleaned and not ad_text.strip():
        raise CopyRefused("alone")
    return cleaned


def _clean(copy: str, limit: int) -> str:
    copy = unicodedata.normalize("NFC", copy).translate(VARIATION_SELECTORS)
    copy = " ".join(part for part in copy.strip().split(" ") if part)
    if (length := copy_length(copy)) > limit:
        raise CopyRefused("too_long", limit=limit, length=length)
    if named := _unwritable(copy):
        raise CopyRefused("glyph_missing", character=named)
    if any(_is_hidden(character) for character in copy):
        raise CopyRefused("hidden_character")
    return copy


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in SHAPELESS or character in FILLERS


def _unwritable(copy: str) -> str | None:
    """Return the first character, as a person sees it, that no font can write."""
    missing = {c for c in missing_characters(copy) if not _is_hidden(c)}
    return next((c for c in grapheme.graphemes(copy) if missing.intersection(c)), None)
