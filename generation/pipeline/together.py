"""All formats of one ad made together: which share a picture, and where its windows are.

Made together, all formats see one photograph of the set through windows (`studio/whole.py`), and
formats of nearly one shape are windows of one finished ad: what matters stands in the part that
they have in common. Made alone, a format has its own photograph. So the same inputs give the same
picture, whatever was made before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .catalog import FORMATS, FrameFormat, frame_format
from .layout import Box, Layout, plan_layout
from .types import AdSpec, TextPosition

# Formats that are windows of another's picture, of its full width and in its middle.
WINDOW_OF: Final = {"4:5": "3:4", "1.91:1": "16:9", "2:1": "16:9"}
# The lowest window of each picture that has some: product and headline are laid out in it.
LOWEST: Final = {"3:4": "4:5", "16:9": "2:1"}
# The picture whose frame the set is arranged in.
MIDDLE: Final = "3:4"
# Formats asked for at once from which making them together is cheaper than one by one.
WORTH: Final = 3


def is_together(spec: AdSpec) -> bool:
    """Return whether the spec's ad shares its pictures with other formats."""
    return spec.together and spec.engine == "studio" and not (spec.draft or spec.test_mode)


def parent_of(spec: AdSpec) -> AdSpec | None:
    """Return the spec of the ad that this one is a window of, None for one with its own picture."""
    parent = WINDOW_OF.get(spec.format) if is_together(spec) else None
    return replace(spec, format=parent) if parent else None


def window_in_parent(key: str) -> Box:
    """Return the part of the parent's picture that a format shows, in the parent's pixels."""
    own, parent = frame_format(key), frame_format(WINDOW_OF[key])
    height = round(own.height * parent.width / own.width)
    return Box(0, (parent.height - height) // 2, parent.width, height)


def own_pictures() -> tuple[FrameFormat, ...]:
    """Return the formats that are no windows of others."""
    return tuple(fmt for fmt in FORMATS if fmt.key not in WINDOW_OF)


def plan_together(
    fmt: FrameFormat,
    position: TextPosition,
    product_aspect: float | None,
    has_text: bool,
    has_subtext: bool = False,
) -> Layout:
    """Return `plan_layout` of a format that has its own picture, fit for all windows of it."""
    if fmt.key not in LOWEST:
        return plan_layout(fmt, position, product_aspect, has_text, has_subtext)
    common = window_in_parent(LOWEST[fmt.key])
    lowest = replace(fmt, width=common.width, height=common.height)
    inner = plan_layout(lowest, position, product_aspect, has_text, has_subtext)
    frame = Box(0, 0, fmt.width, fmt.height)
    return replace(moved(inner, common.x, common.y), frame=frame)


def moved(layout: Layout, right: int, down: int) -> Layout:
    """Return the layout so many pixels farther right and down."""

    def there(box: Box) -> Box:
        return replace(box, x=box.x + right, y=box.y + down)

    return replace(
        layout,
        frame=there(layout.frame),
        product=there(layout.product),
        headline=there(layout.headline),
        subline=there(layout.subline) if layout.subline else None,
        ground_y=layout.ground_y + down,
    )
