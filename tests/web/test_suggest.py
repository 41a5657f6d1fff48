"""Suggested copy through the site: lines that fit, who may ask, how often, and a slow model."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from generation.prompts import writer
from generation.views.suggest import ASKS_PER_WINDOW
from tests.api.llm_stub import Stub, running_stub

ASK = reverse("generation:suggest")
TOLD = {"product": "마른 오징어", "occasion": "추석"}


@pytest.fixture
def stub(settings, monkeypatch) -> Iterator[Stub]:
    monkeypatch.setattr(writer, "RETRIES", 0)
    with running_stub() as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-test", server.url
        yield server


def test_without_a_key_five_lines_come_from_the_book(as_owner, settings):
    settings.OPENAI_API_KEY = ""
    said = as_owner.post(ASK, TOLD).json()
    assert (said["source"], len(set(said["copies"]))) == ("book", 5)
    assert "추석 마른 오징어" in said["copies"]
    assert all(len(copy) <= settings.MAX_COPY_LENGTH for copy in said["copies"])


def test_nothing_told_is_enough(as_owner, settings):
    settings.OPENAI_API_KEY = ""
    assert len(as_owner.post(ASK).json()["copies"]) == 5


def test_a_model_is_asked_when_there_is_a_key(as_owner, stub):
    five = ["오징어 한입", "오징어 두입", "오징어 세입", "오징어 네입", "오징어 다섯입"]
    stub.answers = [json.dumps({"copies": five}, ensure_ascii=False)]
    assert as_owner.post(ASK, TOLD).json() == {"copies": five, "source": "model"}
    assert json.loads(stub.asked[0]["messages"][1]["content"]) == TOLD


def test_a_model_that_does_not_answer_gives_way_to_the_book(as_owner, stub, monkeypatch):
    monkeypatch.setattr(writer, "PATIENCE", 0.5)
    stub.answers = [2.0]
    assert as_owner.post(ASK, TOLD).json()["source"] == "book"


def test_who_asks_too_often_is_told_to_wait(as_owner, settings, owner, outsider):
    settings.OPENAI_API_KEY = ""
    cache.set(f"suggest:{owner.pk}", ASKS_PER_WINDOW - 1, 60)
    assert as_owner.post(ASK, TOLD).status_code == 200
    refused = as_owner.post(ASK, TOLD)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "1분 뒤에" in refused.json()["message"]
    other = Client()
    other.force_login(outsider)
    assert other.post(ASK, TOLD).status_code == 200


def test_without_redis_suggestions_go_on(as_owner, settings):
    settings.OPENAI_API_KEY = ""
    place = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": place}
    assert as_owner.post(ASK, TOLD).status_code == 200


def test_only_editors_ask_with_a_token_by_post(as_owner, viewer, owner):
    assert as_owner.get(ASK).status_code == 405
    looking, strict = Client(), Client(enforce_csrf_checks=True)
    looking.force_login(viewer)
    strict.force_login(owner)
    assert looking.post(ASK, TOLD).status_code == 403
    assert strict.post(ASK, TOLD).status_code == 403
