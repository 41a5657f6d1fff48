"""Telling a program's own server that a job has ended: signed, retried, never to private addresses.

The message and its signature follow Standard Webhooks (standardwebhooks.com).
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from accounts.webhook_secret import webhook_secret

from .errors import sentence
from .models import Job, WebhookDelivery

logger = logging.getLogger(__name__)

# Waits between the tries, in seconds: seven in about a day, as Standard Webhooks advises.
BACKOFF: Final = (5, 60, 300, 1800, 7200, 36000)
# A receiver has this long to answer, in seconds.
PATIENCE: Final = 10.0
# A delivery taken by a worker that died is tried by another after this, in seconds.
TAKEN_FOR: Final = 60
# Deliveries of one round; more wait for the next.
ROUND: Final = 20
AGENT: Final = "nanoCocoa-webhook/1"


class AddressRefused(Exception):  # noqa: N818 - a refusal
    """The address is not a public https one."""


def judged_address(url: str) -> str:
    """Return the address if it may be called, as far as its text says. Raises AddressRefused.

    Its host is resolved and judged again before every call.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (
        settings.WEBHOOKS_TO_PRIVATE_ADDRESSES and parts.scheme == "http"
    )
    if not secure or not parts.hostname or parts.username or parts.password:
        raise AddressRefused(url)
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        if parts.hostname == "localhost" or parts.hostname.endswith((".localhost", ".local")):
            _refuse_private(url)
    else:
        if not _is_public(str(literal)):
            _refuse_private(url)
    return url


def _refuse_private(url: str) -> None:
    if not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        raise AddressRefused(url)


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    inner = getattr(found, "ipv4_mapped", None)
    return (inner or found).is_global and not found.is_multicast


def resolved(host: str, port: int) -> str:
    """Return an address of the host to connect to; every one of them must be public.

    Raises AddressRefused, and OSError for a host that does not exist.
    """
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if not all(_is_public(address) for address in found):
        _refuse_private(host)
    return min(found)


def order_delivery(job: Job, url: str, site: str) -> WebhookDelivery:
    """Write down that the end of this job is to be told; `site` is our own address."""
    return WebhookDelivery.objects.create(job=job, url=url, site=site)


def deliver_due(now: datetime | None = None) -> int:
    """Try every delivery that is due; return how many were tried. Safe in many processes."""
    tried = 0
    for delivery in WebhookDelivery.objects.due(now or timezone.now())[:ROUND]:
        if _take(delivery):
            _try(delivery)
            tried += 1
    return tried


def _take(delivery: WebhookDelivery) -> bool:
    """Keep others off the delivery while it is tried."""
    until = timezone.now() + timedelta(seconds=TAKEN_FOR)
    same = WebhookDelivery.objects.filter(pk=delivery.pk, next_try_at=delivery.next_try_at)
    return bool(same.update(next_try_at=until, tries=models.F("tries") + 1))


def _try(delivery: WebhookDelivery) -> None:
    delivery.refresh_from_db()
    try:
        status, said = _post(delivery)
    except AddressRefused:
        _ended(delivery, state=WebhookDelivery.State.REFUSED, said="not a public address")
        return
    except (httpx.HTTPError, OSError) as error:
        status, said = 0, f"{type(error).__name__}: {error}"
    if 200 <= status < 300:
        _ended(delivery, state=WebhookDelivery.State.DELIVERED, said=str(status))
    elif status == httpx.codes.GONE or delivery.tries > len(BACKOFF):
        _ended(delivery, state=WebhookDelivery.State.GIVEN_UP, said=said)
    else:
        wait = timedelta(seconds=BACKOFF[delivery.tries - 1])
        _ended(delivery, state=WebhookDelivery.State.WAITING, said=said, next_try=wait)


def _ended(
    delivery: WebhookDelivery, *, state: str, said: str, next_try: timedelta = timedelta(0)
) -> None:
    with transaction.atomic():
        delivery.state, delivery.answer = state, said[:200]
        delivery.next_try_at = timezone.now() + next_try
        delivery.save(update_fields=["state", "answer", "next_try_at"])


def _post(delivery: WebhookDelivery) -> tuple[int, str]:
    """Send the message; return the status and the reason. No redirect is followed."""
    url = httpx.URL(judged_address(delivery.url))
    port = url.port or (443 if url.scheme == "https" else 80)
    address = resolved(url.host, port)
    body = json.dumps(message(delivery), ensure_ascii=False)
    with httpx.Client(timeout=PATIENCE, follow_redirects=False, trust_env=False) as client:
        # Connected to the address that was judged: a second look-up could find another one.
        request = client.build_request(
            "POST",
            url.copy_with(host=address),
            content=body.encode(),
            headers=_headers(delivery, body) | {"Host": url.netloc.decode()},
            extensions={"sni_hostname": url.host},
        )
        answer = client.send(request, stream=True)
        answer.close()
    return answer.status_code, f"{answer.status_code} {answer.reason_phrase}"


def _headers(delivery: WebhookDelivery, body: str) -> dict[str, str]:
    sent, name = timezone.now(), f"msg_{delivery.pk.hex}"
    signature = Webhook(webhook_secret(delivery.job.team)).sign(name, sent, body)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": AGENT,
        "webhook-id": name,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": signature,
    }


def message(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return what the receiver is told."""
    job = delivery.job
    done = job.status == Job.Status.COMPLETED
    picture = f"{delivery.site}/api/jobs/{job.pk}/images/final" if done else None
    failed = {"code": job.error_code, "message": sentence(job.error_code, job.error_params)}
    return {
        "type": f"job.{job.status}",
        "timestamp": (job.finished_at or timezone.now()).isoformat(),
        "data": {
            "job_id": str(job.pk),
            "status": job.status,
            "ad_text": job.ad.ad_text,
            "final_result": picture,
            "error": failed if job.error_code else None,
        },
    }
