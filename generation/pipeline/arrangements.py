"""Where headline and product stand in each kind of frame: the art direction's table, as fractions.

An arrangement is chosen by the frame's class, the place of the headline and the product's build:
never by the very product, so that products of one build share a photographed set.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Align = Literal["center", "left"]
FrameClass = Literal["square", "portrait", "story", "wide", "banner"]
Place = Literal["top", "center", "bottom"]
# A product by its outline: a thin bottle, most goods, a fish or tray, a skewer, a ruler.
Build = Literal["slender", "upright", "wide", "strip", "line"]

# Frames at least this much wider than high put the product beside the headline.
WIDE_FRAME_ASPECT: Final = 1.4
# Frames wider than this are strips of a shopping page, with room for one line and one product.
BANNER_FRAME_ASPECT: Final = 3.0
# Frames narrower than these are stories (app chrome at top and bottom) and feed portraits.
STORY_FRAME_ASPECT: Final = 0.65
PORTRAIT_FRAME_ASPECT: Final = 0.95

# Width over height up to which a product is of that build; wider than all of them is a line.
SLENDER_ASPECT: Final = 0.42
WIDE_PRODUCT_ASPECT: Final = 1.35
STRIP_ASPECT: Final = 3.0
LINE_ASPECT: Final = 8.0

# What an arrangement is taken from where a build has none of its own.
COARSER: Final[dict[Build, Build]] = {"slender": "upright", "line": "strip", "strip": "wide"}


class Slot(NamedTuple):
    """A box as fractions of the frame: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


class Slots(NamedTuple):
    """Both boxes of one arrangement."""

    headline: Slot
    product: Slot
    align: Align = "center"


_RIGHT_THIRD: Final = Slot(0.55, 0.25, 0.93, 0.87)
_RIGHT_WIDE: Final = Slot(0.54, 0.30, 0.94, 0.80)
_BANNER_LEFT: Final = Slot(0.052, 0.10, 0.548, 0.90)

