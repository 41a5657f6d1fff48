"""Small pictures of large ones, for lists and form previews."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

# Wide enough for two columns on a phone at three device pixels to one.
THUMBNAIL_SIDE: Final = 480
# What the form shows: a phone's full width at two device pixels to one.
PREVIEW_SIDE: Final = 800
# WebP quality (0-100) at which a gradient shows no bands, and its effort (0-6): 4 is Pillow's own.
WEBP_QUALITY: Final = 82
WEBP_EFFORT: Final = 3


def small_webp(path: Path, side: int) -> bytes:
    """Return the picture as a WebP whose longer side is at most `side` pixels; alpha survives."""
    with Image.open(path) as image:
        image.draft("RGB", (side, side))  # lets the JPEG decoder skip most of its work
        image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        buffer = BytesIO()
        image.save(buffer, "WEBP", quality=WEBP_QUALITY, method=WEBP_EFFORT)
    return buffer.getvalue()
