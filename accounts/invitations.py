"""Invitations into a team: a link that is shown once and opens for one person."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.utils import timezone

from .models import Invitation, Membership, Team, User
from .services import choose_team

# Random bytes of a link, and how long it opens: a part-timer reads messages within a week.
LINK_BYTES: Final = 24
GOOD_FOR: Final = timedelta(days=7)


class InvitationGone(Exception):  # noqa: N818 - a refusal
    """The link was used, withdrawn, has expired, or never was."""


def invite(*, team: Team, by: User, role: str) -> tuple[Invitation, str]:
    """Make an invitation and return it with its text, which is nowhere to be had again."""
    text = secrets.token_urlsafe(LINK_BYTES)
    made = Invitation.objects.create(
        team=team,
        created_by=by,
        role=Membership.Role(role),
        digest=digest_of(text),
        expires_at=timezone.now() + GOOD_FOR,
    )
    return made, text


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def invitation_of(text: str) -> Invitation | None:
    """Return the good invitation of that text, or None."""
    good = Invitation.objects.filter(expires_at__gt=timezone.now())
    return good.select_related("team").filter(digest=digest_of(text)).first()


@transaction.atomic
def accept_invitation(*, text: str, user: User) -> Membership:
    """Make the user a member, whose new ads go to the team if the role may make any.

    Who belongs to the team already stays what they are, and the link stays good for another.
    Raises InvitationGone.
    """
    found = invitation_of(text)
    if found is None:
        raise InvitationGone
    known = Membership.objects.filter(team=found.team, user=user).first()
    if known is not None:
        return known
    used, _rows = Invitation.objects.filter(pk=found.pk).delete()
    if not used:  # somebody else was faster
        raise InvitationGone
    made = Membership.objects.create(team=found.team, user=user, role=found.role)
    if made.can_edit:
        choose_team(membership=made)
    return made
