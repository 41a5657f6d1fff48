"""The safe photo intake: bad files are refused with a reason, good ones come out clean."""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageDraw, ImageFile, ImageFilter

from campaigns.intake import (
    DEFAULT_LIMITS,
    CleanPhoto,
    PhotoLimits,
    PhotoRefused,
    read_photo,
)

pillow_heif.register_heif_opener()  # the tests write HEIC; the intake reads it without this

GPS_IFD = 0x8825
ORIENTATION = 0x0112


def take(content: bytes, **limits: int) -> CleanPhoto:
    return read_photo(BytesIO(content), size=len(content), limits=PhotoLimits(**limits))


def refusal(content: bytes) -> str:
    with pytest.raises(PhotoRefused) as refused:
        take(content)
    assert refused.value.message  # a sentence exists and its words are filled in
    assert "%(" not in refused.value.message
    return refused.value.code


def opened(photo: CleanPhoto) -> Image.Image:
    image = Image.open(BytesIO(photo.content))
    image.load()
    return image


def scene(size: tuple[int, int] = (160, 120), mode: str = "RGB") -> Image.Image:
    """Red left half, green right half, a blue top-left corner to tell which way is up."""
    image = Image.new("RGB", size, (200, 30, 30))
    draw = ImageDraw.Draw(image)
    draw.rectangle((size[0] // 2, 0, *size), fill=(30, 180, 40))
    draw.rectangle((0, 0, size[0] // 8, size[1] // 8), fill=(20, 30, 220))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


def close(pixel: Any, wanted: tuple[int, ...], tolerance: int = 6) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, wanted, strict=True))


# Refusals


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == "empty"


def test_one_byte_over_ten_megabytes_is_refused_before_reading() -> None:
    class Unreadable(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("read although the size was over the limit")

    with pytest.raises(PhotoRefused) as refused:
        read_photo(Unreadable(), size=DEFAULT_LIMITS.max_bytes + 1)
    assert refused.value.code == "too_large"
    assert "10" in refused.value.message


def test_a_file_longer_than_it_declares_is_refused() -> None:
    upload = BytesIO(b"\xff" * (DEFAULT_LIMITS.max_bytes + 1))
    with pytest.raises(PhotoRefused) as refused:
        read_photo(upload, size=10)
    assert refused.value.code == "too_large"


def test_a_photo_of_exactly_ten_megabytes_is_taken() -> None:
    content = encoded(scene(), "JPEG")
    content += b"\0" * (DEFAULT_LIMITS.max_bytes - len(content))
    assert take(content).width == 160


@pytest.mark.parametrize(
    "content",
    [
        "건어물 대박 세일".encode(),
        "건어물 대박 세일 ".encode() * 200,
        b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script/></svg>',
        encoded(scene(), "GIF"),
        encoded(scene(), "GIF", save_all=True, append_images=[scene((160, 120), "L")]),
        encoded(scene(), "BMP"),
        encoded(scene(), "TIFF"),
        encoded(scene(), "AVIF"),
    ],
    ids=["text", "long text", "svg", "gif", "moving gif", "bmp", "tiff", "avif"],
)
def test_other_kinds_of_file_are_refused_by_content(content: bytes) -> None:
    assert refusal(content) == "unsupported_format"


def test_bytes_that_are_no_picture_are_refused() -> None:
    assert refusal(bytes(range(256)) * 8) == "not_an_image"


def test_an_animated_png_is_refused() -> None:
    frames = [scene((160, 120), "L").convert("RGB")]
    assert refusal(encoded(scene(), "PNG", save_all=True, append_images=frames)) == "animated"


def test_an_animated_webp_is_refused() -> None:
    frames = [scene((160, 120), "L").convert("RGB")]
    assert refusal(encoded(scene(), "WEBP", save_all=True, append_images=frames)) == "animated"


def test_a_heif_sequence_is_refused() -> None:
    content = bytearray(encoded(scene(), "HEIF"))
    content[8:12] = b"msf1"
    assert refusal(bytes(content)) == "animated"


def test_a_pixel_bomb_is_refused_before_it_is_decoded() -> None:
    side = 12_000
    rows = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    packed = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    content = b"\x89PNG\r\n\x1a\n" + body
    assert len(content) < 40_000
    assert refusal(content) == "too_many_pixels"


def test_a_webp_canvas_over_the_limit_is_refused_from_its_header() -> None:
    content = bytearray(encoded(scene((160, 120), "RGBA"), "WEBP", exact=True, lossless=True))
    bits = struct.unpack_from("<I", content, 21)[0] | 0x3FFF | (0x3FFF << 14)
    struct.pack_into("<I", content, 21, bits)
    assert refusal(bytes(content)) == "too_many_pixels"


@pytest.mark.parametrize("size", [(1, 1), (63, 500), (500, 63)])
def test_a_tiny_photo_is_refused(size: tuple[int, int]) -> None:
    assert refusal(encoded(scene(size), "PNG")) == "too_small"


def test_a_sliver_that_would_shrink_to_nothing_is_refused() -> None:
    assert refusal(encoded(Image.new("RGB", (20_000, 100)), "PNG")) == "too_small"


def noisy(size: tuple[int, int] = (320, 240)) -> Image.Image:
    return Image.effect_noise(size, 80).convert("RGB")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_photo_cut_short_is_refused(kind: str, kept: float) -> None:
    content = encoded(noisy(), kind)
    assert refusal(content[: int(len(content) * kept)]) in {"truncated", "unreadable"}


def test_a_jpeg_cut_short_is_called_truncated() -> None:
    content = encoded(noisy(), "JPEG")
    assert refusal(content[: len(content) // 2]) == "truncated"


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_with_missing_rows_is_refused_though_pillow_opens_it(interlaced: bool) -> None:
    whole = png(200, 100, b"".join(b"\0" + b"\x80" * 600 for _ in range(100)))
    cut = png(200, 100, b"".join(b"\0" + b"\x80" * 600 for _ in range(99)))
    if interlaced:
        header = struct.pack(">IIBBBBB", 200, 100, 8, 2, 0, 0, 1)
        cut = cut[:8] + png_chunk(b"IHDR", header) + cut[8 + 25 :]
        assert refusal(cut) == "truncated"
        return
    assert take(whole).height == 100
    assert Image.open(BytesIO(cut)).convert("RGB").size == (200, 100)
    assert refusal(cut) == "truncated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_header_alone_is_refused(kind: str) -> None:
    for length in (16, 24, 33):
        assert refusal(encoded(scene(), kind)[:length]) in {"truncated", "unreadable"}


def test_scrambled_photos_never_raise_anything_but_a_refusal() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        content = encoded(noisy((96, 80)), kind)
        for step in range(40):
            broken = bytearray(content)
            at = 12 + step * 37 % (len(content) - 13)
            broken[at : at + 4] = bytes((step * 7 + i * 91) % 256 for i in range(4))
            with suppress(PhotoRefused):
                take(bytes(broken))


# What comes out


@pytest.mark.parametrize(("kind", "named"), [("JPEG", "JPEG"), ("PNG", "PNG"), ("WEBP", "WEBP")])
def test_common_formats_are_taken(kind: str, named: str) -> None:
    photo = take(encoded(scene(), kind))
    assert (photo.width, photo.height, photo.uploaded_as) == (160, 120, named)
    assert photo.suffix == ".jpg"
    assert not photo.has_alpha
    assert close(opened(photo).getpixel((150, 60)), (30, 180, 40), 12)


@pytest.mark.parametrize("bits", [8, 10])
def test_a_phones_heic_is_taken(bits: int) -> None:
    buffer = BytesIO()
    if bits == 8:
        pillow_heif.from_pillow(scene()).save(buffer, quality=95)
    else:
        grey = struct.pack("<H", 512 << 6) * (160 * 120 * 3)
        pillow_heif.from_bytes("RGB;16", (160, 120), grey).save(buffer, quality=95)
    photo = take(buffer.getvalue())
    assert (photo.uploaded_as, photo.width) == ("HEIC", 160)
    wanted = (30, 180, 40) if bits == 8 else (128, 128, 128)
    assert close(opened(photo).getpixel((140, 60)), wanted, 8)


def test_a_multi_picture_jpeg_gives_its_first_picture() -> None:
    other = Image.new("RGB", (160, 120), (1, 2, 3))
    photo = take(encoded(scene(), "MPO", save_all=True, append_images=[other]))
    assert close(opened(photo).getpixel((150, 60)), (30, 180, 40), 8)


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = take(encoded(scene().transpose(undo[orientation]), kind, exif=exif))
    image = opened(photo)
    assert image.size == (160, 120)
    assert close(image.getpixel((5, 5)), (20, 30, 220), 12)
    assert image.getexif().get(ORIENTATION) is None


def test_a_broken_exif_block_does_not_cost_the_photo() -> None:
    assert take(encoded(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")).width == 160


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_position_comments_and_trailing_bytes_are_gone(kind: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS_IFD)[1] = "N"
    exif.get_ifd(GPS_IFD)[2] = (37.0, 33.0, 59.0)
    exif[0x010F] = "SECRET-MAKER"
    options = {"comment": b"SECRET-COMMENT"} if kind == "JPEG" else {}
    sent = encoded(scene(), kind, exif=exif, **options)
    assert b"SECRET-MAKER" in sent
    photo = take(sent + b"SECRET-TAIL<?php ?>")
    assert b"SECRET" not in photo.content
    assert not opened(photo).getexif().get_ifd(GPS_IFD)
    assert not {"comment", "exif", "xmp", "icc_profile"} & set(opened(photo).info)


def test_a_wide_gamut_photo_is_converted_to_srgb() -> None:
    profile = display_p3()
    image = Image.new("RGB", (80, 80), (200, 100, 50))
    photo = take(encoded(image, "JPEG", quality=100, icc_profile=profile))
    red, green, blue = opened(photo).getpixel((40, 40))
    # Display P3 (200, 100, 50) is (215, 93, 31) in sRGB (CSS Color 4 matrices).
    assert close((red, green, blue), (215, 93, 31), 3)


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def display_p3() -> bytes:
    """sRGB's profile with Display P3's primaries (ICC registry, D50-adapted) put in."""
    profile = bytearray(srgb())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
        b"desc": None,
    }
    count = struct.unpack_from(">I", profile, 128)[0]
    for index in range(count):
        name, offset, size = struct.unpack_from(">4sII", profile, 132 + index * 12)
        if xyz := primaries.get(name):
            struct.pack_into(">3i", profile, offset + 8, *(round(v * 65536) for v in xyz))
        elif name == b"desc":
            text = profile[offset : offset + size]
            profile[offset : offset + size] = text.replace(b"\0s\0R\0G\0B", b"\0D\0i\0s\0p")
    return bytes(profile)


def test_a_broken_profile_does_not_cost_the_photo() -> None:
    photo = take(encoded(scene(), "JPEG", icc_profile=b"not a profile" * 20))
    assert close(opened(photo).getpixel((150, 60)), (30, 180, 40), 8)


def test_a_cmyk_jpeg_becomes_rgb() -> None:
    image = Image.new("CMYK", (80, 80), (0, 255, 255, 0))
    photo = take(encoded(image, "JPEG", quality=95))
    assert opened(photo).mode == "RGB"
    red, green, blue = opened(photo).getpixel((40, 40))
    assert red > 200
    assert max(green, blue) < 60


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    rows = b"".join(b"\0" + struct.pack(">80H", *(x * 800 for x in range(80))) for _ in range(80))
    image = opened(take(png(80, 80, rows, depth=16, colour=0)))
    for x in (0, 20, 40, 79):
        assert close(image.getpixel((x, 40)), (round(x * 800 / 257),) * 3, 3)


def test_sixteen_bit_colour_is_scaled_not_clipped() -> None:
    pixel = struct.pack(">3H", 50_000, 20_000, 5_000)
    image = opened(take(png(80, 80, (b"\0" + pixel * 80) * 80, depth=16)))
    assert close(image.getpixel((40, 40)), (195, 78, 19), 3)


def test_a_palette_with_a_transparent_entry_keeps_its_alpha() -> None:
    image = Image.new("P", (80, 80), 0)
    image.putpalette([0, 0, 0, 250, 128, 10])
    ImageDraw.Draw(image).rectangle((20, 20, 60, 60), fill=1)
    photo = take(encoded(image, "PNG", transparency=0))
    assert (photo.has_alpha, photo.suffix) == (True, ".png")
    assert opened(photo).getpixel((40, 40)) == (250, 128, 10, 255)
    assert opened(photo).getpixel((2, 2))[3] == 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_alpha_is_kept_exactly(kind: str) -> None:
    image = scene((160, 120), "RGBA")
    image.putalpha(Image.linear_gradient("L").resize((160, 120)))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    photo = take(encoded(image, kind, **options))
    assert photo.has_alpha
    assert opened(photo).tobytes() == image.tobytes()


def test_an_alpha_channel_that_hides_nothing_is_dropped() -> None:
    photo = take(encoded(scene((160, 120), "RGBA"), "PNG"))
    assert not photo.has_alpha
    assert opened(photo).mode == "RGB"


def test_grey_with_alpha_keeps_both() -> None:
    image = Image.merge(
        "LA", (Image.new("L", (80, 80), 90), Image.linear_gradient("L").resize((80, 80)))
    )
    photo = take(encoded(image, "PNG"))
    assert photo.has_alpha
    assert opened(photo).getpixel((10, 70))[:3] == (90, 90, 90)


def test_a_huge_photo_is_scaled_to_4096() -> None:
    photo = take(encoded(Image.new("RGB", (6000, 3000), (90, 120, 30)), "JPEG"))
    assert (photo.width, photo.height) == (4096, 2048)


def test_scaling_does_not_bleed_the_colour_of_transparent_pixels() -> None:
    image = Image.new("RGBA", (400, 400), (255, 0, 255, 0))
    ImageDraw.Draw(image).rectangle((100, 100, 300, 300), fill=(10, 200, 10, 255))
    small = opened(take(encoded(image, "PNG"), max_side=130))
    for red, _green, _blue, alpha in small.get_flattened_data():
        assert alpha < 8 or red < 40


def test_pixels_stay_within_two_steps_of_the_upload() -> None:
    image = noisy().filter(ImageFilter.GaussianBlur(1))
    photo = opened(take(encoded(image, "PNG")))
    sent, kept = image.tobytes(), photo.tobytes()
    assert sum(abs(a - b) for a, b in zip(sent, kept, strict=True)) / len(sent) < 1.0


@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"subsampling": "4:4:4"}, {"restart_marker_blocks": 3}],
    ids=str,
)
def test_an_upright_srgb_jpeg_keeps_every_pixel(options: dict[str, object]) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-MAKER"
    sent = encoded(noisy(), "JPEG", quality=80, exif=exif, icc_profile=srgb(), **options)
    photo = take(sent)
    assert opened(photo).tobytes() == Image.open(BytesIO(sent)).tobytes()
    assert b"SECRET" not in photo.content
    assert opened(photo).info.get("icc_profile") is None


def test_a_jpeg_of_red_green_and_blue_is_not_taken_for_ycc() -> None:
    sent = encoded(noisy(), "JPEG", quality=95, keep_rgb=True)
    pixels = zip(opened(take(sent)).tobytes(), Image.open(BytesIO(sent)).tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pixels) <= 6


def test_a_grey_jpeg_becomes_rgb() -> None:
    assert opened(take(encoded(noisy().convert("L"), "JPEG"))).mode == "RGB"


def test_the_same_upload_gives_the_same_digest_and_another_another() -> None:
    first, again = take(encoded(scene(), "PNG")), take(encoded(scene(), "PNG"))
    assert first == again
    assert first.sha256 != take(encoded(noisy(), "PNG")).sha256


def test_uploads_at_the_same_time_do_not_interfere() -> None:
    good, cut = encoded(noisy(), "JPEG"), encoded(noisy(), "JPEG")[:20_000]
    seen: list[str] = []

    def upload(content: bytes) -> None:
        for _ in range(15):
            try:
                seen.append(f"{take(content).width}")
            except PhotoRefused as refused:
                seen.append(refused.code)

    threads = [threading.Thread(target=upload, args=(c,)) for c in (good, cut, good, cut)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(seen)) == ["320", "truncated"]
    assert seen.count("320") == 30
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_the_intake_needs_no_image_engine() -> None:
    code = (
        "import sys, campaigns.intake\n"
        "print([m for m in ('cv2', 'numpy', 'mitsuba', 'torch') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"
