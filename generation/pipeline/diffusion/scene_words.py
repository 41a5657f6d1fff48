"""A scene's prompt, completed by what the layout needs: room for product and words."""

from __future__ import annotations

from typing import Final

from generation.pipeline.catalog import background_style, palette
from generation.pipeline.layout import Box, Layout
from generation.pipeline.types import AdSpec

# Text encoders cut off what is longer than some hundred words; ours come last and short.
LONGEST_PROMPT: Final = 1500
# A box whose middle is nearer to the frame's than this share of its side is in the middle.
MIDDLE: Final = 0.12


def scene_prompt(spec: AdSpec, layout: Layout, *, around: bool) -> str:
    """Return the English prompt of the scene.

    `around`: the product is in the picture already; otherwise an empty place is kept for it.
    Raises UnknownChoice for a style that is not in the catalogue.
    """
    style = background_style(spec.background_style)
    wanted = spec.background_prompt.strip()[:LONGEST_PROMPT]
    parts = [wanted.rstrip(". ") or f"{style.label_en} scene, photorealistic"]
    if spec.palette != "auto":
        parts.append(f"{palette(spec.palette).label_en.lower()} colour palette")
    if around:
        parts.append("a product stands in the scene and touches the ground, professional lighting")
    elif spec.photo is not None:
        where = place_of(layout.product, layout.frame)
        parts.append(f"an empty clear surface at the {where}, nothing stands there")
    if spec.ad_text:
        where = place_of(layout.headline, layout.frame)
        parts.append(f"a calm plain area at the {where}")
    parts.append("no text, no lettering, no people")
    return ". ".join(parts) + "."


def place_of(box: Box, frame: Box) -> str:
    """Return where a box lies in the frame, in words: "lower right", "centre"."""
    x, y = box.center
    across = _side(x / frame.width, "left", "right")
    down = _side(y / frame.height, "upper", "lower")
    if down and across:
        return f"{down} {across}"
    if down:
        return f"{down} centre"
    return f"{across} side" if across else "centre"


def _side(share: float, before: str, after: str) -> str:
    if share < 0.5 - MIDDLE:
        return before
    return after if share > 0.5 + MIDDLE else ""
