"""The guards of the views: what a user cannot see is a 404, what a user may not change is a 403."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from .models import Team, User
from .querysets import TeamOwnedQuerySet
from .services import working_team

Row = TypeVar("Row", bound=models.Model)


def signed_in(request: HttpRequest) -> User:
    """Return the user of a view behind `login_required`."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def start_page(user: User) -> str:
    """Return the name of the page to begin at: the form, or the gallery for who may only look."""
    return "generation:new_ad" if user.can_make else "campaigns:gallery"


def visible_or_404(request: HttpRequest, rows: TeamOwnedQuerySet[Row], **lookup: Any) -> Row:
    """Return the row, or 404 when it is not there or belongs to somebody else."""
    return get_object_or_404(rows.visible_to(signed_in(request)), **lookup)


def editable_or_403(request: HttpRequest, rows: TeamOwnedQuerySet[Row], **lookup: Any) -> Row:
    """Return the row for a change: foreign rows are a 404, a viewer's own team's rows a 403."""
    row = visible_or_404(request, rows, **lookup)
    if not rows.editable_by(signed_in(request)).filter(pk=row.pk).exists():
        raise PermissionDenied
    return row


def working_team_or_403(request: HttpRequest) -> Team:
    """Return the team that new ads go to; people who may only look get a 403."""
    team = working_team(signed_in(request))
    if team is None:
        raise PermissionDenied
    return team
