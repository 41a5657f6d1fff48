"""Which campaign an ad belongs to: one of the team's, or a new one named right there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Team

from .campaign_name import NAME_LIMIT, CampaignRefused, clean_name
from .models import Campaign


class CampaignNameField(forms.CharField):
    """A campaign's name, cleaned and judged as `campaign_name` says; empty only where it may be."""

    def clean(self, value: Any) -> str:
        told = super().clean(value)
        if not told and not self.required:
            return ""
        try:
            return clean_name(told)
        except CampaignRefused as refused:
            raise ValidationError(refused.message, code=refused.code) from refused


class CampaignNameForm(forms.Form):
    """Another name for a campaign."""

    name = CampaignNameField(error_messages={"required": _("캠페인 이름을 적어 주세요.")})


class CampaignForm(forms.Form):
    """The choice among a team's campaigns, newest first. A new name counts for more."""

    campaign = forms.ModelChoiceField(
        Campaign.objects.none(),
        label=_("캠페인"),
        required=False,
        empty_label=None,
        error_messages={"invalid_choice": _("목록에서 하나를 골라 주세요.")},
    )
    new_campaign = CampaignNameField(label=_("새 캠페인 이름"), required=False)

    def __init__(self, *args: Any, team: Team, **options: Any) -> None:
        super().__init__(*args, **options)
        self.team, self.name_limit = team, NAME_LIMIT
        self.campaigns = Campaign.objects.for_team(team).order_by("-pk")
        self.fields["campaign"].queryset = self.campaigns  # type: ignore[attr-defined]

    def campaign_wish(self) -> Campaign | str | None:
        """The campaign that was picked or the name of a new one; None leaves it to the site."""
        picked: Campaign | None = self.cleaned_data["campaign"]
        return self.cleaned_data["new_campaign"] or picked
