"""A signed-in merchant, and ads with jobs to look at."""

from __future__ import annotations

import pytest
from django.test import Client

from generation.models import Job
from tests.generation.conftest import burst, kept_engine, make_ad, submit

__all__ = ["burst", "kept_engine", "make_ad", "submit"]


@pytest.fixture(scope="module", autouse=True)
def _kept_engine(kept_engine) -> None:
    """The pages show what was made; who made it is tested elsewhere."""


@pytest.fixture
def as_owner(client: Client, owner, team) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def as_viewer(client: Client, viewer) -> Client:
    client.force_login(viewer)
    return client


@pytest.fixture
def as_outsider(client: Client, outsider) -> Client:
    client.force_login(outsider)
    return client


@pytest.fixture
def wishes() -> dict[str, str]:
    """What the form sends, without a photo."""
    return {
        "ad_text": "건어물 대박 세일",
        "background_style": "market",
        "text_style": "gold_balloon",
        "text_position": "auto",
        "format": "1:1",
        "form_key": "one-form",
    }


@pytest.fixture
def job(submit) -> Job:
    return submit()


@pytest.fixture
def finished(submit, burst) -> Job:
    """A job that a real worker has completed."""
    job = submit()
    burst()
    job.refresh_from_db()
    assert job.status == Job.Status.COMPLETED
    return job
