"""What every answer says about its page, and the size beyond which nothing is parsed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

Answer = Callable[[HttpRequest], HttpResponse]

# Base64 makes a photo a third longer; a form lies beside it, and a photo a little over the limit
# still gets its sentence beside the field.
LONGEST_ENCODING: Final = 4 / 3
ROOM_BESIDE_THE_PHOTO: Final = 2 * 1024 * 1024


def content_policy(get_response: Answer) -> Answer:
    """Scripts and styles from our own files only; `style="--w:3"` attributes give sizes.

    The socket's origin is named because older Safari does not count it as 'self'.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        host = request.get_host() if response.status_code != 400 else ""
        sockets = f" ws://{host} wss://{host}" if host else ""
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' blob: data:; style-src-attr 'unsafe-inline'; "
            f"connect-src 'self'{sockets}; object-src 'none'; base-uri 'self'; "
            "form-action 'self'; frame-ancestors 'none'",
        )
        return response

    return answer


def longest_body() -> int:
    """Return the length in bytes of the longest request body that is read."""
    return int(settings.MAX_PHOTO_BYTES * LONGEST_ENCODING + ROOM_BESIDE_THE_PHOTO)


def body_limit(get_response: Answer) -> Answer:
    """Answer 413 to a body that no form of ours sends, before any of it is parsed."""
    limit = longest_body()

    def answer(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > limit:
            if request.path.startswith("/api/"):
                said = {"code": "too_large", "message": _("보낸 내용이 너무 커요."), "field": None}
                return JsonResponse(said, status=413)
            # Rendered without the request: its body must not be read, not even for a CSRF token.
            return render(None, "413.html", status=413)
        return get_response(request)

    return answer
