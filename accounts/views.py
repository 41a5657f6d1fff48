"""The page of a person's API keys."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from .access import signed_in
from .forms import TokenForm
from .models import ApiToken
from .services import working_team
from .tokens import issue_token, revoke_token
from .webhook_secret import webhook_secret


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_variables("text")
def tokens(request: HttpRequest) -> HttpResponse:
    """The keys; a new one's text is on the answer to its making and nowhere else."""
    user = signed_in(request)
    working_team(user)  # somebody made by a command gets a team first
    form = TokenForm(request.POST or None, user=user)
    made = text = None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        made, text = issue_token(
            user=user,
            team=told["team"],
            name=told["name"],
            scope=told["scope"],
            days=form.days_or_none(),
        )
        form = TokenForm(user=user)
    teams = user.teams.filter(memberships__user=user).distinct().order_by("pk")
    context = {
        "form": form,
        "made": made,
        "text": text,
        "tokens": user.api_tokens.select_related("team"),
        "secrets": [(team, webhook_secret(team)) for team in teams],
    }
    return render(request, "account/tokens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a key of one's own; another's is a 404."""
    token = get_object_or_404(ApiToken, pk=pk, user=signed_in(request))
    revoke_token(token=token)
    messages.success(request, _("‘%(name)s’ 키를 해지했어요.") % {"name": token.name})
    return redirect("accounts:tokens")
