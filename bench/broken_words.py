"""Words broken on purpose, one fault each, to see that the proof of the words catches them.

A word is drawn from the distance field that its mesh is made of; that is all the proof reads of it,
so nothing is rendered. Then one fault is put in: another letter, or a blemish of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import cycle
from random import Random
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.glyphs.faces import Face, face_for
from generation.pipeline.glyphs.field import DistanceField, distance_field
from generation.pipeline.glyphs.marching import SURPLUS
from generation.pipeline.glyphs.shaping import TextLayout, layout_lines
from generation.pipeline.glyphs.verify import EmToPixel, WordsCheck, check_words, intended_mask
from generation.pipeline.studio.materials import Material, material

from .copies import COPIES, FINALS, INITIALS, VOWELS, parts, syllable

Plane = NDArray[np.float32]

# Pixels per em of a long and of a short line at 1080 px.
SIZES: Final = (70.0, 140.0)
# Samples per em of a letter's field: about what the mesh of a short line has.
DETAIL: Final = 120.0
# Room round a word's ink, px: nothing may be cut off.
ROOM: Final = 40
# Radius (em) of what covers a stroke; it is a sixth of a syllable wide.
COVER: Final = 0.07
# A counter under this radius (em) is hardly an eye's to see: it is not filled.
LEAST_COUNTER: Final = 0.02
# How far (em) a syllable is moved out of its place.
SHIFT: Final = (0.08, 0.20)

WORDS: Final = tuple(dict.fromkeys(
    word for copy in COPIES for word in copy.split()
    if 2 <= len(word) <= 3 and all("가" <= c <= "힣" for c in word)
))  # fmt: skip


@dataclass(frozen=True)
class Glyph:
    """A character to draw and its pen position, in em."""

    character: str
    pen: tuple[float, float]


@dataclass(frozen=True)
class Page:
    """A word as it should look: its layout and where it stands in a picture of `shape`."""

    style: str
    layout: TextLayout
    mapping: EmToPixel
    shape: tuple[int, int]

    @property
    def made_of(self) -> Material:
        return material(self.style)

    @property
    def glyphs(self) -> list[Glyph]:
        return [Glyph(cell.character, cell.origin) for cell in self.layout.cells]

    def drawn(self, glyphs: list[Glyph]) -> Plane:
        """Return the coverage (H, W) 0..1 of these glyphs in this material."""
        alpha = np.zeros(self.shape, np.float32)
        for glyph in glyphs:
            self._draw(glyph, alpha)
        return alpha

    def _draw(self, glyph: Glyph, alpha: Plane) -> None:
        """Add one glyph to the picture: its field, looked up at the pixels that it reaches."""
        field, pen = _field(self.style, glyph.character, self.layout.face)
        left = field.left + glyph.pen[0] - pen[0]
        bottom = field.bottom + glyph.pen[1] - pen[1]
        high, wide = (side * field.step for side in field.distance.shape)
        x0, y0, x1, y1 = self.mapping.box((left, bottom, left + wide, bottom + high))
        rows = slice(max(int(y0), 0), min(int(y1) + 1, self.shape[0]))
        columns = slice(max(int(x0), 0), min(int(x1) + 1, self.shape[1]))
        down, right = np.mgrid[rows, columns].astype(np.float32) + np.float32(0.5)
        x = ((right - self.mapping.x0) / self.mapping.scale - left) / field.step
        y = ((self.mapping.y0 - down) / self.mapping.scale - bottom) / field.step
        distance = cv2.remap(field.distance, x, y, cv2.INTER_LINEAR, borderValue=-1)
        ink = np.clip((distance + SURPLUS) * self.mapping.scale + 0.5, 0, 1)
        alpha[rows, columns] = np.maximum(alpha[rows, columns], ink)

    def wanted(self, index: int) -> Plane:
        """Return the coverage that the font wants of one character."""
        cell = self.layout.cells[index]
        return intended_mask(cell, self.layout.face, self.mapping, self.shape, self.made_of.swell)

    def check(self, alpha: Plane) -> WordsCheck:
        """Return the engine's proof of a picture of this word."""
        return check_words(alpha, self.layout, self.mapping, swell=self.made_of.swell)


@dataclass(frozen=True)
class Broken:
    """One broken word: `caught` when the proof refused it, `worst` its greatest defect 0..1.

    `intact` tells whether the same word passed before it was broken.
    """

    style: str
    kind: str
    label: str
    caught: bool
    worst: float
    intact: bool


@lru_cache(maxsize=512)
def _field(style: str, character: str, face: Face) -> tuple[DistanceField, tuple[float, float]]:
    """Return one character's distance field and its pen position in it."""
    layout = layout_lines(character, face, 1.0)
    return distance_field(layout, DETAIL, material(style).swell), layout.cells[0].origin


def page_of(style: str, word: str, size: float) -> Page:
    """Lay a word out on one line, `size` px per em."""
    layout = layout_lines(word, face_for(style, word).face, 9.0, tracking=material(style).tracking)
    half = size * layout.width / 2 + ROOM, size * layout.height / 2 + ROOM
    shape = int(2 * half[1]), int(2 * half[0])
    return Page(style, layout, EmToPixel(size, *half), shape)


def break_words(
    style: str, count: int, seed: int = 1, words: Sequence[str] = WORDS
) -> list[Broken]:
    """Break `count` words of one material, the kinds of fault in turn."""
    chance = Random(f"{style} {seed}")
    kinds = cycle(KINDS)
    return [_broken(style, next(kinds), chance, words) for _ in range(count)]


