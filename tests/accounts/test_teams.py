"""A team: its people, invitations into it, leaving it, and which of several is worked in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.invitations import InvitationGone, accept_invitation, invitation_of, invite
from accounts.models import Invitation, Membership, Team, User
from accounts.services import LastOwner, change_role, choose_team, remove_member, working_team
from campaigns.services import create_ad

pytestmark = pytest.mark.django_db
Role = Membership.Role
STRONG = "mackerel-and-squid-9"


def place_of(user: User, team: Team) -> Membership:
    return Membership.objects.get(user=user, team=team)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_invitation_opens_once_and_is_kept_as_a_digest(owner, team, outsider, viewer):
    made, text = invite(team=team, by=owner, role=Role.EDITOR)
    assert text not in str(vars(made))
    accept_invitation(text=text, user=outsider)
    assert place_of(outsider, team).role == Role.EDITOR
    with pytest.raises(InvitationGone):
        accept_invitation(text=text, user=viewer)


def test_who_belongs_to_the_team_uses_no_invitation_up(owner, team):
    _made, text = invite(team=team, by=owner, role=Role.VIEWER)
    assert accept_invitation(text=text, user=owner).role == Role.OWNER
    assert invitation_of(text) is not None


def test_an_invitation_ends_after_a_while(owner, team, outsider):
    made, text = invite(team=team, by=owner, role=Role.EDITOR)
    Invitation.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    page = signed_in(outsider).post(reverse("accounts:join", args=[text]))
    assert page.status_code == 410
    assert "쓸 수 없는 초대예요" in page.content.decode()


def test_new_ads_go_to_the_team_that_was_chosen_last(owner, team, outsider):
    own = working_team(outsider)
    _made, text = invite(team=team, by=owner, role=Role.EDITOR)
    accept_invitation(text=text, user=outsider)
    assert working_team(outsider) == team
    choose_team(membership=place_of(outsider, own))
    assert working_team(outsider) == own


def test_ads_of_two_teams_are_told_apart(owner, team, outsider):
    create_ad(
        team=team,
        by=owner,
        photo=None,
        ad_text="반값",
        background_style="market",
        text_style="metal",
    )
    gallery = reverse("campaigns:gallery")
    assert team.name not in signed_in(owner).get(gallery).content.decode()
    _made, text = invite(team=team, by=owner, role=Role.VIEWER)
    accept_invitation(text=text, user=outsider)
    assert team.name in signed_in(outsider).get(gallery).content.decode()


def test_a_viewers_ads_stay_in_a_team_of_their_own(owner, team, outsider):
    own = working_team(outsider)
    _made, text = invite(team=team, by=owner, role=Role.VIEWER)
    accept_invitation(text=text, user=outsider)
    assert working_team(outsider) == own


def test_a_team_keeps_an_owner(owner, team, team_mate):
    with pytest.raises(LastOwner):
        remove_member(membership=place_of(owner, team))
    with pytest.raises(LastOwner):
        change_role(membership=place_of(owner, team), role=Role.VIEWER)
    change_role(membership=place_of(team_mate, team), role=Role.OWNER)
    remove_member(membership=place_of(owner, team))
    assert not Membership.objects.filter(user=owner, team=team).exists()


def test_a_helper_signs_up_by_the_link_that_an_owner_made(owner, team):
    answer = signed_in(owner).post(
        reverse("accounts:team_invite", args=[team.pk]), {"role": "editor"}
    )
    page = answer.content.decode()
    path = re.search(r"http://testserver(/accounts/join/[^<]+)</code>", page)[1]
    helper = Client()
    offer = helper.get(path).content.decode()
    assert team.name in offer
    sign_up = re.search(r'href="(/accounts/signup/[^"]+)"', offer)[1]
    assert path in helper.get(sign_up).content.decode()
    told = {"email": "helper@example.com", "password1": STRONG, "next": path}
    assert helper.post(reverse("account_signup"), told)["Location"] == path
    assert "함께하기" in helper.get(path).content.decode()
    done = helper.post(path, follow=True)
    assert f"{team.name}에 함께하게 됐어요." in done.content.decode()
    assert working_team(User.objects.get(email="helper@example.com")) == team


def test_looking_at_an_invitation_joins_nobody(owner, team, outsider):
    _made, text = invite(team=team, by=owner, role=Role.EDITOR)
    signed_in(outsider).get(reverse("accounts:join", args=[text]))
    Client().post(reverse("accounts:join", args=[text]))
    assert team.memberships.count() == 1
    assert invitation_of(text) is not None


def team_routes(team: Team, member: Membership, invitation: Invitation) -> dict[str, str]:
    names = ("team_rename", "team_choose", "team_invite")
    return {name: reverse(f"accounts:{name}", args=[team.pk]) for name in names} | {
        "withdraw": reverse("accounts:withdraw", args=[invitation.pk]),
        "member_role": reverse("accounts:member_role", args=[member.pk]),
        "member_remove": reverse("accounts:member_remove", args=[member.pk]),
    }


@pytest.mark.parametrize(("who", "status"), [("outsider", 404), ("viewer", 403)])
def test_a_team_is_changed_by_its_owners_alone(request, team, who, status, subtests):
    user, owner = request.getfixturevalue(who), request.getfixturevalue("owner")
    invitation, _text = invite(team=team, by=owner, role=Role.EDITOR)
    sent = {"role": "viewer", "name": "뺏은 가게"}
    for name, address in team_routes(team, place_of(owner, team), invitation).items():
        with subtests.test(route=name):
            assert signed_in(user).post(address, sent).status_code == status
            assert signed_in(user).get(address).status_code == 405
    team.refresh_from_db()
    assert (team.name, place_of(owner, team).role) == ("바다상회", Role.OWNER)
    page = signed_in(user).get(reverse("accounts:team", args=[team.pk]))
    assert page.status_code == (404 if who == "outsider" else 200)
    assert "초대 링크 만들기" not in page.content.decode()


def test_an_owner_renames_changes_roles_and_removes(owner, team, team_mate):
    client = signed_in(owner)
    client.post(reverse("accounts:team_rename", args=[team.pk]), {"name": "새 바다상회"})
    member = place_of(team_mate, team)
    client.post(reverse("accounts:member_role", args=[member.pk]), {"role": "viewer"})
    page = client.get(reverse("accounts:my_team"), follow=True).content.decode()
    assert "새 바다상회" in page
    assert place_of(team_mate, team).role == Role.VIEWER
    client.post(reverse("accounts:member_remove", args=[member.pk]))
    assert team.memberships.count() == 1


def test_a_member_leaves_and_the_last_owner_is_told_why_not(owner, team, team_mate):
    leaving = reverse("accounts:member_remove", args=[place_of(team_mate, team).pk])
    assert "가게에서 나왔어요." in signed_in(team_mate).post(leaving, follow=True).content.decode()
    staying = reverse("accounts:member_remove", args=[place_of(owner, team).pk])
    refusal = signed_in(owner).post(staying, follow=True).content.decode()
    assert "소유자가 한 명은 있어야 해요" in refusal
    assert team.memberships.count() == 1
