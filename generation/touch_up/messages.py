"""What the web process and its cutting child say to each other. Free of Django and of NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .strokes import Stroke


@dataclass(frozen=True, kw_only=True)
class Order:
    """Cut this photo out as the strokes say.

    `photo` is the whole picture; `begin_with` a cut-out of it in the same size whose alpha is the
    outline to begin with, None for the automatic one. With `write_to` the cut-out is written there
    as an RGBA PNG of the photo's size; without, the answer carries a small mask.
    """

    photo: Path
    begin_with: Path | None = None
    strokes: tuple[Stroke, ...] = ()
    write_to: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How the photo is cut out now.

    `mask`: a small PNG, grey and alpha, whose alpha is the cut-out's; empty when a file was asked
    for. `kept`: the share of the photo that is left, 0..1. `confidence`: 0..1, how far the
    automatic outline can be trusted; 1 for one that was brought along. `width`, `height`: the
    file's.
    """

    mask: bytes = b""
    kept: float
    confidence: float
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Unreadable:
    """The photo cannot be read, or is none."""

    detail: str


@dataclass(frozen=True)
class Broken:
    """A bug in the child; `detail` is its traceback."""

    detail: str


Answer = Cut | Unreadable | Broken
