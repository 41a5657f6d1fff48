"""The demo merchant of a local site, with a few ads made by the real engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.models import Team, User
from accounts.services import create_team_for
from campaigns.models import Ad
from campaigns.services import create_ad, store_photo
from generation.services import submit_job

DEMO_EMAIL: Final = "demo@nanococoa.local"
# Printed in the terminal; the account exists on local sites only.
DEMO_PASSWORD: Final = "nanococoa-demo"  # noqa: S105
DEMO_SHOP: Final = "코코아상회"
PHOTOS: Final = Path(__file__).resolve().parent.parent / "campaigns" / "demo"


@dataclass(frozen=True)
class SampleAd:
    """One ad of the demo account; `photo` is a file in `campaigns/demo`."""

    photo: str
    ad_text: str
    background_style: str
    text_style: str
    format: str
    seed: int


SAMPLE_ADS: Final = (
    SampleAd("gift_box.jpg", "건어물 대박 세일", "market", "gold_balloon", "1:1", 7),
    SampleAd("sesame_oil.jpg", "갓 짠 참기름", "minimal", "metal", "4:5", 11),
    SampleAd("tangerines.jpg", "제주 귤 한가득", "market", "gold_balloon", "1:1", 23),
)


def ensure_demo_user() -> User:
    """Return the demo merchant, making the account and its team on first use."""
    user = User.objects.filter(email=DEMO_EMAIL).first()
    if user is None:
        # Nobody can log in to it on a deployment; there it only owns what `make ad` makes.
        user = User.objects.create_user(DEMO_EMAIL, DEMO_PASSWORD if settings.LOCAL else None)
    if not user.teams.exists():
        team = create_team_for(user)
        Team.objects.filter(pk=team.pk).update(name=DEMO_SHOP)
    return user


@transaction.atomic
def ensure_sample_ads(user: User) -> int:
    """Submit the sample ads once; return how many were submitted. They are made like any other."""
    team = user.teams.order_by("pk").first()
    if team is None or Ad.objects.for_team(team).exists():
        return 0
    for sample in SAMPLE_ADS:
        upload = SimpleUploadedFile(sample.photo, (PHOTOS / sample.photo).read_bytes())
        ad = create_ad(
            team=team,
            by=user,
            photo=store_photo(team=team, by=user, upload=upload),
            ad_text=sample.ad_text,
            background_style=sample.background_style,
            text_style=sample.text_style,
            format=sample.format,
            seed=sample.seed,
        )
        submit_job(ad=ad, by=user)
    return len(SAMPLE_ADS)
