"""What stage 2 tells of its lettering: the characters' boxes, the share of the frame, the face."""

from __future__ import annotations

from typing import Any

from .plan import Lettering
from .setting import LEAST_CAP, cap_height


def cells_of(lettering: Lettering) -> list[dict[str, Any]]:
    """Return each drawn character's ink box in frame pixels."""
    boxes = [
        (cell.character, lettering.placement.mapping.box(cell.box))
        for cell in lettering.layout.cells
    ]
    return [
        {
            "text": text,
            "x0": round(x0, 1),
            "y0": round(y0, 1),
            "x1": round(x1, 1),
            "y1": round(y1, 1),
        }
        for text, (x0, y0, x1, y1) in boxes
    ]


def fit_of(lettering: Lettering) -> dict[str, float | int | bool]:
    """Return the tallest character's share of the frame's height, the block's of its width.

    `stretch` under 1 says how far letters were condensed; `legible` whether that was enough.
    """
    scale, (height, width) = lettering.placement.mapping.scale, lettering.backdrop.shape[:2]
    tallest = max(cell.box[3] - cell.box[1] for cell in lettering.layout.cells)
    return {
        "cap_height": round(scale * tallest / height, 3),
        "width": round(scale * lettering.layout.width / width, 3),
        "lines": len(lettering.layout.lines),
        "stretch": lettering.layout.stretch,
        "legible": cap_height(lettering.layout, lettering.rig.layout) >= LEAST_CAP,
    }


def face_of(lettering: Lettering) -> dict[str, str | None]:
    """Return which face wrote the copy, and which it replaced for want of a glyph."""
    chosen, replaced = lettering.choice.face, lettering.choice.fell_back_from
    return {
        "key": chosen.key,
        "name_ko": chosen.name_ko,
        "fell_back_from": replaced.key if replaced else None,
        "fell_back_from_ko": replaced.name_ko if replaced else None,
    }
