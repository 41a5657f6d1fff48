"""Where the product and the headline go in each format: the art direction's table, in pixels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from .arrangements import (
    ALONE,
    SUBLINE,
    Align,
    FrameClass,
    Slot,
    arrangement,
    build_of,
    calm_place,
    frame_class_of,
)
from .catalog import FrameFormat
from .types import TextPosition

# Margins of the art direction: nothing that matters closer to the frame's edge than 5 %.
MARGIN: Final = 0.05
# Air between the headline's box and the second line's, as a part of the frame's height.
SUBLINE_GAP: Final = 0.012


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, y downwards from the frame's top edge."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.y + self.height

    @property
    def center(self) -> tuple[float, float]:
        """Middle of the box as (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Box) -> bool:
        """Whether the two rectangles share at least one pixel."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )


@dataclass(frozen=True)
class Layout:
    """The plan of one frame.

    `frame` is the whole picture, `product` the box the product is fitted into (centred, resting
    on the row `ground_y`, the box's bottom), `headline` the box the lettering must stay inside,
    `subline` the one kept free for a second, smaller line, None without one. `wide` says that the
    product is laid out by its width.
    """

    frame: Box
    product: Box
    headline: Box
    align: Align
    ground_y: int
    wide: bool
    subline: Box | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict that `from_json` reads back unchanged."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Layout:
        names = ("frame", "product", "headline", "subline")
        # A rig from before there was a second line has no word of it.
        boxes = {name: Box(**data[name]) for name in names if data.get(name)}
        return cls(**{**data, **boxes})


def frame_class(fmt: FrameFormat) -> FrameClass:
    """Return which arrangements a format takes, by its aspect alone."""
    return frame_class_of(fmt.aspect)


def plan_layout(
    fmt: FrameFormat,
    position: TextPosition,
    product_aspect: float | None,
    has_text: bool,
    has_subtext: bool = False,
) -> Layout:
    """Return the boxes of one frame.

    `product_aspect` is width over height of the cut-out, None without a product (the boxes are
    still planned, so that a set looks the same with and without one). `auto` takes the calm place
    that a product of that build leaves in the format. Product, headline and second line never
    overlap when there is a headline.
    """
    kind, build = frame_class(fmt), build_of(product_aspect)
    slots = arrangement(kind, calm_place(kind, build) if position == "auto" else position, build)
    wide = build in ("wide", "strip", "line")
    product = _pixels(slots.product if has_text else ALONE[kind][int(wide)], fmt)
    headline, subline = _pixels(slots.headline, fmt), None
    if has_text and has_subtext:
        headline, subline = _shared(headline, fmt)
    return Layout(
        frame=Box(0, 0, fmt.width, fmt.height),
        product=product,
        headline=headline,
        align=slots.align,
        ground_y=product.bottom,
        wide=wide,
        subline=subline,
    )


def _shared(headline: Box, fmt: FrameFormat) -> tuple[Box, Box]:
    """Return the headline's box without its lower end, and that end for the second line."""
    height = round(SUBLINE[frame_class(fmt)] * fmt.height)
    rest = headline.height - height - round(SUBLINE_GAP * fmt.height)
    subline = Box(headline.x, headline.bottom - height, headline.width, height)
    return Box(headline.x, headline.y, headline.width, rest), subline


def _pixels(slot: Slot, fmt: FrameFormat) -> Box:
    left, right = round(slot.left * fmt.width), round(slot.right * fmt.width)
    top, bottom = round(slot.top * fmt.height), round(slot.bottom * fmt.height)
    return Box(left, top, right - left, bottom - top)


def fit_into(box: Box, aspect: float) -> Box:
    """Return the largest box of that aspect inside `box`, centred, resting on its bottom."""
    width = min(box.width, round(box.height * aspect))
    height = min(box.height, round(width / aspect))
    width, height = max(width, 1), max(height, 1)
    return Box(box.x + (box.width - width) // 2, box.bottom - height, width, height)
