"""The frame a spec asks for: its format at full size, or small for a draft."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .catalog import FrameFormat, frame_format
from .types import AdSpec

# Long side of a draft in pixels: a phone's width, a fifth of a finished ad's pixels.
DRAFT_SIDE: Final = 480
# A draft's sides are multiples of this: the camera's shifts are whole pixels at quarter size.
GRID: Final = 4


def frame_for(spec: AdSpec) -> FrameFormat:
    """Return the spec's format with the size to render; raises UnknownChoice."""
    whole = frame_format(spec.format)
    if not spec.draft:
        return whole
    scale = DRAFT_SIDE / max(whole.width, whole.height)
    width, height = (
        max(round(side * scale / GRID), 1) * GRID for side in (whole.width, whole.height)
    )
    return replace(whole, width=width, height=height)
