"""Pages of the gallery: searched, narrowed, and continued by key, so that new ads shift nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from .models import Ad, AdQuerySet, Campaign

# Fills a phone's screen twice and a desktop's once.
PAGE_SIZE: Final = 12
# More words than a copy and its small line can hold find nothing anyway.
LONGEST_SEARCH: Final = 80


class Shown(models.TextChoices):
    """Which of the ads a gallery shows; the keys stand in its address."""

    ALL = "", _("모두")
    MADE = "made", _("완성")
    UNMADE = "unmade", _("미완성")
    BINNED = "binned", _("버린 광고")


# An ad in many formats is one tile; what is not there yet and what was thrown away stands alone.
GROUPED: Final = (Shown.ALL, Shown.MADE)


@dataclass(frozen=True)
class GalleryPage:
    """Some ads, and the `after` of the next page, empty on the last one."""

    ads: list[Ad]
    next_after: str
    shown: Shown = Shown.ALL
    words: str = ""
    campaign: Campaign | None = None

    @property
    def query(self) -> str:
        """What the next page's address says besides `after`."""
        return self._query(shown=self.shown.value, q=self.words)

    @property
    def kinds(self) -> list[tuple[str, str, str]]:
        """Key, name and address of each kind, within what is looked for."""
        return [(k, str(n), self._query(shown=k, q=self.words)) for k, n in Shown.choices]

    @property
    def everywhere(self) -> str:
        """What the address of the same search in all campaigns says; each adds its own."""
        return self._query(shown=self.shown.value, q=self.words, campaign="")

    def _query(self, **told: str) -> str:
        told.setdefault("campaign", str(self.campaign.pk) if self.campaign else "")
        return urlencode({name: value for name, value in told.items() if value})

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query)


def gallery_page(
    user: User,
    *,
    after: str = "",
    shown: str = "",
    words: str = "",
    campaign: Campaign | None = None,
) -> GalleryPage:
    """Return the ads below `after` (an ad's number), newest first; an odd `after` starts anew.

    `words` are looked for in the copy and the small line; an odd `shown` shows all.
    """
    which = Shown(shown) if shown in Shown.values else Shown.ALL
    words = " ".join(words.split())[:LONGEST_SEARCH]
    own = Ad.objects.visible_to(user)
    among = _among(own.filter(campaign=campaign) if campaign else own, which)
    if which in GROUPED:
        among = among.first_of_each()
    rows = _with_words(among, words).newest_first().with_last_job()
    if which in GROUPED:
        rows = rows.with_sizes()
    key = Ad.objects.visible_to(user).filter(pk=after).first() if after.isdecimal() else None
    if key is not None:
        same_time = Q(created_at=key.created_at, pk__lt=key.pk)
        rows = rows.filter(Q(created_at__lt=key.created_at) | same_time)
    ads = list(rows[: PAGE_SIZE + 1])
    more = len(ads) > PAGE_SIZE
    ads = ads[:PAGE_SIZE]
    next_after = str(ads[-1].pk) if more else ""
    return GalleryPage(ads=ads, next_after=next_after, shown=which, words=words, campaign=campaign)


def _among(rows: AdQuerySet, shown: Shown) -> AdQuerySet:
    if shown is Shown.BINNED:
        return rows.filter(deleted_at__isnull=False)
    if shown is Shown.MADE:
        return rows.listed().exclude(image="")
    if shown is Shown.UNMADE:
        return rows.listed().filter(image="")
    return rows.listed()


def _with_words(rows: AdQuerySet, words: str) -> AdQuerySet:
    """Narrow to ads that have every word somewhere in their copy."""
    for word in words.split():
        rows = rows.filter(Q(ad_text__icontains=word) | Q(subtext__icontains=word))
    return rows
