"""How allauth makes accounts here."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from .access import signed_in, start_page
from .models import User
from .services import create_team_for


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up makes a team of one."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save the new user and, in the same transaction, the team that owns what they make."""
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit=commit)
            if commit:
                create_team_for(saved)
        return saved

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse(start_page(signed_in(request)))

    def format_email_subject(self, subject: str) -> str:
        return f"[nanoCocoa] {subject}"
