"""The name of a campaign: how it is cleaned, compared and refused."""

from __future__ import annotations

import unicodedata
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .ad_text import FILLERS, SHAPELESS
from .refused import Refused

# The column's length.
NAME_LIMIT: Final = 80

MESSAGES: Final[dict[str, Promise]] = {
    "nameless": _("캠페인 이름을 적어 주세요."),
    "too_long": _("캠페인 이름은 %(limit)s자까지예요. 지금 %(length)s자예요."),
    "taken": _("‘%(name)s’ 캠페인이 이미 있어요. 다른 이름을 적어 주세요."),
    "not_empty": _("광고가 든 캠페인은 지울 수 없어요. 광고를 먼저 옮기거나 버려 주세요."),
    "only_one": _("하나뿐인 캠페인은 지울 수 없어요."),
}


class CampaignRefused(Refused):
    """It cannot be named or deleted. `code` is a key of MESSAGES."""

    messages = MESSAGES


def clean_name(name: str) -> str:
    """Return the name in NFC with single spaces, or raise CampaignRefused."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not any(_is_seen(character) for character in name):
        raise CampaignRefused("nameless")
    if len(name) > NAME_LIMIT:
        raise CampaignRefused("too_long", limit=NAME_LIMIT, length=len(name))
    return name


def same_name(one: str, other: str) -> bool:
    """Whether a person reads the two as one name: case does not count."""
    return one.casefold() == other.casefold()


def _is_seen(character: str) -> bool:
    shapeless = unicodedata.category(character) in SHAPELESS or character in FILLERS
    return not (shapeless or character.isspace())
