"""Where the product and the headline go in each format: the art direction's table, in pixels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, NamedTuple

from .catalog import FrameFormat
from .types import TextPosition

Align = Literal["center", "left"]
FrameClass = Literal["square", "portrait", "story", "wide"]

# A product wider than this (width over height) is laid out by its width: fish, trays, plates.
WIDE_PRODUCT_ASPECT: Final = 1.35
# Margins of the art direction: nothing that matters closer to the frame's edge than 5 %.
MARGIN: Final = 0.05
# Frames at least this much wider than high put the product beside the headline.
WIDE_FRAME_ASPECT: Final = 1.4
# Frames narrower than these are stories (app chrome at top and bottom) and feed portraits.
STORY_FRAME_ASPECT: Final = 0.65
PORTRAIT_FRAME_ASPECT: Final = 0.95


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


class _Slot(NamedTuple):
    """A box as fractions of the frame: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


class _Slots(NamedTuple):
    """Both boxes of one arrangement; `wide` replaces `product` for goods laid out by width."""

    headline: _Slot
    product: _Slot
    wide: _Slot
    align: Align = "center"


@dataclass(frozen=True)
class Layout:
    """The plan of one frame.

    `frame` is the whole picture, `product` the box the product is fitted into (centred, resting
    on the row `ground_y`, the box's bottom), `headline` the box the lettering must stay inside.
    `wide` says that the product is laid out by its width.
    """

    frame: Box
    product: Box
    headline: Box
    align: Align
    ground_y: int
    wide: bool

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict that `from_json` reads back unchanged."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Layout:
        boxes = {name: Box(**data[name]) for name in ("frame", "product", "headline")}
        return cls(**{**data, **boxes})


# Portrait and square: headline in the upper third, product's base at 80-88 % of the height.
# "center" sets the headline beside the product, half-way up; "bottom" raises the product.
_ARRANGEMENTS: Final[dict[tuple[FrameClass, str], _Slots]] = {
    ("square", "top"): _Slots(
        _Slot(0.07, 0.055, 0.93, 0.385),
        _Slot(0.13, 0.40, 0.87, 0.88),
        _Slot(0.12, 0.415, 0.88, 0.875),
    ),
    ("square", "center"): _Slots(
        _Slot(0.06, 0.30, 0.485, 0.66),
        _Slot(0.50, 0.26, 0.94, 0.84),
        _Slot(0.50, 0.36, 0.94, 0.76),
        "left",
    ),
    ("square", "bottom"): _Slots(
        _Slot(0.07, 0.67, 0.93, 0.94), _Slot(0.13, 0.10, 0.87, 0.635), _Slot(0.12, 0.14, 0.88, 0.62)
    ),
    ("portrait", "top"): _Slots(
        _Slot(0.07, 0.06, 0.93, 0.345), _Slot(0.11, 0.37, 0.89, 0.86), _Slot(0.11, 0.40, 0.89, 0.82)
    ),
    ("portrait", "center"): _Slots(
        _Slot(0.06, 0.30, 0.485, 0.62),
        _Slot(0.50, 0.28, 0.94, 0.82),
        _Slot(0.50, 0.38, 0.94, 0.74),
        "left",
    ),
    ("portrait", "bottom"): _Slots(
        _Slot(0.07, 0.69, 0.93, 0.94), _Slot(0.11, 0.14, 0.89, 0.66), _Slot(0.11, 0.20, 0.89, 0.64)
    ),
    # Stories: no words in the top 14 % and the bottom 20 %.
    ("story", "top"): _Slots(
        _Slot(0.07, 0.155, 0.93, 0.355),
        _Slot(0.09, 0.38, 0.91, 0.83),
        _Slot(0.10, 0.42, 0.90, 0.76),
    ),
    ("story", "center"): _Slots(
        _Slot(0.07, 0.39, 0.93, 0.54), _Slot(0.09, 0.57, 0.91, 0.91), _Slot(0.10, 0.57, 0.90, 0.86)
    ),
    ("story", "bottom"): _Slots(
        _Slot(0.07, 0.625, 0.93, 0.79),
        _Slot(0.09, 0.16, 0.91, 0.60),
        _Slot(0.10, 0.22, 0.90, 0.585),
    ),
    # Wide frames: product on the right third, headline left; the position moves the headline only.
    ("wide", "top"): _Slots(
        _Slot(0.055, 0.09, 0.52, 0.48),
        _Slot(0.55, 0.20, 0.93, 0.87),
        _Slot(0.54, 0.30, 0.94, 0.80),
        "left",
    ),
    ("wide", "center"): _Slots(
        _Slot(0.055, 0.22, 0.52, 0.70),
        _Slot(0.55, 0.20, 0.93, 0.87),
        _Slot(0.54, 0.30, 0.94, 0.80),
        "left",
    ),
    ("wide", "bottom"): _Slots(
        _Slot(0.055, 0.50, 0.52, 0.91),
        _Slot(0.55, 0.20, 0.93, 0.87),
        _Slot(0.54, 0.30, 0.94, 0.80),
        "left",
    ),
}

