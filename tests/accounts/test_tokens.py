"""API keys: shown once, kept as a digest, good until closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, Membership, Team, User
from accounts.tokens import issue_token, revoke_token, token_of

pytestmark = pytest.mark.django_db


def test_a_key_opens_until_it_is_revoked(owner: User, team: Team) -> None:
    token, text = issue_token(user=owner, team=team, name="PC", scope="read")
    assert token_of(text) == token
    assert text not in str(vars(token))
    revoke_token(token=token)
    assert token_of(text) is None


@pytest.mark.parametrize("text", ["", "nc_", "nc_wrong", "sk-123", "nc_" + "a" * 5000])
def test_another_text_opens_nothing(owner: User, team: Team, text: str) -> None:
    issue_token(user=owner, team=team, name="PC", scope="read")
    assert token_of(text) is None


def test_an_expired_key_opens_nothing(owner: User, team: Team) -> None:
    token, text = issue_token(user=owner, team=team, name="PC", scope="read", days=1)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert token_of(text) is None


def test_a_key_ends_with_its_users_place_in_the_team(owner: User, team: Team) -> None:
    _, text = issue_token(user=owner, team=team, name="PC", scope="read")
    Membership.objects.filter(user=owner, team=team).delete()
    assert token_of(text) is None


def test_the_page_shows_a_new_key_once(client: Client, owner: User, team: Team) -> None:
    client.force_login(owner)
    sent = {"name": "가게 PC", "team": team.pk, "scope": "generate", "days": "90"}
    made = client.post("/accounts/tokens/", sent)
    token = ApiToken.objects.get()
    text = made.context["text"]
    assert text in made.content.decode()
    assert token_of(text) == token
    later = client.get("/accounts/tokens/").content.decode()
    assert token.prefix in later
    assert text not in later


def test_a_viewer_gets_a_key_for_looking_only(client: Client, viewer: User, team: Team) -> None:
    client.force_login(viewer)
    sent = {"name": "PC", "team": team.pk, "scope": "generate", "days": ""}
    assert client.post("/accounts/tokens/", sent).status_code == 422
    assert client.post("/accounts/tokens/", sent | {"scope": "read"}).status_code == 200


def test_another_teams_name_is_refused(client: Client, outsider: User, team: Team) -> None:
    client.force_login(outsider)
    sent = {"name": "PC", "team": team.pk, "scope": "read", "days": ""}
    assert client.post("/accounts/tokens/", sent).status_code == 422
    assert not ApiToken.objects.exists()


def test_nobody_revokes_anothers_key(
    client: Client, owner: User, outsider: User, team: Team
) -> None:
    token, text = issue_token(user=owner, team=team, name="PC", scope="read")
    client.force_login(outsider)
    assert client.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 404
    assert token_of(text) is not None
