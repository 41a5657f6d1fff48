"""What the API answers when it does not do what was asked: one shape, one sentence, one code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import Field, NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import ValidationError as SchemaError
from pydantic_core import ErrorDetails

from campaigns.ad_text import CopyRefused
from campaigns.intake import PhotoRefused
from generation.errors import GenerationRefused, sentence
from generation.pipeline.errors import UnknownChoice

logger = logging.getLogger(__name__)

SENTENCES: Final[Mapping[str, str | Promise]] = {
    "bad_request": _("요청을 읽을 수 없어요. JSON 또는 폼 형식인지 확인해 주세요."),
    "unauthorized": _("로그인하거나 API 키를 보내 주세요."),
    "bad_token": _("API 키가 맞지 않거나, 만료됐거나, 해지됐어요."),
    "csrf": _("페이지를 새로 고친 뒤 다시 해 주세요."),
    "forbidden": _("이 일을 할 권한이 없어요."),
    "scope": _("이 API 키로는 할 수 없는 일이에요. ‘%(scope)s’ 권한의 키가 필요해요."),
    "not_found": _("찾을 수 없어요."),
    "method_not_allowed": _("이 주소에서는 할 수 없는 요청이에요."),
    "not_acceptable": _("이 형식으로는 드릴 수 없어요."),
    "already_finished": _("이미 끝난 작업이에요."),
    "job_running": _("아직 만드는 중이에요. 먼저 멈춰 주세요."),
    "not_finished": _("아직 완성되지 않았어요."),
    "too_large": _("보낸 내용이 너무 커요."),
    "unsupported_media_type": _(
        "JSON(application/json) 또는 폼(multipart/form-data)으로 보내 주세요."
    ),
    "idempotency_key_reused": _("같은 Idempotency-Key로 다른 내용을 보냈어요."),
    "rate_limited": _("요청이 너무 잦아요. %(seconds)s초 뒤에 다시 해 주세요."),
    "unavailable": _("지금은 답할 수 없어요. 잠시 뒤 다시 해 주세요."),
    "missing": _("꼭 필요한 값이에요."),
    "unknown_field": _("모르는 항목이에요."),
    "wrong_type": _("값의 종류가 맞지 않아요."),
    "out_of_range": _("값이 허용 범위를 벗어났어요."),
    "too_long": _("값이 너무 길어요."),
    "not_offered": _("고를 수 없는 값이에요."),
    "invalid": _("값이 올바르지 않아요."),
    "bad_base64": _("base64로 된 이미지가 아니에요."),
    "contradiction": _("‘%(other)s’과(와) 다른 값이에요. 하나만 보내 주세요."),
    "not_used": _("이 단계부터 시작하면 쓰이지 않는 항목이에요."),
    "unsupported_by_engine": _("이 서버의 엔진에서는 쓸 수 없는 항목이에요."),
    "unsupported_by_model": _("이 서버의 그림 모델은 이 항목을 따르지 않아요. 빼고 보내 주세요."),
    "address_refused": _("웹훅은 공개된 https 주소로만 보낼 수 있어요."),
}

# pydantic's kinds of error, by what a person is told.
KINDS: Final = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "literal_error": "not_offered",
    "enum": "not_offered",
    "string_too_long": "too_long",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "out_of_range",
}


class Problem(Schema):
    """Why a request was refused. `field` is the part of it that is to be changed, if one is."""

    code: str = Field(examples=["glyph_missing"])
    message: str = Field(examples=["‘🦑’ 글자는 아직 만들 수 없어요. 다른 글자로 바꿔 주세요."])
    field: str | None = Field(None, examples=["ad_text"])
    job_id: str | None = None


class Refused(Exception):  # noqa: N818 - a refusal, answered with a sentence
    """A request that is not carried out. `status` is the HTTP status, `code` a key of SENTENCES."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        field: str | None = None,
        message: str = "",
        job_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        **params: object,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.field, self.job_id = status, code, field, job_id
        self.headers = dict(headers or {})
        self.message = message or str(SENTENCES[code]) % params


