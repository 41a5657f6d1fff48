"""From a merchant's wish to a job: the ad and its job are made together or not at all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Team, User
from campaigns.formats import siblings_by_format
from campaigns.models import Ad, ProductPhoto
from campaigns.services import copy_ad, create_ad, new_seed

from .models import Job
from .pipeline.together import WORTH
from .services import submit_job


@transaction.atomic
def make_ad(
    *, team: Team, by: User, idempotency_key: str, engine: str | None = None, **wishes: Any
) -> Job:
    """Make an ad and put its job in the queue; the same key again returns the same job.

    `engine` is one of those offered, None for the default. Raises CopyRefused, UnknownChoice and
    QuotaExceeded; nothing is stored then.
    """
    known = Job.objects.for_team(team).filter(idempotency_key=idempotency_key).first()
    if known is not None:
        return known
    ad = create_ad(team=team, by=by, **wishes)
    job = _submit(ad, by, idempotency_key=idempotency_key, engine=engine)
    if job.ad_id != ad.pk:  # the same click came in twice at the same moment
        ad.delete()
    return job


@transaction.atomic
def make_with_new_words(*, ad: Ad, by: User, ad_text: str) -> Job:
    """Make the same scene again with other words; the scene itself is not rendered again."""
    new = copy_ad(ad=ad, by=by, ad_text=ad_text)
    return _submit(new, by, engine=_made_with(ad), together=_made_together(ad))


@transaction.atomic
def make_with_own_words(*, ad: Ad, by: User, background_words: str, text_words: str) -> Job:
    """Make the same ad with other descriptions of its background and lettering."""
    words = {"background_words": background_words, "text_words": text_words}
    return _submit(copy_ad(ad=ad, by=by, **words), by, engine=_made_with(ad))


@transaction.atomic
def make_again(*, ad: Ad, by: User) -> Job:
    """Make another take of the same wishes: a new seed arranges the scene anew."""
    return _submit(copy_ad(ad=ad, by=by, seed=new_seed()), by, engine=_made_with(ad))


@transaction.atomic
def make_with_new_photo(*, ad: Ad, by: User, photo: ProductPhoto) -> Job:
    """Make the same ad with another cut-out of its product."""
    return _submit(copy_ad(ad=ad, by=by, photo=photo), by, engine=_made_with(ad))


@transaction.atomic
def make_other_formats(*, ad: Ad, by: User, formats: Collection[str]) -> list[Job]:
    """Make the same ad in other formats, each an ad of its own in the same variant group.

    Formats there are already, finished or on their way, are passed over: asking twice makes
    nothing twice. All or none are made. Many formats share the photograph of their set, and some a
    whole picture. Raises UnknownChoice and QuotaExceeded.
    """
    made = siblings_by_format(ad)
    missing = [key for key in dict.fromkeys(formats) if key not in made]
    engine, together = _made_with(ad), len(missing) >= WORTH
    return [
        _submit(copy_ad(ad=ad, by=by, format=key), by, engine=engine, together=together)
        for key in missing
    ]


def _made_with(ad: Ad) -> str | None:
    """Return the engine that made the ad last, as far as it is still offered: its scene is kept."""
    engine = ad.jobs.order_by("-created_at").values_list("engine", flat=True).first()
    return engine if engine in settings.ENGINES_OFFERED else None


def _made_together(ad: Ad) -> bool:
    """Return whether the ad was made with other formats: its scene is kept as it was made then."""
    asked = ad.jobs.order_by("-created_at").values_list("parameters", flat=True).first()
    return bool(asked and asked.get("together"))


def _submit(
    ad: Ad,
    by: User,
    *,
    engine: str | None,
    idempotency_key: str | None = None,
    together: bool = False,
) -> Job:
    return submit_job(
        ad=ad,
        by=by,
        idempotency_key=idempotency_key,
        test_mode=settings.FORCE_TEST_MODE,
        engine=engine,
        settings={"together": together},
    )
