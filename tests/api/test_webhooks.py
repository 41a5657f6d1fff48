"""Webhooks: signed, retried, and only to addresses that are anybody's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from accounts.models import Team
from accounts.webhook_secret import webhook_secret
from generation import webhooks
from generation.models import Job, WebhookDelivery
from generation.services import stop_job

from .conftest import Program

pytestmark = pytest.mark.django_db


class Receiver(HTTPServer):
    """A program's server that answers what it is told to and keeps what it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/done?shop=1"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ended(program: Program, receiver: Receiver) -> WebhookDelivery:
    made = program.post("generate", {"ad_text": "특가", "webhook_url": receiver.url}).json()
    assert webhooks.deliver_due() == 0, "it has not ended yet"
    stop_job(job=Job.objects.get(pk=made["job_id"]))
    return WebhookDelivery.objects.get()


def test_it_tells_the_end_once_and_signed(ended, receiver: Receiver, team: Team) -> None:
    assert (webhooks.deliver_due(), webhooks.deliver_due()) == (1, 0)
    [(headers, body)] = receiver.got
    Webhook(webhook_secret(team)).verify(body.decode(), headers)
    told = json.loads(body)
    assert (told["type"], told["data"]["status"]) == ("job.stopped", "stopped")
    assert headers["host"].startswith("127.0.0.1:")
    ended.refresh_from_db()
    assert ended.state == "delivered"


def test_it_tries_again_later_and_later(ended, receiver: Receiver) -> None:
    receiver.answers = [500, 302, 204]
    waits = []
    for _ in range(3):
        before = timezone.now()
        WebhookDelivery.objects.update(next_try_at=before)
        assert webhooks.deliver_due() == 1
        ended.refresh_from_db()
        waits.append(ended.next_try_at - before)
    assert timedelta(seconds=1) < waits[0] < waits[1]
    assert (ended.state, ended.tries) == ("delivered", 3)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_it_gives_up_in_the_end(ended, receiver: Receiver) -> None:
    receiver.answers = [500] * 20
    for _ in range(len(webhooks.BACKOFF) + 1):
        WebhookDelivery.objects.update(next_try_at=timezone.now())
        webhooks.deliver_due()
    ended.refresh_from_db()
    assert ended.state == "given_up"
    assert webhooks.deliver_due() == 0


def test_a_receiver_that_is_not_there_is_tried_again(ended, receiver: Receiver) -> None:
    WebhookDelivery.objects.update(url="http://127.0.0.1:1/")
    webhooks.deliver_due()
    ended.refresh_from_db()
    assert (ended.state, ended.tries) == ("waiting", 1)


def test_a_name_that_leads_inside_is_refused_when_called(ended, receiver, settings) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    WebhookDelivery.objects.update(url="https://localtest.invalid-but-mapped/")
    with pytest.raises(webhooks.AddressRefused):
        webhooks.resolved("localhost", 443)
    WebhookDelivery.objects.update(url=receiver.url)
    webhooks.deliver_due()
    ended.refresh_from_db()
    assert (ended.state, receiver.got) == ("refused", [])


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/", "https://192.168.0.9/x", "https://169.254.169.254/latest/meta-data",
        "https://[fd00::1]/", "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/", "https://localhost/",
        "https://printer.local/", "https://me:secret@example.com/", "http://example.com/",
        "ftp://example.com/", "https:///x",
    ],
)  # fmt: skip
def test_private_addresses_are_refused(url: str) -> None:
    with pytest.raises(webhooks.AddressRefused):
        webhooks.judged_address(url)
