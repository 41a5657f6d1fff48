"""An order of one or more takes of an ad, made together or not at all, and only once per key."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import Team, User
from campaigns.models import Ad
from campaigns.services import copy_ad, create_ad, new_seed

from .models import Job
from .pipeline.types import Stage
from .services import submit_job
from .webhooks import order_delivery


class KeyReused(Exception):  # noqa: N818 - a refusal
    """The idempotency key came before, with another order."""

    def __init__(self, job: Job) -> None:
        super().__init__(str(job.pk))
        self.job = job


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be made: `wishes` as `create_ad` takes them, or changes to `source`'s own.

    `digest` fingerprints the request; `stage_images` are PNG files that stand for stages.
    `settings` go into the jobs' parameters beside the wishes. `webhook` is where to tell of the
    end, and our own address to tell it with.
    """

    wishes: Mapping[str, Any]
    source: Ad | None = None
    variants: int = 1
    start_step: int = 1
    stage_images: Mapping[Stage, Path] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    test_mode: bool = False
    engine: str | None = None
    digest: str = ""
    webhook: tuple[str, str] | None = None


@transaction.atomic
def place_order(*, team: Team, by: User, order: Order, key: str | None = None) -> list[Job]:
    """Make the order's ads and put their jobs in the line; the same key again gives the same jobs.

    Raises KeyReused, CopyRefused, UnknownChoice and QuotaExceeded; nothing is stored then.
    """
    # One order of a team at a time: twenty posts with one key are one order.
    Team.objects.select_for_update().get(pk=team.pk)
    if key and (known := _known(team, key, order.digest)):
        return known
    group = order.source.variant_group if order.source else uuid.uuid4()
    jobs: list[Job] = []
    for number in range(order.variants):
        ad = _ad(team, by, order, group, number)
        jobs.append(_submitted(ad, by, order, _key_of(key, number)))
    return jobs


def _submitted(ad: Ad, by: User, order: Order, key: str | None) -> Job:
    job = submit_job(
        ad=ad,
        by=by,
        start_step=order.start_step,
        idempotency_key=key,
        test_mode=order.test_mode,
        engine=order.engine,
        stage_images=order.stage_images or None,
        settings={**order.settings, "order_digest": order.digest},
    )
    if order.webhook:
        url, site = order.webhook
        order_delivery(job, url, site)
    return job


def _key_of(key: str | None, number: int) -> str | None:
    return f"{key}#{number}" if key else None


def _known(team: Team, key: str, digest: str) -> list[Job]:
    """Return the jobs that this key already made, first take first. Raises KeyReused."""
    first = Job.objects.for_team(team).filter(idempotency_key=_key_of(key, 0)).first()
    if first is None:
        return []
    if first.parameters.get("order_digest") != digest:
        raise KeyReused(first)
    rest = Job.objects.for_team(team).filter(idempotency_key__startswith=f"{key}#")
    return sorted(rest, key=lambda job: str(job.idempotency_key))


def _ad(team: Team, by: User, order: Order, group: uuid.UUID, number: int) -> Ad:
    """Return one take. Later takes have other seeds: the same one would be the same picture."""
    seeds = {"seed": new_seed()} if number else {}
    if order.source is not None:
        return copy_ad(ad=order.source, by=by, **{**order.wishes, **seeds})
    ad = create_ad(team=team, by=by, **{**order.wishes, **seeds})
    Ad.objects.filter(pk=ad.pk).update(variant_group=group)
    ad.variant_group = group
    return ad
