"""Copy and face -> placed outlines: HarfBuzz shaping, line breaks between words, em units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import uharfbuzz as hb

from generation.pipeline.errors import TextDoesNotFit

from .faces import Face

Contour = npt.NDArray[np.float32]
Align = Literal["left", "center"]

# Straight pieces per curve: at 20 pieces of a 1 em bowl the error is under 1/1000 em.
CURVE_PIECES: Final = 10

# Air between the ink of two lines, in em. Faces fill 0.7-0.95 em, brushes as they please: a pitch
# of baselines would leave some lines far apart.
LINE_GAP: Final = 0.20

# Air between the ink of two words, in em: three times that of letters, so that words stay apart
# once strokes are swollen, and no more, so that a line is read as one.
WORD_GAP: Final = 0.30

# More lines must make the letters at least this much bigger to be worth breaking a phrase.
WORTH_BREAKING: Final = 1.12

# Sizes closer than this ratio count as equal.
ABOUT_EQUAL: Final = 0.99

MOST_LINES: Final = 3

# (horizontal scale, change of tracking in em) of letters that would be too small otherwise, the
# gentlest first. Sign writers condense Hangul (장체) to about three quarters; more hurts stems.
SQUEEZES: Final = ((1.0, 0.0), (0.94, -0.015), (0.88, -0.02), (0.82, -0.025), (0.76, -0.03))

# Ligatures would merge characters that the proof checks one by one; Korean needs none.
FEATURES: Final = {"kern": True, "liga": False, "clig": False, "calt": False, "dlig": False}


@dataclass(frozen=True)
class Cell:
    """One drawn character, in em units: x to the right, y up, (0, 0) the block's centre.

    `contours` are closed polygons (K, 2); `box` is the ink's (x0, y0, x1, y1); `origin` is the pen
    position on the baseline from which the font draws the glyph, `stretch` times as wide as tall.
    """

    character: str
    line: int
    origin: tuple[float, float]
    contours: tuple[Contour, ...]
    box: tuple[float, float, float, float]
    stretch: float = 1.0


@dataclass(frozen=True)
class TextLayout:
    """A block of text. `width` and `height` are those of the ink, in em."""

    copy: str
    face: Face
    lines: tuple[str, ...]
    cells: tuple[Cell, ...]
    width: float
    height: float

    @property
    def tallest(self) -> float:
        """Height of the tallest character's ink, in em."""
        return max(cell.box[3] - cell.box[1] for cell in self.cells)

    @property
    def stretch(self) -> float:
        """Width of the letters as a share of the font's own; under 1 they are condensed."""
        return self.cells[0].stretch

    def size_in(self, box_aspect: float) -> float:
        """Return how long an em is in a box of this aspect (width/height) and height 1."""
        return min(box_aspect / self.width, 1.0 / self.height)


@dataclass(frozen=True)
class _Setting:
    """How a line is set: letter spacing (em) after condensing, and the condensing itself."""

    face: Face
    tracking: float
    stretch: float


@dataclass(frozen=True)
class _Line:
    cells: tuple[Cell, ...]
    box: tuple[float, float, float, float]


def layout_lines(
    copy: str,
    face: Face,
    box_aspect: float,
    *,
    tracking: float = 0.0,
    align: Align = "center",
    least: float = 0.0,
) -> TextLayout:
    """Lay `copy` out in one to three lines, biggest in a box of width/height `box_aspect`.

    `tracking` is added between characters (em). Lines break between words only. Where the tallest
    character would be under `least` of the box's height, letters are set tighter and condensed,
    no more than it takes. Raises TextDoesNotFit when nothing in the copy has ink.
    """
    words = copy.split()
    if not words:
        raise TextDoesNotFit("the copy has no ink")
    best = None
    for stretch, tighter in SQUEEZES:
        how = _Setting(face, tracking + tighter, stretch)
        best = _biggest(
            [_block(copy, how, lines, align) for lines in _breakings(words)], box_aspect
        )
        if best.tallest * best.size_in(box_aspect) >= least:
            break
    assert best is not None  # noqa: S101 - there are squeezes
    return best


def _biggest(layouts: list[TextLayout], box_aspect: float) -> TextLayout:
    """Return the layout with the biggest letters; more lines must be worth it."""
    best = layouts[0]
    for layout in layouts[1:]:
        more = len(layout.lines) - len(best.lines)
        gain = layout.size_in(box_aspect) / best.size_in(box_aspect)
        # Breaks that give the same size: the narrowest block is the best balanced one.
        balanced = more == 0 and gain > ABOUT_EQUAL and layout.width < best.width
        if balanced or gain > WORTH_BREAKING ** (more > 0) / ABOUT_EQUAL:
            best = layout
    return best


