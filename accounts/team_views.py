"""The page of a team: its name, its people, invitations into it, and joining by one."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from .access import signed_in, start_page
from .forms import InviteForm, RoleForm, TeamForm
from .invitations import InvitationGone, accept_invitation, invitation_of, invite
from .models import Invitation, Membership
from .services import (
    LastOwner,
    change_role,
    choose_team,
    remove_member,
    rename_team,
    working_team,
)


def _place(request: HttpRequest, pk: int, *, owner: bool = False) -> Membership:
    """Return the person's place in a team: another's team is a 404, `owner` asks for more."""
    rows = signed_in(request).memberships.select_related("team")
    place = get_object_or_404(rows, team=pk)
    if owner and place.role != Membership.Role.OWNER:
        raise PermissionDenied
    return place


@login_required
@require_GET
def my_team(request: HttpRequest) -> HttpResponse:
    """Lead to the team that new ads go to, or to the first one there is."""
    user = signed_in(request)
    team = working_team(user) or user.teams.order_by("pk").first()
    assert team is not None  # noqa: S101 - whoever has no team was given one
    return redirect("accounts:team", pk=team.pk)


@login_required
@never_cache
@require_GET
def team(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _place(request, pk))


def _page(request: HttpRequest, place: Membership, link: str = "") -> HttpResponse:
    user = place.user
    others = user.memberships.exclude(pk=place.pk).select_related("team").order_by("pk")
    context = {
        "place": place,
        "team": place.team,
        "is_owner": place.role == Membership.Role.OWNER,
        "members": place.team.memberships.select_related("user").order_by("pk"),
        "invitations": place.team.invitations.filter(expires_at__gt=timezone.now()),
        "works_here": working_team(user) == place.team,
        "others": others,
        "roles": Membership.Role.choices,
        "link": link,
    }
    return render(request, "account/team.html", context)


@login_required
@require_POST
def team_rename(request: HttpRequest, pk: int) -> HttpResponse:
    place = _place(request, pk, owner=True)
    form = TeamForm(request.POST)
    if form.is_valid():
        rename_team(team=place.team, name=form.cleaned_data["name"])
        messages.success(request, _("가게 이름을 바꿨어요."))
    else:
        messages.error(request, str(form.errors["name"][0]))
    return redirect("accounts:team", pk=pk)


@login_required
@require_POST
def team_choose(request: HttpRequest, pk: int) -> HttpResponse:
    place = _place(request, pk)
    if not place.can_edit:
        raise PermissionDenied
    choose_team(membership=place)
    messages.success(request, _("새 광고는 이 가게에 만들어요."))
    return redirect("accounts:team", pk=pk)


@login_required
@never_cache
@require_POST
@sensitive_variables("text", "link")
def team_invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link; it is on the answer to its making and nowhere else."""
    place = _place(request, pk, owner=True)
    form = InviteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("목록에서 하나를 골라 주세요."))
        return redirect("accounts:team", pk=pk)
    _made, text = invite(team=place.team, by=place.user, role=form.cleaned_data["role"])
    link = request.build_absolute_uri(reverse("accounts:join", args=[text]))
    return _page(request, place, link=link)


@login_required
@require_POST
def invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    teams = signed_in(request).teams.all()
    found = get_object_or_404(Invitation, pk=pk, team__in=teams)
    _place(request, found.team_id, owner=True)
    found.delete()
    messages.success(request, _("초대를 거뒀어요."))
    return redirect("accounts:team", pk=found.team_id)


def _member(request: HttpRequest, pk: int) -> Membership:
    """Return somebody's place in a team that the person belongs to too."""
    rows = Membership.objects.filter(team__in=signed_in(request).teams.all())
    return get_object_or_404(rows.select_related("user", "team"), pk=pk)


def _keeping_an_owner(request: HttpRequest, act: Callable[[], None], done: str) -> None:
    try:
        act()
        messages.success(request, done)
    except LastOwner:
        messages.error(request, _("가게에는 소유자가 한 명은 있어야 해요."))


@login_required
@require_POST
def member_role(request: HttpRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    _place(request, member.team_id, owner=True)
    form = RoleForm(request.POST)
    if form.is_valid():
        act = lambda: change_role(membership=member, role=form.cleaned_data["role"])  # noqa: E731
        _keeping_an_owner(request, act, _("권한을 바꿨어요."))
    return redirect("accounts:team", pk=member.team_id)


@login_required
@require_POST
def member_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Owners take anybody out; everybody may leave."""
    member = _member(request, pk)
    leaves = member.user_id == signed_in(request).pk
    if not leaves:
        _place(request, member.team_id, owner=True)
    done = _("가게에서 나왔어요.") if leaves else _("팀원을 내보냈어요.")
    _keeping_an_owner(request, lambda: remove_member(membership=member), done)
    if signed_in(request).teams.filter(pk=member.team_id).exists():
        return redirect("accounts:team", pk=member.team_id)
    return redirect("accounts:my_team")


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_variables("text")
def join(request: HttpRequest, text: str) -> HttpResponse:
    """Ask whether to join; visitors are led to sign up or in, and come back here."""
    found = invitation_of(text)
    if request.method == "GET" or found is None or not request.user.is_authenticated:
        status = 200 if found else 410
        return render(request, "account/join.html", {"invitation": found}, status=status)
    try:
        place = accept_invitation(text=text, user=signed_in(request))
    except InvitationGone:
        return render(request, "account/join.html", {"invitation": None}, status=410)
    messages.success(request, _("%(team)s에 함께하게 됐어요.") % {"team": place.team.name})
    return redirect(start_page(place.user))
