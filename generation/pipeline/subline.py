"""The second, smaller line: a price or a date in flat type under the headline, and its proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import GlyphMissing
from .glyphs.faces import Face, faces
from .glyphs.shaping import Align, Cell, TextLayout, layout_lines
from .glyphs.verify import (
    DEFECT_BLUR,
    DEFECT_LIMIT,
    LEAST_DEFECT_BLUR_PX,
    LEAST_IOU,
    EmToPixel,
    intended_mask,
)
from .layout import Box

Floats = NDArray[np.float32]
# Left edge and width in pixels, and how a line stands between them.
Column = tuple[float, float, Align]

# Plain bold faces first: small type is read, not looked at.
PLAIN_FACES: Final = ("nanum_gothic", "noto_sans_kr")
# Least height of its letters: a part of the frame's height, and of its long side, because a
# phone shows every format at its own width.
LEAST: Final = 0.026
LEAST_OF_LONG_SIDE: Final = 0.018
# Wanted height: this part of the headline's letters, and at most that part of the frame's height,
# or of its long side where a banner is hardly high at all.
OF_HEADLINE: Final = 0.36
MOST: Final = 0.052
MOST_OF_LONG_SIDE: Final = 0.026
# Air to the headline in heights of the line's own letters: wanted, and at least.
GAPS: Final = (0.75, 0.45)
# Sizes tried where the wanted one meets the product: shares of the way down to the least.
SMALLER: Final = (0.0, 0.35, 0.7, 1.0)
# Margins of the frame, and those that a story's app chrome takes at top and bottom.
MARGIN: Final = 0.055
STORY_CHROME: Final = (0.14, 0.20)
STORY_ASPECT: Final = 0.65
# A headline whose middle is this near the frame's is centred.
CENTRED: Final = 0.08
# Clear air round the product, as a part of the frame's width.
PRODUCT_AIR: Final = 0.012
# Outlines are filled this much finer than the picture, then averaged: `fillPoly` paints the pixels
# that an outline runs through, which fattens strokes by half a fine pixel.
SUPERSAMPLING: Final = 8


@dataclass(frozen=True)
class Subline:
    """The line as it stands: `mask` (H, W) 0..1 is its coverage of `box`, in frame pixels."""

    layout: TextLayout
    mapping: EmToPixel
    box: Box
    mask: Floats
    letter: float

    def check(self, coverage: Floats) -> dict[str, Any]:
        """Judge the coverage (H, W) 0..1 of `box` that the finished ad really shows.

        Each character is held against FreeType's own picture of it, by the limits of the
        headline's proof; ink that belongs to none of them counts against the nearest.
        """
        wanted = [self._intended(cell) for cell in self.layout.cells]
        own = np.argmax([cv2.blur(mask, (9, 9)) for mask in wanted], axis=0)
        passed = sum(
            self._right(mask, np.where((own == index) | (mask > 0), coverage, 0))
            for index, mask in enumerate(wanted)
        )
        return {
            "shown": True,
            "text": self.layout.copy,
            "passed": passed,
            "total": len(wanted),
            "ok": passed == len(wanted),
            "face": self.layout.face.key,
            "lines": len(self.layout.lines),
        }

    def _intended(self, cell: Cell) -> Floats:
        """Return what the font wants, drawn finer than the picture: its strokes are few pixels."""
        height, width = self.mask.shape
        here = self.mapping.shifted(self.box.x, self.box.y)
        shape = height * SUPERSAMPLING, width * SUPERSAMPLING
        fine = intended_mask(cell, self.layout.face, _finer(here), shape, 0.0)
        pixels = fine.reshape(height, SUPERSAMPLING, width, SUPERSAMPLING)
        return np.asarray(pixels.mean(axis=(1, 3)), np.float32)

    def _right(self, wanted: Floats, seen: Floats) -> bool:
        union = float(np.maximum(wanted, seen).sum())
        iou = float(np.minimum(wanted, seen).sum()) / union if union else 0.0
        blur = max(DEFECT_BLUR * self.mapping.scale, LEAST_DEFECT_BLUR_PX)
        defect = float(np.abs(cv2.GaussianBlur(wanted - seen, (0, 0), blur)).max())
        return iou >= LEAST_IOU and defect <= DEFECT_LIMIT


@dataclass(frozen=True)
class Surroundings:
    """What the line has to keep clear of, in frame pixels.

    `ink` is the headline's, `letter` the height of its characters; `product` (H, W) bool.
    """

    ink: Box
    letter: float
    product: NDArray[np.bool_] | None
    width: int
    height: int


def plan_subline(words: str, around: Surroundings) -> Subline | None:
    """Return the line under the headline, above it where the product is in the way, or None.

    None means that it would be too small to read wherever it is free. Raises GlyphMissing.
    """
    column = _, width, align = _column(around)
    least = max(LEAST * around.height, LEAST_OF_LONG_SIDE * max(around.width, around.height))
    largest = max(MOST * around.height, MOST_OF_LONG_SIDE * around.width)
    wanted = min(OF_HEADLINE * around.letter, largest)
    layout, most = _set(words, width, least, align)
    wanted = min(max(wanted, least), most)
    if wanted < least:
        return None
    keep_off = _keep_off(around)
    for letter, gap in _sizes(wanted, least):
        for box in _places(around, layout, letter, gap, column):
            if _free(box, keep_off, around):
                return _drawn(layout, letter, box)
    return None


def _sizes(wanted: float, least: float) -> Iterator[tuple[float, float]]:
    for share in SMALLER:
        for gap in GAPS:
            yield wanted + (least - wanted) * share, gap


def _column(around: Surroundings) -> Column:
    """Return left edge and width of the column the line may take, and how it stands in it."""
    ink, edge = around.ink, MARGIN * around.width
    if abs(ink.center[0] - around.width / 2) <= CENTRED * around.width:
        return edge, around.width - 2 * edge, "center"
    right = around.width - edge
    if around.product is not None and (columns := np.flatnonzero(around.product.any(0))).size:
        goods = float(columns[0])
        right = goods - 2 * PRODUCT_AIR * around.width if goods > ink.center[0] else right
    return float(ink.x), max(right - ink.x, 1.0), "left"


def _set(words: str, width: float, least: float, align: Align) -> tuple[TextLayout, float]:
    """Return the words in one line, or in more where one would be too small; and how tall a
    letter may be in that column.
    """
    face = _plain_face(words)
    single = layout_lines(words, face, float("inf"), align=align)
    if (tall := width / single.width * _tallest(single)) >= least:
        return single, tall
    broken = layout_lines(words, face, width / (3.2 * least), align=align)
    return broken, width / broken.width * _tallest(broken)


def _plain_face(words: str) -> Face:
    rank = {key: place for place, key in enumerate(PLAIN_FACES)}
    known = sorted(faces(), key=lambda face: (rank.get(face.key, len(rank)), not face.full))
    for face in known:
        if not face.missing(words):
            return face
    character = known[0].missing(words)[0]
    raise GlyphMissing(f"no committed face draws U+{ord(character):04X}", character=character)


def _tallest(layout: TextLayout) -> float:
    return max(cell.box[3] - cell.box[1] for cell in layout.cells)


def _places(
    around: Surroundings, layout: TextLayout, letter: float, gap: float, column: Column
) -> Iterator[Box]:
    """Yield the line's box under the headline, then above it."""
    left, width, align = column
    scale = letter / _tallest(layout)
    across, down = scale * layout.width, scale * layout.height
    x = around.ink.center[0] - across / 2 if align == "center" else left
    x = min(max(x, left), left + width - across)
    for y in (around.ink.bottom + gap * letter, around.ink.y - gap * letter - down):
        yield Box(round(x), round(y), round(across), round(down))


