import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("campaigns", "0003_own_words")]
AFTER = [("campaigns", "0004_campaign_names")]


def migrated(to):
    MigrationExecutor(connection).migrate(to)
    graph = MigrationExecutor(connection).loader
    return graph.project_state([*to, *graph.graph.leaf_nodes("accounts")]).apps


@pytest.fixture
def apps_before():
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrated(BEFORE)
    migrated(latest)


@pytest.mark.django_db(transaction=True)
def test_namesakes_of_a_team_are_numbered_and_keep_their_ads(apps_before):
    teams = apps_before.get_model("accounts", "Team").objects
    campaigns = apps_before.get_model("campaigns", "Campaign").objects
    ads = apps_before.get_model("campaigns", "Ad").objects
    one, other = teams.create(name="바다상회"), teams.create(name="달빛카페")
    names = ["추석 Sale", "추석 sale", "추석 sale 2", "추석 SALE", "긴" * 80, "긴" * 80]
    made = [campaigns.create(team=one, name=name) for name in names]
    campaigns.create(team=other, name="추석 sale")
    ads.create(team=one, campaign=made[1], ad_text="반값")

    after = migrated(AFTER).get_model("campaigns", "Campaign").objects
    found = list(after.filter(team_id=one.pk).order_by("pk").values_list("name", flat=True))
    assert found[:4] == ["추석 Sale", "추석 sale 3", "추석 sale 2", "추석 SALE 4"]
    assert found[4] == "긴" * 80
    assert len({name.casefold() for name in found}) == len(found)
    assert max(map(len, found)) <= 80
    assert list(after.filter(team_id=other.pk).values_list("name", flat=True)) == ["추석 sale"]
    assert after.get(ads__ad_text="반값").pk == made[1].pk
