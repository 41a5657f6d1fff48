"""Signing up, logging in, a forgotten password, languages: every page of an account."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import Membership, Team, User
from accounts.services import working_team

STRONG = "mackerel-and-squid-9"


def text_of(answer) -> str:
    return answer.content.decode()


def sign_up(client, email="new@example.com", password=STRONG):
    return client.post(reverse("account_signup"), {"email": email, "password1": password})


def test_signing_up_makes_a_team_of_one_with_its_owner(client, db):
    assert sign_up(client)["Location"] == reverse("generation:new_ad")
    membership = Membership.objects.get(user__email="new@example.com")
    assert membership.role == Membership.Role.OWNER
    assert Team.objects.count() == 1


def test_a_refused_sign_up_leaves_nothing(client, db):
    answer = sign_up(client, password="12345678")
    assert answer.status_code == 200
    assert "error" in text_of(answer)
    assert not User.objects.exists()
    assert not Team.objects.exists()


def test_an_address_signs_up_once_whatever_its_case(client, db):
    sign_up(client)
    client.logout()
    sign_up(client, email="NEW@example.com")
    assert User.objects.count() == 1


def test_logging_in_and_out(client, owner, team):
    page = reverse("account_login")
    wrong = client.post(page, {"login": owner.email, "password": "not-it"})
    assert wrong.status_code == 200
    assert 'role="alert"' in text_of(wrong)
    right = client.post(page, {"login": owner.email.upper(), "password": "seafood-market-1"})
    assert right["Location"] == reverse("generation:new_ad")
    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session  # a mere visit logs nobody out
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_set_anew_by_mail(client, owner):
    client.post(reverse("account_reset_password"), {"email": owner.email})
    (letter,) = mail.outbox
    assert letter.subject == "[nanoCocoa] 비밀번호를 새로 정해 주세요"
    address = re.search(r"http://testserver(\S+)", letter.body)[1]
    form = client.get(address, follow=True)
    assert "새 비밀번호" in text_of(form)
    client.post(form.redirect_chain[-1][0], {"password1": STRONG, "password2": STRONG})
    owner.refresh_from_db()
    assert owner.check_password(STRONG)
    assert "쓸 수 없는 링크예요" in text_of(client.get(address, follow=True))


def test_a_reset_for_an_unknown_address_gives_nothing_away(client, owner):
    known = client.post(reverse("account_reset_password"), {"email": owner.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    assert known["Location"] == unknown["Location"]


VISITOR_PAGES = [
    *("account_login", "account_signup", "account_reset_password"),
    *("account_reset_password_done", "account_inactive", "account_email_verification_sent"),
]
MEMBER_PAGES = ["account_logout", "account_email", "account_change_password"]


@pytest.mark.parametrize("name", VISITOR_PAGES)
def test_a_visitors_account_pages_look_like_ours(name, client, db):
    page = text_of(client.get(reverse(name)))
    assert 'class="brand"' in page
    assert re.search("[가-힣]", re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1])


@pytest.mark.parametrize("name", MEMBER_PAGES)
def test_a_members_account_pages_look_like_ours(name, client, owner, team):
    client.force_login(owner)
    page = text_of(client.get(reverse(name)))
    assert 'class="brand"' in page
    assert re.search("[가-힣]", re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1])


def test_the_language_can_be_switched_and_stays(client, db):
    assert "사진 한 장, 문구 한 줄" in text_of(client.get("/"))
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    page = text_of(client.get("/"))
    assert '<html lang="en">' in page
    assert "One photo, one line" in page
    assert not re.search("[가-힣]", re.sub(r'alt="[^"]*"|lang="ko">[^<]*', "", page))


def test_somebody_made_by_a_command_gets_a_team_when_first_needed(db):
    user = User.objects.create_user("made@example.com", STRONG)
    team = working_team(user)
    assert team is not None
    assert working_team(user) == team


def test_a_viewer_everywhere_has_no_team_to_work_in(viewer):
    assert working_team(viewer) is None


def test_who_may_only_look_begins_at_the_gallery_and_is_offered_nothing_to_make(client, viewer):
    told = {"login": viewer.email, "password": "seafood-market-4"}
    assert client.post(reverse("account_login"), told)["Location"] == reverse("campaigns:gallery")
    assert client.get("/")["Location"] == reverse("campaigns:gallery")
    assert reverse("generation:new_ad") not in text_of(client.get(reverse("campaigns:gallery")))


def test_refusals_and_news_speak_as_the_pages_do(client, db):
    page = text_of(sign_up(client, email="nobody", password="1234"))
    assert "이메일 주소를 다시 확인해 주세요." in page
    assert "비밀번호가 짧아요. 8자 이상으로 정해 주세요." in page
    assert "습니다" not in page
    news = text_of(client.get(sign_up(client)["Location"]))
    assert "new@example.com 주소로 확인 메일을 보냈어요." in news


def test_the_admin_makes_a_user_with_a_team(admin_client_of_ours):
    answer = admin_client_of_ours.post(
        reverse("admin:accounts_user_add"),
        {
            "email": "helper@example.com",
            "usable_password": "true",
            "password1": STRONG,
            "password2": STRONG,
            "memberships-TOTAL_FORMS": 0,
            "memberships-INITIAL_FORMS": 0,
        },
    )
    assert answer.status_code == 302, answer.context["errors"]
    assert User.objects.get(email="helper@example.com").memberships.count() == 1


@pytest.fixture
def admin_client_of_ours(client, db):
    client.force_login(User.objects.create_superuser("admin@example.com", STRONG))
    return client
