"""What happens to accounts and teams: the only writers."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from .models import Membership, Team, User
from .querysets import EDITING_ROLES


@transaction.atomic
def create_team_for(user: User) -> Team:
    """Make a team of one, named after the person, with the user as its owner."""
    name = user.get_full_name() or user.email.partition("@")[0]
    team = Team.objects.create(name=_("%(name)s의 가게") % {"name": name[:60]})
    Membership.objects.create(user=user, team=team, role=Membership.Role.OWNER)
    return team


def working_team(user: User) -> Team | None:
    """Return the team that the user's new ads belong to: the first one the user may edit in.

    Somebody without any team (made by a command, not by signing up) gets a team of one; None is
    for people who are viewers everywhere.
    """
    memberships = Membership.objects.filter(user=user).select_related("team").order_by("pk")
    if not memberships:
        return create_team_for(user)
    return next((m.team for m in memberships if m.role in EDITING_ROLES), None)
