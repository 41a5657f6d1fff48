"""Whose turn it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from generation import services
from generation.fairness import Waiting, fair_order, queue_position

START = datetime(2026, 1, 1, tzinfo=UTC)


def line(*entries: tuple[int, int]) -> list[Waiting]:
    """Waiting jobs from (team, second), numbered from 1 in the order given."""
    return [
        Waiting(START + timedelta(seconds=second), UUID(int=number), team)
        for number, (team, second) in enumerate(entries, start=1)
    ]


def numbers(order: list[UUID]) -> list[int]:
    return [job.int for job in order]


def test_one_team_is_served_oldest_first():
    assert numbers(fair_order(line((1, 9), (1, 3), (1, 6)), {})) == [2, 3, 1]


def test_teams_take_turns_however_many_jobs_one_has():
    waiting = line((1, 0), (1, 1), (1, 2), (2, 10), (3, 20))
    assert numbers(fair_order(waiting, {})) == [1, 4, 5, 2, 3]


def test_a_team_with_work_running_waits_for_those_without():
    assert numbers(fair_order(line((1, 0), (2, 10)), {1: 2})) == [2, 1]


def test_a_busy_team_is_not_starved():
    waiting = line((1, 0), *((2, second) for second in range(1, 6)))
    assert numbers(fair_order(waiting, {1: 2})).index(1) == 2


@pytest.mark.django_db(transaction=True)
def test_the_place_in_the_line_is_the_order_of_claims(submit, make_ad, outsider, empty_redis):
    ours = [submit() for _ in range(3)]
    theirs = submit(make_ad(team=outsider.teams.get(), by=outsider))
    jobs = [*ours, theirs]
    places = {job.pk: queue_position(job) for job in jobs}
    claimed = [services.claim_next_job(engine="studio", owner="w").job_id for _ in jobs]
    assert claimed == sorted(places, key=places.get)
    assert places[theirs.pk] == 2
    ours[0].refresh_from_db()
    assert queue_position(ours[0]) is None