def answer(refused: Refused) -> HttpResponse:
    """Return the refusal as JSON."""
    body: dict[str, Any] = {
        "code": refused.code,
        "message": refused.message,
        "field": refused.field,
    }
    if refused.job_id:
        body["job_id"] = refused.job_id
    headers = {"Cache-Control": "no-store", **refused.headers}
    if refused.status == 401:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="nanoCocoa"')
    return JsonResponse(
        body,
        status=refused.status,
        headers=headers,
        json_dumps_params={"ensure_ascii": False},
    )


def from_schema(errors: list[ErrorDetails] | list[dict[str, Any]]) -> Refused:
    """Return the first of pydantic's errors as a refusal that names its field."""
    first = errors[0]
    loc = first["loc"]
    if len(loc) > 2 and loc[0] == "body":  # ninja names the argument of ours that takes the body
        loc = loc[2:]
    parts = [str(part) for part in loc if part not in ("body", "query", "path", "header")]
    kind = str(first["type"])
    if kind == "json_invalid":
        return Refused(400, "bad_request")
    code = KINDS.get(kind, "wrong_type" if kind.endswith(("_type", "_parsing")) else "invalid")
    if str(first["loc"][0] if first["loc"] else "") == "path":
        return Refused(404, "not_found")
    return Refused(422, code, field=".".join(parts) or None)


def _from_http(error: HttpError) -> Refused:
    if error.status_code == 403:
        return Refused(403, "csrf")
    codes = {400: "bad_request", 401: "unauthorized", 405: "method_not_allowed"}
    return Refused(error.status_code, codes.get(error.status_code, "invalid"))


def refusal_of(error: Exception) -> Refused | None:
    """Return what an exception means to a caller; None for a bug."""
    if isinstance(error, Refused):
        return error
    for kind, meaning in MEANINGS.items():
        if isinstance(error, kind):
            return meaning(error)
    return None


def _from_choice(error: UnknownChoice) -> Refused:
    said = sentence(error.code, error.params)
    return Refused(422, error.code, field=str(error.params.get("field")), message=said)


def _from_photo(error: PhotoRefused) -> Refused:
    status = {"too_large": 413, "unsupported_format": 415, "not_an_image": 415}
    return Refused(status.get(error.code, 422), error.code, message=error.message)


# The first kind that fits an exception says what it means.
MEANINGS: Final[Mapping[type[Exception], Callable[[Any], Refused]]] = {
    ValidationError: lambda error: from_schema(error.errors),
    SchemaError: lambda error: from_schema(error.errors()),
    PhotoRefused: _from_photo,
    CopyRefused: lambda e: Refused(422, e.code, field="ad_text", message=e.message),
    UnknownChoice: _from_choice,
    GenerationRefused: lambda error: Refused(
        429, error.code, message=str(error), headers={"Retry-After": "30"}
    ),
    Http404: lambda _error: Refused(404, "not_found"),
    PermissionDenied: lambda _error: Refused(403, "forbidden"),
    RequestDataTooBig: lambda _error: Refused(413, "too_large"),
    TooManyFieldsSent: lambda _error: Refused(400, "bad_request"),
    MultiPartParserError: lambda _error: Refused(400, "bad_request"),
    OperationalError: lambda _error: Refused(503, "unavailable", headers={"Retry-After": "5"}),
    InterfaceError: lambda _error: Refused(503, "unavailable", headers={"Retry-After": "5"}),
    HttpError: _from_http,
}


def add_handlers(api: NinjaAPI) -> None:
    """Answer every exception of the API's views in the one shape."""

    def handle(_request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        assert isinstance(error, Exception)  # noqa: S101 - ninja's type says more than it does
        refused = refusal_of(error)
        if refused is None:
            logger.error("a bug in the API", exc_info=error)
            refused = Refused(500, "unavailable")
        return answer(refused)

    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, handle)