def _breakings(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield the ways to break `words` into lines, fewest lines first."""
    for breaks in range(min(MOST_LINES, len(words))):
        for places in combinations(range(1, len(words)), breaks):
            edges = (0, *places, len(words))
            yield tuple(" ".join(words[a:b]) for a, b in pairwise(edges))


def _block(copy: str, how: _Setting, lines: tuple[str, ...], align: Align) -> TextLayout:
    set_lines = [_set_line(how, text, number) for number, text in enumerate(lines)]
    left = [line.box[0] for line in set_lines]
    widths = [line.box[2] - line.box[0] for line in set_lines]
    width = max(widths)
    pitch = _pitch(set_lines)
    top = set_lines[0].box[3]
    bottom = set_lines[-1].box[1] - pitch * (len(lines) - 1)
    cells: list[Cell] = []
    for number, line in enumerate(set_lines):
        slack = (width - widths[number]) / 2 if align == "center" else 0.0
        shift = (slack - left[number] - width / 2, -pitch * number - (top + bottom) / 2)
        cells.extend(_moved(cell, shift) for cell in line.cells)
    return TextLayout(copy, how.face, lines, tuple(cells), width, top - bottom)


def _pitch(lines: list[_Line]) -> float:
    """Return the distance of baselines that parts the two closest lines by LINE_GAP."""
    return max((low.box[3] - high.box[1] for high, low in pairwise(lines)), default=0.0) + LINE_GAP


def _set_line(how: _Setting, text: str, number: int) -> _Line:
    font, units = hb_font(how.face)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(font, buffer, FEATURES)
    pen, begins, cells = 0.0, False, list[Cell]()
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        character = text[info.cluster]
        if character.isspace():
            begins = True
            continue
        contours = _condensed(glyph_contours(how.face, info.codepoint), how.stretch)
        cell = Cell(character, number, (0.0, 0.0), contours, _ink(contours), how.stretch)
        if begins:
            pen = cells[-1].box[2] + WORD_GAP * how.stretch + how.tracking - cell.box[0]
        begins = False
        origin = (pen + how.stretch * position.x_offset / units, position.y_offset / units)
        cells.append(_moved(cell, origin))
        pen += how.stretch * position.x_advance / units + how.tracking
    boxes = np.array([cell.box for cell in cells])
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return _Line(tuple(cells), (float(low[0]), float(low[1]), float(high[0]), float(high[1])))


def _condensed(contours: tuple[Contour, ...], stretch: float) -> tuple[Contour, ...]:
    if stretch == 1.0:
        return contours
    return tuple(contour * np.array((stretch, 1.0), np.float32) for contour in contours)


def _moved(cell: Cell, shift: tuple[float, float]) -> Cell:
    dx, dy = shift
    x0, y0, x1, y1 = cell.box
    return replace(
        cell,
        origin=(cell.origin[0] + dx, cell.origin[1] + dy),
        contours=tuple(contour + np.array(shift, np.float32) for contour in cell.contours),
        box=(x0 + dx, y0 + dy, x1 + dx, y1 + dy),
    )


def _ink(contours: tuple[Contour, ...]) -> tuple[float, float, float, float]:
    points = np.concatenate(contours)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


@lru_cache(maxsize=8)
def hb_font(face: Face) -> tuple[Any, int]:
    """Return the HarfBuzz font of a face and its units per em."""
    loaded = hb.Face(hb.Blob.from_file_path(str(face.path)))
    return hb.Font(loaded), int(loaded.upem)


@lru_cache(maxsize=2048)
def glyph_contours(face: Face, glyph: int) -> tuple[Contour, ...]:
    """Return a glyph's outline as closed polygons in em units, pen at (0, 0)."""
    font, units = hb_font(face)
    pen = _FlatteningPen()
    font.draw_glyph_with_pen(glyph, pen)
    return tuple(
        np.array(contour, np.float32) / np.float32(units)
        for contour in pen.contours
        if len(contour) > 2
    )


class _FlatteningPen:
    """A fontTools-style segment pen that turns curves into CURVE_PIECES straight pieces."""

    def __init__(self) -> None:
        self.contours: list[list[tuple[float, float]]] = []

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the pen protocol's names
        self.contours.append([point])

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self.contours[-1].append(point)

    def qCurveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._curve(*points)

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._curve(*points)

    def closePath(self) -> None:  # noqa: N802
        pass

    def endPath(self) -> None:  # noqa: N802
        pass

    def _curve(self, *points: tuple[float, float]) -> None:
        """Append a Bezier curve of any degree by de Casteljau's construction."""
        start = self.contours[-1][-1]
        t = np.linspace(0.0, 1.0, CURVE_PIECES + 1)[1:, None, None]
        nodes = np.broadcast_to(np.array([start, *points]), (CURVE_PIECES, len(points) + 1, 2))
        while nodes.shape[1] > 1:
            nodes = nodes[:, :-1] * (1 - t) + nodes[:, 1:] * t
        self.contours[-1].extend((float(x), float(y)) for x, y in nodes[:, 0])
