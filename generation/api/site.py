"""The API put together: who may call, what it answers, where its document is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Swagger

from . import catalogue, copies, events, generate, jobs
from .access import SessionAuth, TokenAuth
from .problems import add_handlers
from .rate import add_headers, spend

DESCRIPTION = """
One product photo and one short line of Korean copy in, one finished ad image out.

Make a key under **API keys** and send it as `Authorization: Bearer nc_…`. `POST /api/generate`
answers at once with a `job_id`; ask `GET /api/status/{job_id}` or follow
`GET /api/jobs/{job_id}/events` until the job has ended, then fetch `final_result`.

Every refusal has one shape: `code`, `message` (Korean, or English with `Accept-Language: en`),
`field` and, where there is one, `job_id`.
"""


class Api(NinjaAPI):
    """NinjaAPI whose answers say what the caller may still ask for."""

    def create_response(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        response = super().create_response(request, *args, **options)
        add_headers(request, response)
        return response


class CountedToken(TokenAuth):
    """A key's call, counted."""

    def __call__(self, request: HttpRequest) -> Any:
        caller = super().__call__(request)
        if caller:
            spend(request, caller)
        return caller


class CountedSession(SessionAuth):
    """A session's call, counted."""

    def __call__(self, request: HttpRequest) -> Any:
        caller = super().__call__(request)
        if caller:
            spend(request, caller)
        return caller


api = Api(
    title="nanoCocoa",
    version="1.0",
    description=DESCRIPTION,
    docs=Swagger(settings={"persistAuthorization": True, "tryItOutEnabled": True}),
    auth=[CountedToken(), CountedSession()],
    urls_namespace="api",
)
add_handlers(api)
for part in (generate, jobs, events, catalogue, copies):
    api.add_router("", part.router)
