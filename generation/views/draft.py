"""The live draft of the form: asked for at every change, its state, its picture."""

from __future__ import annotations

from hashlib import sha256

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from redis.exceptions import RedisError

from accounts.access import signed_in, working_team_or_403
from campaigns.files import picture_response
from generation.drafts import pictures, slots
from generation.drafts.drawers import drawing_line
from generation.drafts.form import DraftForm


@login_required
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Have the wishes drawn; `number` is what the answers over the socket carry.

    With nobody there to draw, `message` says so: the page asks again by itself. Of wishes that
    cannot be drawn it says what is wrong with them.
    """
    team, by = working_team_or_403(request), signed_in(request)
    form = DraftForm(request.POST, team=team, by=by)
    if not form.is_valid():
        (first, *_rest), *_others = form.errors.values()
        return JsonResponse({"status": "incomplete", "message": first}, status=422)
    photo = form.shown_photo
    try:
        if not slots.may_ask(by.pk):
            return JsonResponse({"status": "busy"}, status=429)
        line = drawing_line()
        if line == "nobody":
            words = gettext("그림을 그릴 서버가 쉬고 있어요. 켜지는 대로 미리 보여 드려요.")
            return JsonResponse({"status": "nobody", "message": words})
        if line == "busy":
            return JsonResponse({"status": "busy"})
        wishes = slots.put(
            user_id=by.pk, engine=line, photo_id=photo.pk if photo else None, spec=form.spec()
        )
    except RedisError:
        return JsonResponse({"status": "busy"}, status=503)
    return JsonResponse({"status": "waiting", "number": wishes.number})


@login_required
@require_GET
@never_cache
def draft_state(request: HttpRequest) -> HttpResponse:
    """What the socket would say, for pages whose socket does not get through."""
    try:
        state = pictures.state_of(signed_in(request).pk)
    except RedisError:
        state = None
    return JsonResponse(pictures.translated(state) if state else {"status": "none"})


@login_required
@require_GET
def draft_picture(request: HttpRequest, number: int) -> HttpResponse:
    """The newest picture of the person's own draft."""
    try:
        picture = pictures.picture_of(signed_in(request).pk, number)
    except RedisError:
        picture = None
    if picture is None:
        raise Http404
    version = sha256(picture).hexdigest()[:16]
    return picture_response(request, picture, kind="image/webp", version=version)