# Square and portrait: headline in the upper third, product's base at 80-88 % of the height.
# "center" sets the headline beside an upright product and over the middle of a wide one.
# Stories: no words in the top 14 % and the bottom 20 %.
# Wide frames: product on the right, headline left; the place moves the headline only.
ARRANGEMENTS: Final[dict[tuple[FrameClass, Place, Build], Slots]] = {
    ("square", "top", "upright"): Slots(
        Slot(0.06, 0.052, 0.94, 0.40), Slot(0.13, 0.43, 0.87, 0.885)
    ),
    ("square", "top", "wide"): Slots(Slot(0.06, 0.06, 0.94, 0.40), Slot(0.12, 0.44, 0.88, 0.875)),
    ("square", "top", "strip"): Slots(Slot(0.06, 0.14, 0.94, 0.50), Slot(0.07, 0.54, 0.93, 0.81)),
    ("square", "top", "line"): Slots(Slot(0.06, 0.20, 0.94, 0.58), Slot(0.06, 0.61, 0.94, 0.72)),
    ("square", "center", "upright"): Slots(
        Slot(0.06, 0.24, 0.50, 0.72), Slot(0.52, 0.24, 0.94, 0.86), "left"
    ),
    ("square", "center", "slender"): Slots(
        Slot(0.06, 0.18, 0.60, 0.74), Slot(0.63, 0.24, 0.94, 0.87), "left"
    ),
    ("square", "center", "wide"): Slots(Slot(0.06, 0.20, 0.94, 0.48), Slot(0.12, 0.50, 0.88, 0.90)),
    ("square", "bottom", "upright"): Slots(
        Slot(0.06, 0.64, 0.94, 0.945), Slot(0.13, 0.12, 0.87, 0.62)
    ),
    ("square", "bottom", "wide"): Slots(
        Slot(0.06, 0.64, 0.94, 0.945), Slot(0.12, 0.14, 0.88, 0.60)
    ),
    ("portrait", "top", "upright"): Slots(
        Slot(0.06, 0.06, 0.94, 0.36), Slot(0.11, 0.38, 0.89, 0.87)
    ),
    ("portrait", "top", "wide"): Slots(Slot(0.06, 0.08, 0.94, 0.38), Slot(0.11, 0.41, 0.89, 0.82)),
    ("portrait", "top", "strip"): Slots(Slot(0.06, 0.18, 0.94, 0.48), Slot(0.06, 0.52, 0.94, 0.76)),
    ("portrait", "top", "line"): Slots(Slot(0.06, 0.24, 0.94, 0.56), Slot(0.06, 0.59, 0.94, 0.69)),
    ("portrait", "center", "upright"): Slots(
        Slot(0.06, 0.28, 0.49, 0.68), Slot(0.51, 0.28, 0.94, 0.83), "left"
    ),
    ("portrait", "center", "slender"): Slots(
        Slot(0.06, 0.24, 0.60, 0.70), Slot(0.62, 0.25, 0.94, 0.86), "left"
    ),
    ("portrait", "center", "wide"): Slots(
        Slot(0.06, 0.22, 0.94, 0.47), Slot(0.11, 0.50, 0.89, 0.85)
    ),
    ("portrait", "bottom", "upright"): Slots(
        Slot(0.06, 0.67, 0.94, 0.94), Slot(0.11, 0.14, 0.89, 0.65)
    ),
    ("portrait", "bottom", "wide"): Slots(
        Slot(0.06, 0.66, 0.94, 0.94), Slot(0.11, 0.20, 0.89, 0.63)
    ),
    ("story", "top", "upright"): Slots(
        Slot(0.06, 0.155, 0.94, 0.365), Slot(0.09, 0.385, 0.91, 0.84)
    ),
    ("story", "top", "wide"): Slots(Slot(0.06, 0.17, 0.94, 0.38), Slot(0.08, 0.41, 0.92, 0.76)),
    ("story", "top", "strip"): Slots(Slot(0.06, 0.24, 0.94, 0.46), Slot(0.06, 0.49, 0.94, 0.70)),
    ("story", "top", "line"): Slots(Slot(0.06, 0.30, 0.94, 0.54), Slot(0.06, 0.57, 0.94, 0.66)),
    ("story", "center", "upright"): Slots(
        Slot(0.06, 0.37, 0.94, 0.54), Slot(0.09, 0.56, 0.91, 0.93)
    ),
    ("story", "center", "wide"): Slots(Slot(0.06, 0.34, 0.94, 0.53), Slot(0.08, 0.56, 0.92, 0.86)),
    ("story", "bottom", "upright"): Slots(
        Slot(0.06, 0.62, 0.94, 0.795), Slot(0.09, 0.15, 0.91, 0.60)
    ),
    ("story", "bottom", "wide"): Slots(
        Slot(0.06, 0.60, 0.94, 0.795), Slot(0.08, 0.22, 0.92, 0.575)
    ),
    ("wide", "top", "upright"): Slots(Slot(0.055, 0.09, 0.525, 0.52), _RIGHT_THIRD, "left"),
    ("wide", "center", "upright"): Slots(Slot(0.055, 0.20, 0.525, 0.76), _RIGHT_THIRD, "left"),
    ("wide", "bottom", "upright"): Slots(Slot(0.055, 0.47, 0.525, 0.91), _RIGHT_THIRD, "left"),
    ("wide", "top", "wide"): Slots(Slot(0.055, 0.09, 0.515, 0.52), _RIGHT_WIDE, "left"),
    ("wide", "center", "wide"): Slots(Slot(0.055, 0.20, 0.515, 0.76), _RIGHT_WIDE, "left"),
    ("wide", "bottom", "wide"): Slots(Slot(0.055, 0.47, 0.515, 0.91), _RIGHT_WIDE, "left"),
    # A skewer would be a splinter on the right third: it lies under the headline instead.
    ("wide", "top", "strip"): Slots(Slot(0.06, 0.08, 0.94, 0.46), Slot(0.14, 0.49, 0.86, 0.87)),
    ("wide", "center", "strip"): Slots(Slot(0.06, 0.10, 0.94, 0.48), Slot(0.14, 0.51, 0.86, 0.88)),
    ("wide", "bottom", "strip"): Slots(Slot(0.06, 0.58, 0.94, 0.92), Slot(0.14, 0.14, 0.86, 0.54)),
    ("wide", "top", "line"): Slots(Slot(0.06, 0.12, 0.94, 0.54), Slot(0.08, 0.60, 0.92, 0.76)),
    ("wide", "center", "line"): Slots(Slot(0.06, 0.16, 0.94, 0.58), Slot(0.08, 0.62, 0.92, 0.80)),
    # A banner has one arrangement; the place changes nothing that could be seen.
    ("banner", "center", "upright"): Slots(_BANNER_LEFT, Slot(0.60, 0.052, 0.948, 0.948), "left"),
    ("banner", "center", "wide"): Slots(_BANNER_LEFT, Slot(0.585, 0.06, 0.948, 0.94), "left"),
    ("banner", "center", "strip"): Slots(_BANNER_LEFT, Slot(0.57, 0.08, 0.948, 0.72), "left"),
    ("banner", "center", "line"): Slots(_BANNER_LEFT, Slot(0.57, 0.08, 0.948, 0.60), "left"),
}

