"""A program with a key, and the same one without."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import Team, User
from accounts.tokens import issue_token
from tests.conftest import product_jpeg
from tests.generation.conftest import kept_engine

__all__ = ["kept_engine"]


@pytest.fixture(scope="module", autouse=True)
def _kept_engine(kept_engine) -> None:
    """Programs ask for what was made; who made it is tested elsewhere."""


class Program:
    """A REST client: JSON in, JSON out, one key."""

    def __init__(self, key: str = "", language: str = "ko") -> None:
        self.http = Client(raise_request_exception=False)
        self.headers = {"Accept-Language": language}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str, **headers: str) -> Any:
        return self.http.get(f"/api/{path}", headers={**self.headers, **headers})

    def delete(self, path: str) -> Any:
        return self.http.delete(f"/api/{path}", headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        text = body if isinstance(body, (str, bytes)) else json.dumps(body or {})
        kind = "application/json"
        return self.http.post(
            f"/api/{path}", text, content_type=kind, headers={**self.headers, **headers}
        )

    def form(self, path: str, fields: dict[str, Any]) -> Any:
        return self.http.post(f"/api/{path}", fields, headers=self.headers)


@pytest.fixture
def key(owner: User, team: Team) -> str:
    return issue_token(user=owner, team=team, name="가게 PC", scope="admin")[1]


@pytest.fixture
def program(key: str) -> Program:
    return Program(key)


@pytest.fixture
def stranger(outsider: User) -> Program:
    team = outsider.teams.get()
    return Program(issue_token(user=outsider, team=team, name="남의 PC", scope="admin")[1])


@pytest.fixture
def product() -> str:
    return base64.b64encode(product_jpeg()).decode()


def problem(response: HttpResponse) -> tuple[int, str, str | None]:
    """Return the status, the code and the field of a refusal, which has the one shape."""
    body = json.loads(response.content)
    assert set(body) <= {"code", "message", "field", "job_id"}, body
    assert body["message"]
    return response.status_code, body["code"], body["field"]
