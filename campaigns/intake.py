"""The safe photo intake: whatever a browser sends goes in, a clean upright sRGB photo comes out.

Nothing of the upload survives but its pixels: no GPS position, no comment, no trailing bytes. A
JPEG that is upright sRGB already keeps its coded pixels; everything else is encoded anew.
Runs in the web process, so it needs Pillow alone.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO, Final, assert_never

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image
from PIL.ExifTags import Base
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from .jpeg import only_picture
from .photo_colour import DECODER_ERRORS, is_srgb, to_srgb
from .photo_formats import PhotoFormat, declared_size, is_animated, is_truncated, sniff
from .refused import Refused

MESSAGES: Final[dict[str, Promise]] = {
    "empty": _("빈 파일이에요. 사진을 다시 골라 주세요."),
    "too_large": _("사진이 너무 커요. %(limit_mb)sMB 이하의 사진을 올려 주세요."),
    "not_an_image": _("사진 파일이 아니에요. JPG, PNG, WebP, HEIC 사진을 올려 주세요."),
    "unsupported_format": _("이 형식은 쓸 수 없어요. JPG, PNG, WebP, HEIC 사진을 올려 주세요."),
    "animated": _("움직이는 이미지는 쓸 수 없어요. 멈춰 있는 사진을 올려 주세요."),
    "too_many_pixels": _("사진의 화소가 너무 많아요. %(limit_man)s만 화소 이하로 줄여 주세요."),
    "too_small": _("사진이 너무 작아요. 가로와 세로가 %(limit_px)s픽셀 이상이어야 해요."),
    "truncated": _("사진이 끝까지 저장되지 않은 파일이에요. 원본을 다시 올려 주세요."),
    "unreadable": _("사진을 읽을 수 없어요. 파일이 손상된 것 같으니 다른 사진을 올려 주세요."),
}

# An opaque photo that is encoded anew becomes JPEG 97 without chroma subsampling: within one or two
# 8-bit steps of the upload, where lossless WebP or PNG needs more than a second for 12 MP.
JPEG_QUALITY: Final = 97
# Cut-outs that come with alpha are kept exactly. Level 3 is a third of level 6's time, 5 % larger.
PNG_LEVEL: Final = 3
# EXIF 2.32, tag 0x0112: how to turn the stored picture upright.
UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class PhotoLimits:
    """What is accepted: bytes of the upload, pixels of the picture, sides in px.

    A longer side than `max_side` is scaled down to it: twice what the largest format shows.
    """

    max_bytes: int = 10 * 1024 * 1024
    max_pixels: int = 40_000_000
    min_side: int = 64
    max_side: int = 4096


DEFAULT_LIMITS: Final = PhotoLimits()


@dataclass(frozen=True)
class CleanPhoto:
    """A clean photo: sRGB, 8 bits, upright, no metadata.

    `content` is a JPEG, or a PNG when `has_alpha` (some pixel is not opaque). `sha256` is the hex
    digest of `content`. `uploaded_as` is the format that the upload had.
    """

    content: bytes
    suffix: str
    width: int
    height: int
    sha256: str
    has_alpha: bool
    uploaded_as: PhotoFormat


class PhotoRefused(Refused):
    """The upload is not taken. `code` is a key of MESSAGES."""

    messages = MESSAGES


def read_photo(upload: BinaryIO, *, size: int, limits: PhotoLimits = DEFAULT_LIMITS) -> CleanPhoto:
    """Return the upload as a clean photo, or raise PhotoRefused.

    `size` is the declared length in bytes (an UploadedFile's `size`), judged before anything is
    read; what is read is bounded by the same limit.
    """
    content = _read(upload, size, limits)
    kind = _accepted_format(content)
    try:
        image = _opened(content, kind, limits)
        if kept := _kept(content, image, limits):
            return _photo(kept, _checked(image), kind)
        return _encode(_clean(image, limits), kind)
    except DECODER_ERRORS as error:
        raise PhotoRefused(_refusal(error)) from error


def read_picture(
    upload: BinaryIO, *, size: int, limits: PhotoLimits = DEFAULT_LIMITS
) -> Image.Image:
    """Return the upload's clean pixels, RGB or RGBA, without encoding them; raises PhotoRefused."""
    content = _read(upload, size, limits)
    try:
        picture = _clean(_opened(content, _accepted_format(content), limits), limits)
    except DECODER_ERRORS as error:
        raise PhotoRefused(_refusal(error)) from error
    picture.info = {}
    return picture


def _clean(image: Image.Image, limits: PhotoLimits) -> Image.Image:
    return _fit(to_srgb(_upright(image)), limits)


def _kept(content: bytes, image: Image.Image, limits: PhotoLimits) -> bytes | None:
    """Return a JPEG without its metadata where its pixels are to be shown just as they are."""
    as_it_is = isinstance(image, JpegImageFile) and image.mode == "RGB"
    if not as_it_is or max(image.size) > limits.max_side or _orientation(image) in UPRIGHT:
        return None
    profile = image.info.get("icc_profile")
    return only_picture(content) if not profile or is_srgb(profile) else None


def _checked(image: Image.Image) -> tuple[int, int]:
    """Return a JPEG's size after reading all its coded pixels, at an eighth of the work in full."""
    size = image.size
    image.draft("RGB", (size[0] // 8, size[1] // 8))
    image.load()
    return size


def _read(upload: BinaryIO, size: int, limits: PhotoLimits) -> bytes:
    too_large = PhotoRefused("too_large", limit_mb=limits.max_bytes // (1024 * 1024))
    if size > limits.max_bytes:
        raise too_large
    content = upload.read(limits.max_bytes + 1)
    if len(content) > limits.max_bytes:
        raise too_large
    if not content:
        raise PhotoRefused("empty")
    return content


def _accepted_format(content: bytes) -> PhotoFormat:
    kind = sniff(content)
    if kind is None:
        raise PhotoRefused("not_an_image")
    if kind == "sequence":
        raise PhotoRefused("animated")
    if kind == "other_image" or kind == "text":  # noqa: PLR1714 - mypy narrows only this form
        raise PhotoRefused("unsupported_format")
    return kind


def _refusal(error: Exception) -> str:
    """Pillow has no exception of its own for a file that ends too early."""
    cut = isinstance(error, EOFError | struct.error)
    words = str(error).lower()
    return "truncated" if cut or "truncated" in words or "end of file" in words else "unreadable"


def _opened(content: bytes, kind: PhotoFormat, limits: PhotoLimits) -> Image.Image:
    """Open and judge; nothing is decoded yet."""
    if is_animated(content, kind):
        raise PhotoRefused("animated")
    if stated := declared_size(content, kind):
        _judge_size(stated, limits)
    image = _opener(kind)(BytesIO(content))
    _judge_size(image.size, limits)
    if is_truncated(content, kind):
        raise PhotoRefused("truncated")
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Decode and turn as EXIF says; `info` keeps the profile."""
    image.load()
    turn = UPRIGHT.get(_orientation(image))
    return image.transpose(turn) if turn is not None else image


def _opener(kind: PhotoFormat) -> Callable[[BytesIO], Image.Image]:
    """The plugin itself, not Image.open: no other decoder ever meets the bytes, and nothing is
    registered, warned or switched globally. A phone's multi-picture JPEG gives its first picture.
    """
    match kind:
        case "JPEG":
            return JpegImageFile
        case "PNG":
            return PngImageFile
        case "WEBP":
            return WebPImageFile
        case "HEIC":
            from pillow_heif.as_plugin import HeifImageFile

            return HeifImageFile
        case _:
            assert_never(kind)


def _judge_size(size: tuple[int, int], limits: PhotoLimits) -> None:
    if size[0] * size[1] > limits.max_pixels:
        raise PhotoRefused("too_many_pixels", limit_man=limits.max_pixels // 10_000)
    if min(size) < limits.min_side:
        raise PhotoRefused("too_small", limit_px=limits.min_side)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(Base.Orientation, 1))
    except DECODER_ERRORS:  # a broken EXIF block says nothing about the pixels
        return 1


def _fit(image: Image.Image, limits: PhotoLimits) -> Image.Image:
    scale = limits.max_side / max(image.size)
    if scale >= 1:
        return image
    size = (round(image.width * scale), round(image.height * scale))
    _judge_size(size, limits)
    # Pillow premultiplies RGBA while it scales, so transparent colours do not bleed in.
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encode(image: Image.Image, kind: PhotoFormat) -> CleanPhoto:
    image.info = {}  # Pillow would copy comments and profiles from here into the file
    has_alpha = image.mode == "RGBA"
    buffer = BytesIO()
    if has_alpha:
        image.save(buffer, "PNG", compress_level=PNG_LEVEL)
    else:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    return _photo(buffer.getvalue(), image.size, kind, has_alpha=has_alpha)


def _photo(
    content: bytes, size: tuple[int, int], kind: PhotoFormat, *, has_alpha: bool = False
) -> CleanPhoto:
    return CleanPhoto(
        content=content,
        suffix=".png" if has_alpha else ".jpg",
        width=size[0],
        height=size[1],
        sha256=sha256(content).hexdigest(),
        has_alpha=has_alpha,
        uploaded_as=kind,
    )
