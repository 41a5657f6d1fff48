"""What a merchant sends: the wishes for an ad, and new words for one that is there."""

from __future__ import annotations

import json
import uuid
from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.models import Team, User
from campaigns.ad_text import SUBTEXT_LIMIT, CopyRefused, clean_ad_text, clean_subtext
from campaigns.choices import (
    Tile,
    background_tiles,
    face_tiles,
    format_tiles,
    mode_tiles,
    palette_tiles,
    position_tiles,
    text_tiles,
)
from campaigns.forms import CampaignForm
from campaigns.grouping import last_campaign
from campaigns.intake import DEFAULT_LIMITS, PhotoRefused
from campaigns.models import Ad, Campaign, ProductPhoto
from campaigns.services import SEED_LIMIT, new_seed, store_photo

from .engines import engine_name, offered_engines
from .own_words import OWN_WORDS_LIMIT, background_words_offer, text_words_offer

NOT_OFFERED = _("목록에서 하나를 골라 주세요.")
# Real signs of real shops: a tap fills the field.
EXAMPLES = (_("건어물 대박 세일"), _("오늘만 반값"), _("갓 구운 빵"), _("신상 입고"))

# What shops sell for; a suggestion takes one of them up, in Korean like the ad.
OCCASIONS = (
    *(gettext_noop("추석"), gettext_noop("설날"), gettext_noop("여름")),
    *(gettext_noop("신상"), gettext_noop("세일")),
)


