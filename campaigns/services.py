"""What happens to photos and ads: the only writers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import Team, User
from generation.pipeline import catalog
from generation.pipeline.glyphs.faces import face

from .ad_text import clean_ad_text, clean_subtext
from .grouping import campaign_for
from .intake import read_photo
from .models import Ad, Campaign, ProductPhoto
from .pictures import THUMBNAIL_SIDE, small_webp

# Seeds fit the column and every random generator the engines use (31 bits, never negative).
SEED_LIMIT = 2**31
# The form sends the photo ahead; a merchant who has not made an ad of it by now has gone.
UNUSED_PHOTO_AGE = timedelta(days=1)
# What a copy of an ad takes over unless it is told otherwise.
COPIED_FIELDS = (
    *("campaign", "photo", "ad_text", "background_style", "text_style", "text_position"),
    *("composition_mode", "format", "font", "palette", "subtext"),
    *("background_words", "text_words", "seed", "variant_group"),
)


def store_photo(*, team: Team, by: User, upload: UploadedFile[bytes]) -> ProductPhoto:
    """Take an upload in: cleaned, under a random name. The same photo again is the same row.

    Raises PhotoRefused; nothing is stored then.
    """
    clean = read_photo(upload.file, size=upload.size or 0)  # type: ignore[arg-type]
    known = ProductPhoto.objects.for_team(team).filter(sha256=clean.sha256).first()
    if known is not None:
        return known
    return ProductPhoto.objects.create(
        team=team,
        created_by=by,
        image=ContentFile(clean.content, name=f"photo{clean.suffix}"),
        sha256=clean.sha256,
        width=clean.width,
        height=clean.height,
        original_name=_shown_name(upload.name or ""),
    )


def store_cut_out(*, photo: ProductPhoto, by: User, content: bytes) -> ProductPhoto:
    """Keep a cut-out of the photo, an RGBA PNG of its size; the same one again is the same row."""
    digest = sha256(content).hexdigest()
    known = photo.cut_outs.filter(sha256=digest).first()
    return known or ProductPhoto.objects.create(
        team=photo.team,
        created_by=by,
        image=ContentFile(content, name="cut_out.png"),
        sha256=digest,
        width=photo.width,
        height=photo.height,
        original_name=photo.original_name,
        cut_from=photo,
    )


def prune_photos() -> int:
    """Remove photos that were sent ahead a day ago or more and became no ad; return how many."""
    sent_before = timezone.now() - UNUSED_PHOTO_AGE
    removed = 0
    unused = ProductPhoto.objects.filter(ads__isnull=True, cut_outs__isnull=True)
    for photo in unused.filter(created_at__lt=sent_before):
        try:
            photo.delete()
        except ProtectedError:  # an ad took it meanwhile
            continue
        photo.image.delete(save=False)
        removed += 1
    return removed


def _shown_name(name: str) -> str:
    """The merchant's file name, for the admin to read; never a path."""
    printable = "".join(character for character in name if character.isprintable())
    return printable.replace("\\", "/").rpartition("/")[2][:200]


@transaction.atomic
def create_ad(
    *,
    team: Team,
    by: User,
    photo: ProductPhoto | None,
    ad_text: str,
    background_style: str,
    text_style: str,
    text_position: str = Ad.TextPosition.AUTO,
    composition_mode: str = Ad.CompositionMode.OVERLAY,
    format: str = "1:1",  # noqa: A002 - the catalogue's and the API's word
    font: str = "",
    palette: str = "auto",
    subtext: str = "",
    background_words: str = "",
    text_words: str = "",
    seed: int | None = None,
    campaign: Campaign | str | None = None,
) -> Ad:
    """Write down what is to be made; raises CopyRefused for the words, UnknownChoice for a key."""
    catalog.background_style(background_style)
    catalog.text_style(text_style)
    chosen = {"format": format, "palette": palette, "font": font}
    _check_choices(chosen)
    return Ad.objects.create(
        team=team,
        created_by=by,
        campaign=campaign_for(team, campaign),
        photo=photo,
        ad_text=clean_ad_text(ad_text),
        background_style=background_style,
        text_style=text_style,
        text_position=text_position,
        composition_mode=composition_mode,
        **chosen,
        subtext=clean_subtext(subtext, ad_text=ad_text),
        background_words=background_words.strip(),
        text_words=text_words.strip(),
        seed=secrets.randbelow(SEED_LIMIT) if seed is None else seed,
    )


def _check_choices(wishes: Mapping[str, Any]) -> None:
    """Raise UnknownChoice for a format, palette or font that is not offered."""
    if "format" in wishes:
        catalog.frame_format(wishes["format"])
    if "palette" in wishes:
        catalog.palette(wishes["palette"])
    if wishes.get("font"):
        face(wishes["font"])


def copy_ad(*, ad: Ad, by: User, **changes: Any) -> Ad:
    """Make another ad like this one, apart from `changes`, in the same variant group.

    With the same seed the scene is the same too, so only what changed is rendered again.
    Raises CopyRefused when the new words cannot be written, UnknownChoice for a change to what
    is not offered.
    """
    _check_choices(changes)
    fields = {name: getattr(ad, name) for name in COPIED_FIELDS} | changes
    fields["ad_text"] = clean_ad_text(fields["ad_text"])
    fields["subtext"] = clean_subtext(fields["subtext"], ad_text=fields["ad_text"])
    return Ad.objects.create(team=ad.team, created_by=by, **fields)


def new_seed() -> int:
    """Return a seed that gives another take of the same wishes."""
    return secrets.randbelow(SEED_LIMIT)


def publish_result(*, ad: Ad, image_path: Path) -> None:
    """Keep a finished picture as the ad's own, with a thumbnail. An older picture is removed."""
    replaced = [file.name for file in (ad.image, ad.thumbnail) if file]
    thumbnail = ContentFile(small_webp(image_path, THUMBNAIL_SIDE))
    with image_path.open("rb") as image:
        ad.image.save("result.png", File(image), save=False)
    ad.thumbnail.save("thumbnail.webp", thumbnail, save=False)
    ad.save(update_fields=["image", "thumbnail"])
    storage = ad.image.storage
    for name in replaced:
        transaction.on_commit(lambda name=name: storage.delete(name))  # type: ignore[misc]


def bin_ad(*, ad: Ad) -> None:
    """Take the ad out of the gallery; `restore_ad` brings it back."""
    ad.deleted_at = timezone.now()
    ad.save(update_fields=["deleted_at"])


def restore_ad(*, ad: Ad) -> None:
    ad.deleted_at = None
    ad.save(update_fields=["deleted_at"])
