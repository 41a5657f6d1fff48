"""The access rule of everything a team owns, written once."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models

from .models import Membership, Team, User

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)

EDITING_ROLES = (Membership.Role.OWNER, Membership.Role.EDITOR)


class TeamOwnedQuerySet(models.QuerySet[Row_co]):
    """Rows with a `team`: every read of the site starts from one of these."""

    def visible_to(self, user: User) -> Self:
        """Rows of the teams that the user belongs to; what is left out answers 404."""
        return self.filter(team__in=Membership.objects.filter(user=user).values("team"))

    def editable_by(self, user: User) -> Self:
        """Rows that the user may change, stop or delete."""
        member = Membership.objects.filter(user=user, role__in=EDITING_ROLES)
        return self.filter(team__in=member.values("team"))

    def for_team(self, team: Team) -> Self:
        return self.filter(team=team)
