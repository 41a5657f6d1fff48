"""How stored pictures are answered: privately, with an ETag, for ever where the address says so."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

# Characters that some system does not take in a file name.
UNSAFE_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
# A stored file never changes; only an address that names its version may be kept without asking.
FOR_EVER: Final = "private, max-age=31536000, immutable"
ASK_AGAIN: Final = "private, no-cache"


def version_of(name: str) -> str:
    """Return a short version for addresses (`?v=`), different for every stored file."""
    return sha256(name.encode()).hexdigest()[:16]


def file_name_of(words: str, frame: tuple[int, int]) -> str:
    """Return a file name to find again, such as `건어물-대박-세일_1080x1080.png`."""
    safe = UNSAFE_IN_NAMES.sub(" ", words).strip(" .")
    name = "-".join(safe.split()) or _("광고")
    width, height = frame
    return f"{name}_{width}x{height}.png"


def picture_response(
    request: HttpRequest, content: bytes, *, kind: str, version: str, download_as: str = ""
) -> HttpResponse:
    """Answer a picture's bytes, or 304 when the browser has this version already."""
    asked_for = request.GET.get("v") == version
    response = HttpResponse(content, content_type=kind)
    response["Cache-Control"] = FOR_EVER if asked_for and not download_as else ASK_AGAIN
    response["ETag"] = f'"{version}"'
    response["X-Content-Type-Options"] = "nosniff"
    if download_as:
        response["Content-Disposition"] = content_disposition_header(True, download_as) or ""
    answer = get_conditional_response(request, etag=response["ETag"], response=response)
    return HttpResponse(status=404) if answer is None else answer


def file_response(
    request: HttpRequest,
    file: FieldFile,
    *,
    kind: str,
    version: str = "",
    download_as: str = "",
) -> HttpResponse:
    """Answer a stored file; a row without one, or whose file is gone, is a 404.

    `version` is what its address carries, `version_of` the file's name unless told otherwise.
    """
    if not file:
        raise Http404
    try:
        with file.open("rb") as stored:
            content = stored.read()
    except FileNotFoundError as gone:
        raise Http404 from gone
    version = version or version_of(str(file.name))
    return picture_response(request, content, kind=kind, version=version, download_as=download_as)
