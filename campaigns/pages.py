"""Pages of the gallery, continued by key: new ads on top shift nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from accounts.models import User

from .models import Ad

# Fills a phone's screen twice and a desktop's once.
PAGE_SIZE: Final = 12


@dataclass(frozen=True)
class GalleryPage:
    """Some ads, and the `after` of the next page, empty on the last one."""

    ads: list[Ad]
    next_after: str


def gallery_page(user: User, *, after: str = "") -> GalleryPage:
    """Return the ads below `after` (an ad's number), newest first; an odd `after` starts anew."""
    rows = Ad.objects.visible_to(user).listed().newest_first().with_last_job()
    key = Ad.objects.visible_to(user).filter(pk=after).first() if after.isdecimal() else None
    if key is not None:
        same_time = Q(created_at=key.created_at, pk__lt=key.pk)
        rows = rows.filter(Q(created_at__lt=key.created_at) | same_time)
    ads = list(rows[: PAGE_SIZE + 1])
    more = len(ads) > PAGE_SIZE
    ads = ads[:PAGE_SIZE]
    return GalleryPage(ads=ads, next_after=str(ads[-1].pk) if more else "")
