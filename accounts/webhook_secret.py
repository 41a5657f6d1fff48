"""The secret that signs a team's webhooks, derived so that no second secret is stored."""

from __future__ import annotations

import base64

from django.utils.crypto import salted_hmac

from .models import Team

SALT = "nanococoa.webhook.1"


def webhook_secret(team: Team) -> str:
    """Return the team's secret as Standard Webhooks writes it (`whsec_` and base64)."""
    key = salted_hmac(SALT, f"{team.pk}:{team.webhook_generation}", algorithm="sha256").digest()
    return "whsec_" + base64.b64encode(key).decode()
