"""API keys: issued once, kept as a digest, found again by what a program sends."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db.models import F, Q
from django.utils import timezone

from .models import ApiToken, Membership, Team, User

# Says what it is to people and to scanners that look for leaked keys.
MARK: Final = "nc_"
# Random bytes of a key, and how many of its characters people see again.
KEY_BYTES: Final = 32
SHOWN: Final = 10
# `last_used_at` is written at most this often: a poller must not write a row a second.
USE_NOTED_EVERY: Final = timedelta(minutes=1)


class NotInTeam(Exception):  # noqa: N818 - a refusal
    """A key can only be made for a team that its user belongs to."""


def issue_token(
    *, user: User, team: Team, name: str, scope: str, days: int | None = None
) -> tuple[ApiToken, str]:
    """Make a key and return it with its text, which is nowhere to be had again.

    `days` until it expires, None for never. Raises NotInTeam.
    """
    if not Membership.objects.filter(user=user, team=team).exists():
        raise NotInTeam
    text = MARK + secrets.token_urlsafe(KEY_BYTES)
    token = ApiToken.objects.create(
        user=user,
        team=team,
        name=name,
        scope=ApiToken.Scope(scope),
        prefix=text[:SHOWN],
        digest=digest_of(text),
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return token, text


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def token_of(text: str) -> ApiToken | None:
    """Return the good key of that text whose user may still enter its team, else None."""
    if not text.startswith(MARK):
        return None
    found = (
        ApiToken.objects.select_related("user", "team")
        .filter(
            digest=digest_of(text),
            revoked_at__isnull=True,
            user__is_active=True,
            team__memberships__user=F("user"),
        )
        .first()
    )
    if found is None or not found.is_good():
        return None
    _note_use(found)
    return found


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        stale = Q(last_used_at=token.last_used_at)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def revoke_token(*, token: ApiToken) -> None:
    """Close a key for good; once more changes nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
