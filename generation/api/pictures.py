"""Pictures in and out: base64 and files on the way in, PNG files and base64 on the way out."""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile

from accounts.models import Team, User
from campaigns.intake import PhotoRefused, read_picture
from campaigns.models import ProductPhoto
from campaigns.services import store_photo

from .problems import Refused


def decoded(text: str, *, field: str) -> bytes:
    """Return the bytes of base64, with or without a `data:` prefix. Raises Refused."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if len(text) * 3 // 4 > settings.MAX_PHOTO_BYTES + 4:
        raise Refused(413, "too_large", field=field)
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(422, "bad_base64", field=field) from error
    if not content:
        raise Refused(422, "bad_base64", field=field)
    return content


def uploaded(file: UploadedFile[bytes]) -> bytes:
    """Return a file's bytes, as far as a photo may be long: the intake judges the rest."""
    return bytes(file.read(settings.MAX_PHOTO_BYTES + 1))


def kept_photo(content: bytes, *, field: str, team: Team, by: User) -> ProductPhoto:
    """Take a photo in through the safe intake. Raises PhotoRefused with the field named."""
    with field_named(field):
        return store_photo(team=team, by=by, upload=SimpleUploadedFile(field, content))


@contextmanager
def field_named(field: str) -> Iterator[None]:
    """Say which field's picture was refused."""
    from .problems import refusal_of

    try:
        yield
    except PhotoRefused as error:
        refused = refusal_of(error)
        assert refused is not None  # noqa: S101 - for the type checker
        refused.field = field
        raise refused from error


def kept_stage(content: bytes, *, field: str, folder: Path) -> Path:
    """Write a stage's picture as a clean PNG into `folder` and return its path."""
    with field_named(field):
        picture = read_picture(BytesIO(content), size=len(content))
    path = folder / f"{field}.png"
    picture.save(path, "PNG", compress_level=3)
    return path


def stage_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is gone when the request is."""
    return tempfile.TemporaryDirectory(prefix="nanococoa-")


def as_base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
