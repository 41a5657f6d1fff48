"""The demo merchant: there for a local site, closed on a deployment."""

from __future__ import annotations

import pytest

from generation.demo import DEMO_PASSWORD, ensure_demo_user

pytestmark = pytest.mark.django_db


def test_the_demo_merchant_is_no_administrator():
    user = ensure_demo_user()
    assert not user.is_staff
    assert not user.is_superuser
    assert user.check_password(DEMO_PASSWORD)
    assert user.teams.count() == 1


def test_nobody_can_log_in_as_the_demo_merchant_of_a_deployment(settings):
    settings.LOCAL = False
    assert not ensure_demo_user().has_usable_password()
