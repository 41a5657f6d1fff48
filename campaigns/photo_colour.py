"""A photo's colour: whatever profile, depth and mode it came in, 8-bit sRGB goes out."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageCms

# What broken files make Pillow, its decoders and zlib raise.
DECODER_ERRORS: Final = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, RuntimeError),
    *(struct.error, zlib.error, OverflowError, Image.DecompressionBombError),
)


def to_srgb(image: Image.Image) -> Image.Image:
    """Return RGB, or RGBA when some pixel is not opaque; 8 bits, sRGB."""
    profile = image.info.get("icc_profile")
    image = _to_eight_bits(image)
    alpha = _alpha(image)
    if image.mode in ("1", "LA", "La"):
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    colour = _apply_profile(image, profile) if profile else image.convert("RGB")
    if alpha is not None:
        colour.putalpha(alpha)
    return colour


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Pillow clips 16-bit grey when it converts (everything above 255 turns white): scale it."""
    if image.mode in ("I;16", "I;16L", "I;16B", "I"):
        image.info.pop("transparency", None)  # a single 16-bit grey, meaningless after scaling
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    return image


def _alpha(image: Image.Image) -> Image.Image | None:
    if not image.has_transparency_data:
        return None
    alpha = image.convert("RGBA").getchannel("A")
    lowest, _highest = alpha.getextrema()
    return alpha if lowest < 255 else None  # type: ignore[operator]  # one band: two numbers


@cache
def _srgb_profile() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def is_srgb(profile: bytes) -> bool:
    """Tell whether a profile is sRGB by its name; one that cannot be read is taken for it."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.getProfileDescription(source).strip().lower().startswith("srgb")
    except (ImageCms.PyCMSError, *DECODER_ERRORS):
        return True


def _apply_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert L, RGB or CMYK through its ICC profile; a broken or alien one is ignored."""
    try:
        if is_srgb(profile):
            return image.convert("RGB")
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image,
            source,
            _srgb_profile(),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, *DECODER_ERRORS):
        return image.convert("RGB")
    return converted or image.convert("RGB")
