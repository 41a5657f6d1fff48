"""What a person says about an API key, about a team and about who belongs to it."""

from __future__ import annotations

from typing import ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import ApiToken, Membership, Team, User
from .querysets import EDITING_ROLES

# Days until a key expires, by the words of the page; "" is never.
LIFETIMES: Final = (
    ("30", _("30일")),
    ("90", _("90일")),
    ("365", _("1년")),
    ("", _("만료 없음")),
)


class TeamForm(forms.Form):
    """A team's name."""

    name = forms.CharField(
        max_length=80, error_messages={"required": _("가게 이름을 적어 주세요.")}
    )


class RoleForm(forms.Form):
    """What a member may do."""

    role = forms.ChoiceField(choices=Membership.Role.choices)


class InviteForm(forms.Form):
    """What somebody new may do; an owner is made of a member who is known."""

    ROLES: ClassVar = (Membership.Role.EDITOR, Membership.Role.VIEWER)
    role = forms.ChoiceField(choices=[(role.value, role.label) for role in ROLES])


class TokenForm(forms.Form):
    """A new key: what it is for, what it may do, for which team, how long."""

    name = forms.CharField(
        label=_("이름"),
        max_length=60,
        error_messages={"required": _("어디에 쓸 키인지 적어 주세요.")},
        widget=forms.TextInput(attrs={"placeholder": _("가게 PC"), "autocomplete": "off"}),
    )
    team = forms.ModelChoiceField(label=_("팀"), queryset=Team.objects.none(), empty_label=None)
    scope = forms.ChoiceField(
        label=_("할 수 있는 일"), choices=ApiToken.Scope.choices, initial=ApiToken.Scope.GENERATE
    )
    days = forms.ChoiceField(label=_("기간"), choices=LIFETIMES, required=False, initial="90")

    def __init__(self, *args: object, user: User, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        teams = user.teams.order_by("pk")
        self.user = user
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        self.fields["team"].initial = teams.first()
        if len(teams) < 2:
            self.fields["team"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        team, scope = cleaned.get("team"), cleaned.get("scope")
        places = self.user.memberships.filter(role__in=EDITING_ROLES)
        looks_only = isinstance(team, Team) and not places.filter(team=team).exists()
        if looks_only and scope != ApiToken.Scope.READ:
            self.add_error("scope", _("이 팀에서는 보기만 할 수 있어요."))
        return cleaned

    def days_or_none(self) -> int | None:
        return int(self.cleaned_data["days"]) if self.cleaned_data["days"] else None
