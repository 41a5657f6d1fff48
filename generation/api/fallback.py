"""Answers under /api/ that no view of the API gave, in its one shape all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from .problems import Refused, answer

Answer = Callable[[HttpRequest], HttpResponse]
CODES: Final = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    500: "unavailable",
}


def api_answers(get_response: Answer) -> Answer:
    """Turn Django's own pages for unknown addresses and methods into the API's refusals."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_api = request.path.startswith("/api/")
        if not is_api or response.status_code not in CODES or "json" in response["Content-Type"]:
            return response
        kept = {"Allow": response["Allow"]} if "Allow" in response else {}
        return answer(Refused(response.status_code, CODES[response.status_code], headers=kept))

    return respond
