"""Words behind the product: slid up to it, as far as every syllable can still be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
# left, top, right, bottom of a character's ink in pixels.
Cell = tuple[float, float, float, float]

# A syllable may lose this much of its ink to the product: its last stroke stays to be seen.
MOST_COVERED: Final = 0.10
# How far the words may slide towards the product, or away from it, as a part of the frame's side
# along the way, and in what steps. Further and their shadow would lie in the wrong place.
FARTHEST: Final = 0.14
STEP: Final = 0.005
# Coverage is summed in a picture of this long side.
MEASURE_SIDE: Final = 540
# Words keep this much of the frame free at its edges while they slide.
MARGIN: Final = 0.05


@dataclass(frozen=True)
class Slide:
    """How the words were moved: pixels right and down, and what the product hides of them.

    `covered` is the share of ink that the worst syllable loses. `in_front`: no place was found
    where all can be read, so the words stay in front of the product.
    """

    right: int
    down: int
    covered: float
    in_front: bool

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        moved = {"right": self.right, "down": self.down}
        return {**moved, "covered": round(self.covered, 3), "in_front": self.in_front}


def slide_behind(alpha: Floats, product: Floats, cells: tuple[Cell, ...]) -> Slide:
    """Return the slide that brings the words (H, W) furthest behind the product (H, W).

    Both are opacities 0..1 of the frame's size; without `cells` the words are judged as one.
    """
    height, width = alpha.shape
    words, goods = _extent(alpha), _extent(product)
    if words is None or goods is None:
        return Slide(0, 0, 0.0, in_front=False)
    along = _direction(words, goods)
    ways = [
        (round(along[0] * step * width), round(along[1] * step * height))
        for step in np.arange(-FARTHEST, FARTHEST + STEP / 2, STEP)
    ]
    ways = [way for way in ways if way == (0, 0) or _inside(words, way, width, height)]
    judged = _coverages(alpha, product, cells or (words,), ways)
    good = [(way, worst) for way, worst in zip(ways, judged, strict=True) if worst <= MOST_COVERED]
    if not good:
        return Slide(0, 0, min(judged), in_front=True)
    # As deep behind the product as can be read; among equals, the shortest way.
    (right, down), worst = max(good, key=lambda found: (round(found[1], 2), -_length(found[0])))
    return Slide(right, down, worst, in_front=False)


def slid(layer: NDArray[Any], slide: Slide, empty: float) -> NDArray[Any]:
    """Return the layer (H, W, C) moved, with `empty` where nothing moves in."""
    if (slide.right, slide.down) == (0, 0):
        return layer
    height, width = layer.shape[:2]
    moved = np.full_like(layer, empty)
    into = _overlap(slide.down, height), _overlap(slide.right, width)
    out_of = _overlap(-slide.down, height), _overlap(-slide.right, width)
    moved[into] = layer[out_of]
    return moved


def _overlap(shift: int, size: int) -> slice:
    return slice(max(shift, 0), size + min(shift, 0))


def _direction(words: Cell, goods: Cell) -> tuple[int, int]:
    """Return the way from the words to the product: along the axis on which they are apart."""
    across = max(goods[0] - words[2], words[0] - goods[2])
    down = max(goods[1] - words[3], words[1] - goods[3])
    if across > down:
        return (1, 0) if goods[0] > words[0] else (-1, 0)
    return (0, 1) if goods[3] > words[3] else (0, -1)


def _coverages(
    alpha: Floats, product: Floats, cells: tuple[Cell, ...], ways: list[tuple[int, int]]
) -> list[float]:
    """Return the share of ink that the worst-off character loses, for each way."""
    scale = min(1.0, MEASURE_SIDE / max(alpha.shape))
    ink, goods = (
        cv2.resize(layer, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for layer in (alpha, product)
    )
    boxes = [tuple(round(edge * scale) for edge in cell) for cell in cells]
    inks = [float(ink[y0:y1, x0:x1].sum()) for x0, y0, x1, y1 in boxes]
    worst = []
    for right, down in ways:
        move = np.array([[1, 0, -right * scale], [0, 1, -down * scale]], np.float32)
        hidden = ink * cv2.warpAffine(goods, move, ink.shape[::-1])
        losses = [
            float(hidden[y0:y1, x0:x1].sum()) / total
            for (x0, y0, x1, y1), total in zip(boxes, inks, strict=True)
            if total > 0
        ]
        worst.append(max(losses, default=0.0))
    return worst


def _inside(words: Cell, way: tuple[int, int], width: int, height: int) -> bool:
    left, top, right, bottom = words
    return (
        left + way[0] >= min(left, MARGIN * width)
        and right + way[0] <= max(right, (1 - MARGIN) * width)
        and top + way[1] >= min(top, MARGIN * height)
        and bottom + way[1] <= max(bottom, (1 - MARGIN) * height)
    )


def _extent(plane: Floats) -> Cell | None:
    rows, columns = np.flatnonzero((plane > 0.1).any(1)), np.flatnonzero((plane > 0.1).any(0))
    if not len(rows):
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _length(way: tuple[int, int]) -> int:
    return abs(way[0]) + abs(way[1])