def _keep_off(around: Surroundings) -> NDArray[np.bool_] | None:
    if around.product is None:
        return None
    side = 2 * max(1, round(PRODUCT_AIR * around.width)) + 1
    window = np.ones((side, side), np.uint8)
    return np.asarray(cv2.dilate(around.product.astype(np.uint8), window) > 0)


def _free(box: Box, keep_off: NDArray[np.bool_] | None, around: Surroundings) -> bool:
    story = around.width / around.height < STORY_ASPECT
    top, bottom = STORY_CHROME if story else (MARGIN, MARGIN)
    if box.y < top * around.height or box.bottom > (1 - bottom) * around.height:
        return False
    if box.x < 0 or box.right > around.width:
        return False
    return keep_off is None or not keep_off[box.y : box.bottom, box.x : box.right].any()


def _drawn(layout: TextLayout, letter: float, place: Box) -> Subline:
    scale = letter / _tallest(layout)
    mapping = EmToPixel(scale, *place.center)
    pad = 3
    box = Box(place.x - pad, place.y - pad, place.width + 2 * pad, place.height + 2 * pad)
    mask = _coverage(layout, mapping.shifted(box.x, box.y), (box.height, box.width))
    return Subline(layout, mapping, box, mask, letter)


def _finer(mapping: EmToPixel) -> EmToPixel:
    """Return the mapping for the same picture with SUPERSAMPLING as many pixels each way."""
    times = SUPERSAMPLING
    return EmToPixel(mapping.scale * times, mapping.x0 * times, mapping.y0 * times)


def _coverage(layout: TextLayout, mapping: EmToPixel, shape: tuple[int, int]) -> Floats:
    """Return the outlines' coverage (H, W) 0..1, by their winding: where they overlap is ink."""
    height, width = shape
    ink = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING), np.uint8)
    fine = _finer(mapping)
    for cell in layout.cells:
        left, top, right, bottom = (round(edge) for edge in fine.box(cell.box))
        part = ink[max(top - 2, 0) : bottom + 2, max(left - 2, 0) : right + 2]
        part |= _filled(cell, fine.shifted(max(left - 2, 0), max(top - 2, 0)), part.shape)
    pixels = ink.reshape(height, SUPERSAMPLING, width, SUPERSAMPLING)
    return np.asarray(pixels.mean(axis=(1, 3)), np.float32)


def _filled(cell: Cell, mapping: EmToPixel, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    winding = np.zeros(shape, np.int8)
    for contour in cell.contours:
        x = mapping.x0 + mapping.scale * contour[:, 0] - 0.5
        y = mapping.y0 - mapping.scale * contour[:, 1] - 0.5
        # Sixteenths of a pixel: fillPoly's own fixed point.
        points = np.round(np.stack([x, y], axis=1) * 16).astype(np.int32)
        filled = np.zeros(shape, np.uint8)
        cv2.fillPoly(filled, [points], 1, shift=4)
        turn = 1 if cv2.contourArea(points.astype(np.float32), oriented=True) > 0 else -1
        winding += turn * filled.astype(np.int8)
    return np.asarray(winding != 0, np.uint8)
