"""Who calls: a signed-in person's browser, or a program with a key."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from accounts.models import ApiToken, Membership, Team, User
from accounts.querysets import EDITING_ROLES
from accounts.services import working_team
from accounts.tokens import digest_of, token_of
from generation.models import Job, JobQuerySet

from .problems import Refused

Scope = ApiToken.Scope
# Seconds for which a good key is not looked up again: the longest that a revoked one still opens.
TRUSTED_FOR: Final = 1.0
MOST_TRUSTED: Final = 1000


@dataclass(frozen=True)
class Caller:
    """The user who calls, the team that the call is about (None: all of the user's), the scope."""

    user: User
    team: Team | None
    scope: Scope
    token_id: int | None = None

    def jobs(self) -> JobQuerySet:
        """Return the jobs that the caller may see."""
        jobs = Job.objects.visible_to(self.user).filter(ad__deleted_at__isnull=True)
        return jobs.for_team(self.team) if self.team else jobs

    def job(self, job_id: Any, *, scope: Scope = Scope.READ) -> Job:
        """Return one of them for a call of that scope; another's job is a 404."""
        self.must(scope)
        job = get_object_or_404(self.jobs().select_related("ad__photo"), pk=job_id)
        if scope != Scope.READ and not may_edit(self.user, job.team_id):
            raise PermissionDenied
        return job

    def must(self, scope: Scope) -> None:
        """Refuse a call that the key is not good for."""
        if not self.scope.includes(scope):
            raise Refused(403, "scope", scope=str(scope.label))

    def making_team(self) -> Team:
        """Return the team that new ads belong to, or refuse who may only look."""
        self.must(Scope.GENERATE)
        team = self.team or working_team(self.user)
        if team is None or not may_edit(self.user, team.pk):
            raise PermissionDenied
        return team

    @property
    def key(self) -> str:
        """A name for the caller's own things, such as its rate and its idempotency keys."""
        return f"t{self.token_id}" if self.token_id else f"u{self.user.pk}"


def may_edit(user: User, team_id: int) -> bool:
    memberships = Membership.objects.filter(user=user, team=team_id)
    return memberships.filter(role__in=EDITING_ROLES).exists()


# By the key's digest: until when, and who.
_callers: dict[str, tuple[float, Caller]] = {}


class TokenAuth(HttpBearer):
    """`Authorization: Bearer nc_…`; a wrong key is refused even beside a good session."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:  # noqa: ARG002
        return _trusted(digest_of(token)) or _looked_up(token)


def _trusted(digest: str) -> Caller | None:
    """Return the caller whose key was looked up a moment ago."""
    known = _callers.get(digest)
    return known[1] if known and time.monotonic() < known[0] else None


def _looked_up(token: str) -> Caller:
    found = token_of(token)
    if found is None:
        raise Refused(401, "bad_token")
    caller = Caller(found.user, found.team, Scope(found.scope), found.pk)
    if len(_callers) >= MOST_TRUSTED:
        _callers.clear()
    _callers[digest_of(token)] = (time.monotonic() + TRUSTED_FOR, caller)
    return caller


class SessionAuth(APIKeyCookie):
    """The site's own session, for the documentation page and scripts on it."""

    param_name = "sessionid"

    def __init__(self) -> None:
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        user = request.user
        if key is None or not isinstance(user, User) or not user.is_active:
            return None
        if check_csrf(request) is not None:
            raise Refused(403, "csrf")
        return Caller(user, None, Scope.ADMIN)


def caller_of(request: HttpRequest) -> Caller:
    """Return who calls; the API lets nobody in without."""
    caller = getattr(request, "auth", None)
    if not isinstance(caller, Caller):
        raise Refused(401, "unauthorized")
    return caller
