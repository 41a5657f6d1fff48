"""A JPEG's picture without what else its file says: the coded pixels stay as they are, bit for bit.

Source: ITU-T T.81, annex B (segments); JFIF 1.02; Adobe technical note 5116 (colour transform).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

START, END = b"\xff\xd8", b"\xff\xd9"
# Baseline, extended sequential, progressive.
FRAMES: Final = frozenset({b"\xc0", b"\xc1", b"\xc2"})
SCAN: Final = b"\xda"
# What else the decoding needs: Huffman and quantisation tables, the restart interval.
NEEDED: Final = frozenset({b"\xc4", b"\xdb", b"\xdd", SCAN})
JFIF, ADOBE = b"\xe0", b"\xee"
# What only tells of the picture: applications' segments and comments.
TOLD: Final = frozenset({*(bytes([number]) for number in range(0xE0, 0xF0)), b"\xfe"})
# A JFIF header tells every decoder that the three components are Y, Cb and Cr.
HEADER: Final = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
# In coded pixels 0xFF is followed by 0 (a stuffed byte), a restart marker, or is filling.
NEXT_MARKER: Final = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")


def only_picture(content: bytes) -> bytes | None:
    """Return a JPEG of the first picture's pixels alone: no EXIF, comment, profile, second picture.

    It decodes to the same pixels. None where that cannot be said from the segments: not three
    components of Y, Cb and Cr, a rare way of coding, an end that is missing.
    """
    kept, is_ycc = [START, HEADER], None
    for marker, segment in _segments(content):
        if marker == END[1:]:
            return b"".join([*kept, END])
        if marker == ADOBE and segment[4:9] == b"Adobe":
            is_ycc = segment[15:16] == b"\x01"
        elif marker == JFIF and segment[4:9] == b"JFIF\x00" and is_ycc is None:
            is_ycc = True
        if marker in NEEDED or (marker in FRAMES and _is_colour(segment, is_ycc)):
            kept.append(segment)
        elif marker not in TOLD:
            return None
    return None


def _segments(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield every segment with its marker's second byte, a scan with its coded pixels."""
    at = len(START) if content.startswith(START) else len(content)
    while content[at : at + 1] == b"\xff":
        marker = content[at + 1 : at + 2]
        if marker == b"\xff":  # filling
            at += 1
            continue
        after = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == SCAN:
            found = NEXT_MARKER.search(content, after)
            after = found.start() if found else len(content)
        yield marker, content[at:after]
        at = after


def _is_colour(frame: bytes, is_ycc: bool | None) -> bool:
    """Tell whether a frame has 8 bits and three components that a decoder takes for Y, Cb and Cr.

    Where no header says so, it goes by the components' names: 1, 2 and 3.
    """
    if len(frame) < 19 or frame[4] != 8 or frame[9] != 3:
        return False
    return (frame[10], frame[13], frame[16]) == (1, 2, 3) if is_ycc is None else is_ycc
