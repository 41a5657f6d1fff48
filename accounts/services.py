"""What happens to accounts and teams: the only writers."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Membership, Team, User
from .querysets import EDITING_ROLES


class LastOwner(Exception):  # noqa: N818 - a refusal
    """A team always has an owner: the last one neither leaves nor steps down."""


@transaction.atomic
def create_team_for(user: User) -> Team:
    """Make a team of one, named after the person, with the user as its owner."""
    name = user.get_full_name() or user.email.partition("@")[0]
    team = Team.objects.create(name=_("%(name)s의 가게") % {"name": name[:60]})
    Membership.objects.create(user=user, team=team, role=Membership.Role.OWNER)
    return team


def working_team(user: User) -> Team | None:
    """Return the team that the user's new ads belong to.

    That is the one chosen last among those the user may edit in, or the first one. Somebody without
    any team (made by a command, not by signing up) gets a team of one; None is for people who are
    viewers everywhere.
    """
    memberships = Membership.objects.filter(user=user).select_related("team")
    memberships = memberships.order_by(F("chosen_at").desc(nulls_last=True), "pk")
    if not memberships:
        return create_team_for(user)
    return next((m.team for m in memberships if m.role in EDITING_ROLES), None)


def choose_team(*, membership: Membership) -> None:
    """Let the member's new ads go to this team from now on."""
    membership.chosen_at = timezone.now()
    membership.save(update_fields=["chosen_at"])


def rename_team(*, team: Team, name: str) -> None:
    team.name = name
    team.save(update_fields=["name"])


@transaction.atomic
def change_role(*, membership: Membership, role: str) -> None:
    """Give a member another role; raises LastOwner."""
    _keep_an_owner(membership, role)
    membership.role = Membership.Role(role)
    membership.save(update_fields=["role"])


@transaction.atomic
def remove_member(*, membership: Membership) -> None:
    """Take somebody out of a team, whose ads stay with the team; raises LastOwner."""
    _keep_an_owner(membership, "")
    membership.delete()


def _keep_an_owner(membership: Membership, role: str) -> None:
    """The team's row is locked, so that two owners cannot step down past each other."""
    Team.objects.select_for_update().get(pk=membership.team_id)
    others = Membership.objects.filter(team=membership.team_id, role=Membership.Role.OWNER)
    if role != Membership.Role.OWNER and not others.exclude(pk=membership.pk).exists():
        raise LastOwner
