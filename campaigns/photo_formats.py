"""What an uploaded file really is, judged by its bytes before any decoder sees them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final, Literal

PhotoFormat = Literal["JPEG", "PNG", "WEBP", "HEIC"]

PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
# Still HEIF images; `msf1`, `hevc` and their relatives are sequences and `avif` is another codec.
HEIC_STILLS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
HEIC_SEQUENCES: Final = frozenset({b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})
# Pictures of kinds that are not taken: GIF, BMP, TIFF, PSD, ICO, JPEG 2000, JPEG XL.
OTHER_IMAGES: Final = (
    *(b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"8BPS", b"\x00\x00\x01\x00"),
    *(b"\x00\x00\x00\x0cjP  ", b"\x00\x00\x00\x0cJXL ", b"\xff\x0a", b"\xff\x4f\xff\x51"),
)
# How much of a file is looked at to call it text (SVG included).
TEXT_SAMPLE: Final = 1024
# Samples per pixel by PNG colour type (PNG specification, table 11.1).
PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7 passes: x start, y start, x step, y step (PNG specification, 8.2).
ADAM7: Final = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
# Inflated and thrown away in pieces of this size, so that a bomb costs no memory.
INFLATE_STEP: Final = 1 << 18


def sniff(content: bytes) -> PhotoFormat | Literal["sequence", "other_image", "text"] | None:
    """Return the format by content; file names and declared types play no part.

    `sequence` is an animated HEIF, `other_image` a known kind that is not taken, `text` anything
    readable (SVG, HTML, prose), None what is none of these.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(PNG_MAGIC):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp":
        return _sniff_heif(content[8:12])
    if content.startswith(OTHER_IMAGES):
        return "other_image"
    return "text" if _reads_as_text(content[:TEXT_SAMPLE]) else None


def _sniff_heif(brand: bytes) -> Literal["HEIC", "sequence", "other_image"] | None:
    if brand in HEIC_STILLS:
        return "HEIC"
    if brand in HEIC_SEQUENCES:
        return "sequence"
    return "other_image" if brand in (b"avif", b"avis") else None


def _reads_as_text(sample: bytes) -> bool:
    try:
        # The sample may end inside a character, which is not the text's fault.
        text = sample.decode("utf-8", errors="strict" if len(sample) < TEXT_SAMPLE else "ignore")
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\t\r\n\f\ufeff" for c in text)


def declared_size(content: bytes, kind: PhotoFormat) -> tuple[int, int] | None:
    """Return width and height where the first bytes give them (PNG, WebP), before any decoding.

    Pillow reads a JPEG's and a HEIC's size without allocating pixels, so those need no code here;
    its WebP decoder allocates the canvas when it is opened. Raises struct.error on a cut header.
    """
    if kind == "PNG":
        width, height = struct.unpack_from(">II", content, 16)
        return width, height
    if kind == "WEBP":
        return _webp_size(content)
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    """Source: RFC 9649, sections 2.5 to 2.7."""
    chunk = content[12:16]
    if chunk == b"VP8X":
        wide, high = content[24:27], content[27:30]
        return int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def is_animated(content: bytes, kind: PhotoFormat) -> bool:
    """Tell whether a PNG or WebP moves (APNG's `acTL`, the animation flag of `VP8X`)."""
    if kind == "PNG":
        return any(name == b"acTL" for name, _ in _png_chunks(content))
    return kind == "WEBP" and content[12:16] == b"VP8X" and bool(content[20] & 0b10)


def is_truncated(content: bytes, kind: PhotoFormat) -> bool:
    """Tell whether pixels are missing, in the formats whose decoders would not say so.

    A PNG's rows are inflated and counted: Pillow opens one with missing rows as if they were
    black. A WebP names its own length. JPEG and HEIC decoders report it themselves.
    Raises struct.error and zlib.error on a broken file.
    """
    if kind == "PNG":
        return _png_bytes_present(content) < _png_bytes_expected(content)
    if kind == "WEBP":
        (length,) = struct.unpack_from("<I", content, 4)
        return len(content) < 8 + int(length)
    return False


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, at = memoryview(content), len(PNG_MAGIC)
    while at + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        name = content[at + 4 : at + 8]
        yield name, view[at + 8 : at + 8 + length]
        if name == b"IEND":
            return
        at += length + 12


def _png_bytes_present(content: bytes) -> int:
    inflater, found = zlib.decompressobj(), 0
    limit = _png_bytes_expected(content)
    for name, body in _png_chunks(content):
        if name != b"IDAT":
            continue
        piece = inflater.decompress(body, INFLATE_STEP)
        while piece and found < limit:
            found += len(piece)
            piece = inflater.decompress(inflater.unconsumed_tail, INFLATE_STEP)
        if found >= limit:
            break
    return found


def _png_bytes_expected(content: bytes) -> int:
    width, height, depth, colour, _, _, interlace = struct.unpack_from(">IIBBBBB", content, 16)
    bits = depth * PNG_CHANNELS.get(colour, 1)
    passes = ADAM7 if interlace else ((0, 0, 1, 1),)
    total = 0
    for x0, y0, dx, dy in passes:
        columns, rows = -((x0 - width) // dx), -((y0 - height) // dy)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total