# Without lettering the product stands in the middle and may be larger.
_ALONE: Final[dict[FrameClass, tuple[_Slot, _Slot]]] = {
    "square": (_Slot(0.12, 0.22, 0.88, 0.84), _Slot(0.11, 0.28, 0.89, 0.78)),
    "portrait": (_Slot(0.11, 0.24, 0.89, 0.82), _Slot(0.11, 0.32, 0.89, 0.74)),
    "story": (_Slot(0.09, 0.30, 0.91, 0.78), _Slot(0.10, 0.36, 0.90, 0.70)),
    "wide": (_Slot(0.27, 0.20, 0.73, 0.86), _Slot(0.22, 0.24, 0.78, 0.80)),
}


def frame_class(fmt: FrameFormat) -> FrameClass:
    """Return which arrangement a format takes, by its aspect alone."""
    if fmt.aspect >= WIDE_FRAME_ASPECT:
        return "wide"
    if fmt.aspect < STORY_FRAME_ASPECT:
        return "story"
    return "portrait" if fmt.aspect < PORTRAIT_FRAME_ASPECT else "square"


def plan_layout(
    fmt: FrameFormat,
    position: TextPosition,
    product_aspect: float | None,
    has_text: bool,
) -> Layout:
    """Return the boxes of one frame.

    `product_aspect` is width over height of the cut-out, None without a product (the boxes are
    still planned, so that a set looks the same with and without one). `auto` takes the place the
    art direction gives the format. Product and headline never overlap when there is a headline.
    """
    kind = frame_class(fmt)
    if position == "auto":
        position = "center" if kind == "wide" else "top"
    slots = _ARRANGEMENTS[kind, position]
    wide = product_aspect is not None and product_aspect > WIDE_PRODUCT_ASPECT
    product_slot = slots.wide if wide else slots.product
    if not has_text:
        product_slot = _ALONE[kind][int(wide)]
    product = _pixels(product_slot, fmt)
    return Layout(
        frame=Box(0, 0, fmt.width, fmt.height),
        product=product,
        headline=_pixels(slots.headline, fmt),
        align=slots.align,
        ground_y=product.bottom,
        wide=wide,
    )


def _pixels(slot: _Slot, fmt: FrameFormat) -> Box:
    left, right = round(slot.left * fmt.width), round(slot.right * fmt.width)
    top, bottom = round(slot.top * fmt.height), round(slot.bottom * fmt.height)
    return Box(left, top, right - left, bottom - top)


def fit_into(box: Box, aspect: float) -> Box:
    """Return the largest box of that aspect inside `box`, centred, resting on its bottom."""
    width = min(box.width, round(box.height * aspect))
    height = min(box.height, round(width / aspect))
    width, height = max(width, 1), max(height, 1)
    return Box(box.x + (box.width - width) // 2, box.bottom - height, width, height)