class OwnWordsField(forms.CharField):
    """A description in the merchant's own words: one paragraph, counted as the page counts."""

    def __init__(self, **options: Any) -> None:
        too_long = _("설명은 300자까지예요. 조금 줄여 주세요.")
        messages = {"max_length": too_long}
        super().__init__(
            required=False, max_length=OWN_WORDS_LIMIT, error_messages=messages, **options
        )

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class AdTextField(forms.CharField):
    """The line of copy, cleaned and counted as `campaigns.ad_text` says."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("광고 문구"))
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        try:
            return clean_ad_text(super().clean(value))
        except CopyRefused as refused:
            raise ValidationError(refused.message, code=refused.code) from refused


def _choice(label: Any, **options: Any) -> forms.ChoiceField:
    messages = {"required": NOT_OFFERED, "invalid_choice": NOT_OFFERED}
    return forms.ChoiceField(label=label, error_messages=messages, **options)


class AdForm(CampaignForm):
    """The wishes for one ad. `photo` is a new upload, `photo_id` one that was taken in before.

    A good photo is stored while the form is judged, so that it survives an error elsewhere:
    `shown_photo` is what the page shows again.
    """

    photo = forms.FileField(label=_("상품 사진"), required=False, allow_empty_file=True)
    photo_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    ad_text = AdTextField(required=False)
    background_style = _choice(_("배경"))
    text_style = _choice(_("글자"))
    text_position = _choice(_("글자 위치"), choices=Ad.TextPosition.choices)
    composition_mode = _choice(_("글자를 놓는 방식"), required=False)
    format = _choice(_("크기"))
    font = _choice(_("글꼴"), required=False)
    palette = _choice(_("색"), required=False)
    engine = _choice(_("만드는 방법"), required=False)
    subtext = forms.CharField(label=_("작은 문구"), required=False)
    background_words = OwnWordsField(label=_("내 말로 배경 설명하기"))
    text_words = OwnWordsField(label=_("내 말로 글자 설명하기"))
    # The draft's arrangement is the ad's.
    seed = forms.IntegerField(
        required=False, min_value=0, max_value=SEED_LIMIT - 1, widget=forms.HiddenInput
    )
    form_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, team: Team, by: User, **options: Any) -> None:
        self.by = by
        self.shown_photo: ProductPhoto | None = None
        super().__init__(*args, team=team, **options)
        self.tiles: dict[str, list[Tile]] = {
            "background_style": background_tiles(),
            "text_style": text_tiles(),
            "format": format_tiles(),
            "text_position": position_tiles(),
            "composition_mode": mode_tiles(),
            "font": face_tiles(),
            "palette": palette_tiles(),
            "engine": [Tile(key, engine_name(key), "") for key in offered_engines()],
        }
        for name, tiles in self.tiles.items():
            choices = [(tile.key, tile.label) for tile in tiles]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
            self.initial.setdefault(name, choices[0][0])
        self.initial.setdefault("form_key", uuid.uuid4().hex)
        self.initial.setdefault("seed", new_seed())
        self.copy_limit, self.subtext_limit = settings.MAX_COPY_LENGTH, SUBTEXT_LIMIT
        self.photo_limit, self.photo_side = settings.MAX_PHOTO_BYTES, DEFAULT_LIMITS.max_side
        self.examples, self.occasions = EXAMPLES, OCCASIONS
        self.own_words = {
            "background_words": background_words_offer(),
            "text_words": text_words_offer(),
        }

    def clean_photo(self) -> ProductPhoto | None:
        upload = self.cleaned_data["photo"]
        if not isinstance(upload, UploadedFile):
            return None
        try:
            self.shown_photo = store_photo(team=self.team, by=self.by, upload=upload)
        except PhotoRefused as refused:
            raise ValidationError(refused.message, code=refused.code) from refused
        return self.shown_photo

    def clean_photo_id(self) -> None:
        known = self.cleaned_data["photo_id"]
        if known is not None and self.shown_photo is None:
            rows = ProductPhoto.objects.visible_to(self.by).for_team(self.team)
            self.shown_photo = rows.filter(pk=known).first()

    def clean_subtext(self) -> str:
        # Copy that was refused itself says enough.
        copy = self.cleaned_data.get("ad_text", "refused")
        try:
            return clean_subtext(self.cleaned_data["subtext"], ad_text=copy)
        except CopyRefused as refused:
            raise ValidationError(refused.message, code=refused.code) from refused

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and self.shown_photo is None and not cleaned["ad_text"]:
            raise ValidationError(
                _("사진이나 문구 가운데 하나는 있어야 광고를 만들 수 있어요."),
                code="nothing_to_show",
            )
        return cleaned

    def wishes(self) -> dict[str, Any]:
        """What `campaigns.services.create_ad` is told."""
        names = (
            *("ad_text", "subtext", "background_style", "text_style", "text_position"),
            *("format", "font", "background_words", "text_words"),
        )
        return {name: self.cleaned_data[name] for name in names} | {
            "photo": self.shown_photo,
            "seed": self.cleaned_data["seed"],
            "palette": self.cleaned_data["palette"] or "auto",
            "composition_mode": self.cleaned_data["composition_mode"] or Ad.CompositionMode.OVERLAY,
        }

    def chosen_campaign(self) -> Campaign | None:
        """What the page shows as chosen: what was sent, else what the last ad went into."""
        told = str(self["campaign"].value() or "")
        known = {str(campaign.pk): campaign for campaign in self.campaigns}
        if told in known:
            return known[told]
        return last_campaign(self.team, self.by) or next(iter(self.campaigns), None)

    def engine_wish(self) -> str | None:
        """The engine that was picked; None leaves it to the site."""
        return self.cleaned_data["engine"] or None

    def idempotency_key(self) -> str:
        """The same for a double click; another one once anything was changed."""
        photo = self.shown_photo.pk if self.shown_photo else None
        told = self.wishes() | {"photo": photo, "engine": self.engine_wish()}
        told["campaign"] = str(self.campaign_wish())
        asked = json.dumps(told, sort_keys=True)
        return f"{self.cleaned_data['form_key']}:{sha256(asked.encode()).hexdigest()[:32]}"


class OwnWordsForm(forms.Form):
    """What the picture shall be, in the merchant's own words; nothing leaves it to the styles."""

    background_words = OwnWordsField()
    text_words = OwnWordsField()


class NewWordsForm(forms.Form):
    """글자만 바꾸기."""

    ad_text = AdTextField(error_messages={"required": _("새 문구를 입력해 주세요.")})