# Without lettering the product stands in the middle and may be larger: upright, wide and longer.
ALONE: Final[dict[FrameClass, tuple[Slot, Slot]]] = {
    "square": (Slot(0.12, 0.22, 0.88, 0.84), Slot(0.11, 0.28, 0.89, 0.78)),
    "portrait": (Slot(0.11, 0.24, 0.89, 0.82), Slot(0.11, 0.32, 0.89, 0.74)),
    "story": (Slot(0.09, 0.30, 0.91, 0.78), Slot(0.10, 0.36, 0.90, 0.70)),
    "wide": (Slot(0.27, 0.20, 0.73, 0.86), Slot(0.22, 0.24, 0.78, 0.80)),
    "banner": (Slot(0.30, 0.05, 0.70, 0.95), Slot(0.25, 0.06, 0.75, 0.94)),
}

# The second line's share of the frame's height under the headline: one line of legible type, and
# two where the frame is too narrow for a long one.
SUBLINE: Final[dict[FrameClass, float]] = {
    "square": 0.062,
    "portrait": 0.055,
    "story": 0.05,
    "wide": 0.10,
    "banner": 0.22,
}


def build_of(aspect: float | None) -> Build:
    """Return the build of a product by width over height; without a product, most goods'."""
    if aspect is None:
        return "upright"
    if aspect < SLENDER_ASPECT:
        return "slender"
    if aspect <= WIDE_PRODUCT_ASPECT:
        return "upright"
    if aspect <= STRIP_ASPECT:
        return "wide"
    return "strip" if aspect <= LINE_ASPECT else "line"


def frame_class_of(aspect: float) -> FrameClass:
    """Return which arrangements a frame takes, by width over height alone."""
    if aspect >= BANNER_FRAME_ASPECT:
        return "banner"
    if aspect >= WIDE_FRAME_ASPECT:
        return "wide"
    if aspect < STORY_FRAME_ASPECT:
        return "story"
    return "portrait" if aspect < PORTRAIT_FRAME_ASPECT else "square"


def calm_place(kind: FrameClass, build: Build) -> Place:
    """Return where `auto` sets the headline: in the calm that a product of that build leaves.

    Beside the product in wide frames, and beside slender goods, which leave a column free; above
    the product everywhere else.
    """
    if kind in ("wide", "banner"):
        return "center"
    return "center" if build == "slender" and kind in ("square", "portrait") else "top"


def arrangement(kind: FrameClass, place: Place, build: Build) -> Slots:
    """Return the slots, those of a coarser build where that build has none of its own."""
    if kind == "banner":
        place = "center"
    while (kind, place, build) not in ARRANGEMENTS:
        build = COARSER[build]
    return ARRANGEMENTS[kind, place, build]