def _broken(style: str, kind: str, chance: Random, words: Sequence[str]) -> Broken:
    fault = None
    while fault is None:  # not every word has a place for every kind
        page = page_of(style, chance.choice(words), chance.choice(SIZES))
        fault = KINDS[kind](page, chance)
    alpha, what = fault
    found, label = page.check(alpha), f"{style} {kind} {page.layout.copy} {what}"
    worst = max(found.stray, *(cell.defect for cell in found.cells))
    intact = page.check(page.drawn(page.glyphs)).ok
    return Broken(style, kind, label, not found.ok, worst, intact)


# A fault put into a word: the picture and what was done, None where the word has no such place.
Fault = Callable[[Page, Random], tuple[Plane, str] | None]


def _another_letter(page: Page, chance: Random) -> tuple[Plane, str] | None:
    index = chance.randrange(len(page.glyphs))
    letters = list(parts(page.glyphs[index].character))
    place = chance.randrange(3)
    letters[place] = chance.choice((INITIALS, VOWELS, FINALS.strip())[place])
    return _replaced(page, index, syllable(*letters))


def _no_final(page: Page, chance: Random) -> tuple[Plane, str] | None:
    index = chance.randrange(len(page.glyphs))
    first, vowel, _ = parts(page.glyphs[index].character)
    return _replaced(page, index, syllable(first, vowel))


def _replaced(page: Page, index: int, other: str) -> tuple[Plane, str] | None:
    glyphs = page.glyphs
    if other == glyphs[index].character or not page.layout.face.covers(other):
        return None
    glyphs[index] = replace(glyphs[index], character=other)
    return page.drawn(glyphs), f"-> {other}"


def _covered(page: Page, chance: Random) -> tuple[Plane, str] | None:
    """Take a round piece out of a stroke, at its middle line."""
    index = chance.randrange(len(page.glyphs))
    ink = (page.wanted(index) > 0.5).astype(np.uint8)
    inside = cv2.distanceTransform(ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    middle = (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8))) & (ink > 0)
    spot = chance.choice(np.argwhere(middle).tolist())
    alpha = page.drawn(page.glyphs)
    cv2.circle(alpha, (spot[1], spot[0]), round(COVER * page.mapping.scale), 0.0, -1)
    return alpha, f"{page.glyphs[index].character} without the ink at {spot}"


def _filled(page: Page, chance: Random) -> tuple[Plane, str] | None:
    """Fill the largest counter of a character."""
    index = chance.randrange(len(page.glyphs))
    empty = (page.wanted(index) < 0.5).astype(np.uint8)
    count, labels, sizes, _ = cv2.connectedComponentsWithStats(empty, connectivity=4)
    holes = [k for k in range(1, count) if k != labels[0, 0]]
    if not holes:
        return None
    largest = labels == max(holes, key=lambda k: sizes[k, cv2.CC_STAT_AREA])
    depth = cv2.distanceTransform(largest.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    if depth.max() < LEAST_COUNTER * page.mapping.scale:
        return None
    alpha = page.drawn(page.glyphs)
    alpha[cv2.dilate(largest.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 1.0
    return alpha, f"{page.glyphs[index].character} filled"


def _missing(page: Page, chance: Random) -> tuple[Plane, str] | None:
    glyphs = page.glyphs
    gone = glyphs.pop(chance.randrange(len(glyphs)))
    return page.drawn(glyphs), f"without {gone.character}"


def _doubled(page: Page, chance: Random) -> tuple[Plane, str] | None:
    """Write a character twice, and push what follows along."""
    glyphs = page.glyphs
    index = chance.randrange(len(glyphs) - 1)
    step = glyphs[index + 1].pen[0] - glyphs[index].pen[0]
    pushed = [replace(one, pen=(one.pen[0] + step, one.pen[1])) for one in glyphs[index:]]
    return page.drawn([*glyphs[: index + 1], *pushed]), f"{glyphs[index].character} twice"


def _shifted(page: Page, chance: Random) -> tuple[Plane, str] | None:
    glyphs = page.glyphs
    index, turn = chance.randrange(len(glyphs)), chance.uniform(0, 2 * math.pi)
    far = chance.uniform(*SHIFT)
    (x, y), glyph = glyphs[index].pen, glyphs[index]
    glyphs[index] = replace(glyph, pen=(x + far * math.cos(turn), y + far * math.sin(turn)))
    return page.drawn(glyphs), f"{glyph.character} {far:.2f} em off"


def _exchanged(page: Page, chance: Random) -> tuple[Plane, str] | None:
    glyphs = page.glyphs
    a, b = chance.sample(range(len(glyphs)), 2)
    if glyphs[a].character == glyphs[b].character:
        return None
    one, other = glyphs[a].character, glyphs[b].character
    glyphs[a], glyphs[b] = replace(glyphs[a], character=other), replace(glyphs[b], character=one)
    return page.drawn(glyphs), f"{one} and {other} exchanged"


KINDS: Final[dict[str, Fault]] = {
    "another letter": _another_letter,
    "no final consonant": _no_final,
    "covered stroke": _covered,
    "filled counter": _filled,
    "missing syllable": _missing,
    "doubled syllable": _doubled,
    "shifted syllable": _shifted,
    "exchanged syllables": _exchanged,
}
