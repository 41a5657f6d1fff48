"""One ad in many formats: which there are, and which can still be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generation.pipeline import catalog

from .choices import Tile, format_tiles
from .models import Ad

# Statuses of a last job after which the same format may be asked for again. By name: jobs know
# ads, not the other way round.
ENDED: Final = ("failed", "stopped")


@dataclass(frozen=True)
class FormatOffer:
    """The ads with the same wishes, in the catalogue's order, and the formats still to make."""

    made: list[Ad]
    missing: list[Tile]


def siblings_by_format(ad: Ad) -> dict[str, Ad]:
    """Return the newest ad with the same wishes in each format, this one among them.

    One whose last job failed or was stopped does not count: it may be asked for again. They are
    annotated as `with_last_job` says.
    """
    rows = Ad.objects.alike(ad).listed().with_last_job().order_by("pk")
    running = {row.format: row for row in rows if row.job_status not in ENDED}  # type: ignore[attr-defined]
    return running | {row.format: row for row in rows if row.pk == ad.pk}


def format_offer(ad: Ad) -> FormatOffer:
    """Return what the pages of an ad show of its formats."""
    made = siblings_by_format(ad)
    order = [frame.key for frame in catalog.FORMATS]
    return FormatOffer(
        made=[made[key] for key in order if key in made],
        missing=[tile for tile in format_tiles() if tile.key not in made],
    )
