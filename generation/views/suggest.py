"""문구 추천받기: five lines of copy for the form, by a language model or from the book."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST
from redis.exceptions import RedisError

from accounts.access import signed_in, working_team_or_403
from generation.prompts import suggest_copies

# Each asking may cost tokens; a person who reads five lines asks less often than this.
ASKS_PER_WINDOW: Final = 10
# Seconds.
ASK_WINDOW: Final = 60


@login_required
@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """Answer with lines that fit. A model may take half a minute; every request has a thread."""
    working_team_or_403(request)
    if not _may_ask(signed_in(request).pk):
        words = gettext("추천을 많이 받으셨어요. 1분 뒤에 다시 눌러 주세요.")
        headers = {"Retry-After": str(ASK_WINDOW)}
        return JsonResponse({"message": words}, status=429, headers=headers)
    told = {name: request.POST.get(name, "") for name in ("product", "occasion")}
    suggested = suggest_copies(**told)
    return JsonResponse({"copies": suggested.copies, "source": suggested.source})


def _may_ask(user_id: int) -> bool:
    """Count one asking; False when there were too many of late. Without Redis nobody counts."""
    key = f"suggest:{user_id}"
    try:
        cache.add(key, 0, ASK_WINDOW)
        return cache.incr(key) <= ASKS_PER_WINDOW
    except (RedisError, OSError, ValueError):  # ValueError: it ran out between the two
        return True
