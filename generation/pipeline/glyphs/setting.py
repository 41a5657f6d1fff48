"""Which face a copy is set in, and how: large enough to be read, no larger than the product."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from generation.pipeline.layout import Box, Layout
from generation.pipeline.studio.materials import Material

from .faces import FaceChoice, face, face_for
from .shaping import TextLayout, layout_lines

# Art direction: the height of a headline's letters as a share of the frame's. A story is so tall
# that its width decides what is legible: its height counts up to 5:4 of that.
LEAST_CAP: Final = 0.07
TALLEST_COUNTED: Final = 1.25

# A copy of one character would fill its box: the product comes first. Of the frame's height, or of
# its width over WIDEST_COUNTED in a banner, where nothing else can be large.
MOST_CAP: Final = 0.36
WIDEST_COUNTED: Final = 2.2

# The narrowest face for long words, where a material's own would be too small, and how much bigger
# it must make them.
NARROW_FACE: Final = "do_hyeon"
WORTH_NARROWING: Final = 1.06


def set_copy(
    copy: str, made_of: Material, wanted: str | None, layout: Layout
) -> tuple[FaceChoice, TextLayout]:
    """Choose the face and lay the copy out for the headline's box.

    The merchant's font is kept; of a material's own, a narrow face may take the place where the
    letters would be too small. Raises GlyphMissing, TextDoesNotFit, UnknownChoice.
    """
    choice = face_for(made_of.key, copy, wanted)
    text = _laid_out(copy, choice, made_of, layout)
    narrow = face(NARROW_FACE)
    if wanted or narrow.missing(copy) or cap_height(text, layout) >= LEAST_CAP:
        return choice, text
    other = FaceChoice(narrow)
    condensed = _laid_out(copy, other, made_of, layout)
    gain = cap_height(condensed, layout) / cap_height(text, layout)
    return (other, condensed) if gain > WORTH_NARROWING else (choice, text)


def _laid_out(copy: str, choice: FaceChoice, made_of: Material, layout: Layout) -> TextLayout:
    headline = layout.headline
    return layout_lines(
        copy,
        choice.face,
        headline.width / headline.height,
        tracking=made_of.tracking + choice.face.embolden,
        align=layout.align,
        least=LEAST_CAP * _counted_height(layout) / headline.height,
    )


def _counted_height(layout: Layout) -> float:
    return min(layout.frame.height, TALLEST_COUNTED * layout.frame.width)


def cap_height(text: TextLayout, layout: Layout) -> float:
    """Return the tallest character's share of the frame's height that legibility counts."""
    return _tallest_pixels(text, layout.headline) / _counted_height(layout)


def _tallest_pixels(text: TextLayout, box: Box) -> float:
    return text.tallest * text.size_in(box.width / box.height) * box.height


def headline_box(text: TextLayout, layout: Layout) -> Box:
    """Return the headline's box, or a part of it where a short copy would be too large."""
    box = layout.headline
    size = _tallest_pixels(text, box)
    most = MOST_CAP * max(layout.frame.height, layout.frame.width / WIDEST_COUNTED)
    if size <= most:
        return box
    width, height = round(box.width * most / size), round(box.height * most / size)
    x = box.x if layout.align == "left" else box.x + (box.width - width) // 2
    return replace(box, x=x, y=box.y + (box.height - height) // 2, width=width, height=height)
