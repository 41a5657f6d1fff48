"""Which takes are painted with the first: those of the same order that are next anyway."""

from __future__ import annotations

import pytest

from accounts.models import Team
from campaigns.services import create_ad
from generation.models import Job
from generation.ordering import Order, place_order
from generation.services import claim_next_job, submit_job
from generation.work.takes import MOST_AT_ONCE, seeds_ahead

pytestmark = pytest.mark.django_db(transaction=True)
WISHES = {"ad_text": "대박", "background_style": "market", "text_style": "metal", "photo": None}


@pytest.fixture(autouse=True)
def _redis(empty_redis) -> None:
    """Messages have a server to go to."""


def order(team, owner, variants: int = 3, **changes) -> list[Job]:
    told = Order(wishes=WISHES, variants=variants, engine="diffusion", **changes)
    return place_order(team=team, by=owner, order=told)


def running(job: Job) -> Job:
    """The job, claimed by a worker as the next in the line."""
    claim = claim_next_job(engine=job.engine, owner="gpu-1")
    assert claim is not None
    assert claim.job_id == job.pk
    return Job.objects.get(pk=job.pk)


def test_the_takes_that_wait_give_their_seeds_in_the_order_of_their_turns(team, owner):
    first, *rest = order(team, owner)
    assert seeds_ahead(running(first)) == tuple(job.parameters["seed"] for job in rest)
    assert len(set(seeds_ahead(first))) == 2
    assert seeds_ahead(running(rest[0])) == (rest[1].parameters["seed"],)
    assert seeds_ahead(running(rest[1])) == ()


def test_prompts_that_were_written_for_the_first_make_no_difference(team, owner):
    first, *_ = order(team, owner)
    Job.objects.filter(pk=first.pk).update(parameters=first.parameters | {"prompts": {"a": "b"}})
    assert len(seeds_ahead(running(first))) == 2


def test_no_more_than_fit_into_one_pass(team, owner, settings):
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = 20
    first, *_ = order(team, owner, variants=6)
    assert len(seeds_ahead(running(first))) == MOST_AT_ONCE - 1


def test_another_teams_turn_is_not_taken(team, owner, outsider):
    first, *_ = order(team, owner)
    theirs = Team.objects.get(members=outsider)
    submit_job(ad=create_ad(team=theirs, by=outsider, **WISHES), by=outsider, engine="diffusion")
    assert seeds_ahead(running(first)) == ()


@pytest.mark.parametrize("changes", [{"test_mode": True}, {"engine": "studio"}])
def test_only_models_paint_ahead(team, owner, changes):
    told = {"wishes": WISHES, "variants": 2, "engine": "diffusion"} | changes
    first, _ = place_order(team=team, by=owner, order=Order(**told))
    assert seeds_ahead(running(first)) == ()


def test_another_ad_is_no_take(team, owner):
    first, _ = order(team, owner, variants=1), order(team, owner, variants=1)
    assert seeds_ahead(running(first[0])) == ()
