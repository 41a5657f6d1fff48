"""What a finger painted, as the browser sends it: judged here, drawn in the child process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# Positions are whole numbers: this many to the photo's width, and to its height.
UNITS: Final = 10_000
# A finger that leaves the photo goes on painting beside it, this far at most.
OUTSIDE: Final = UNITS
# Half a brush's width in units of the photo's longer side: from a pixel to half the photo.
THINNEST, THICKEST = 1, UNITS // 2
# Patient retouching takes some fifty strokes; a stroke of 500 points is a long scribble.
MOST_STROKES: Final = 400
MOST_POINTS: Final = 40_000
# The longest that MOST_POINTS can be written in JSON.
MOST_BYTES: Final = 640 * 1024


class StrokesRefused(ValueError):  # noqa: N818 - the domain's word
    """What came is not a list of strokes within the limits."""


@dataclass(frozen=True)
class Stroke:
    """One stroke of the brush: what lies under it is to be kept, or to be removed.

    `radius` in 1/10000 of the photo's longer side; `points` are x, y in 1/10000 of its width and
    height, at least one.
    """

    keep: bool
    radius: int
    points: tuple[tuple[int, int], ...]


def read_strokes(sent: Any) -> tuple[Stroke, ...]:
    """Return the strokes of a decoded JSON list, in order. Raises StrokesRefused.

    Each is `{"keep": true, "radius": 200, "points": [x, y, x, y, ...]}`.
    """
    if not isinstance(sent, list) or len(sent) > MOST_STROKES:
        raise StrokesRefused("not a list of strokes, or too many of them")
    strokes = tuple(_stroke(entry) for entry in sent)
    if sum(len(stroke.points) for stroke in strokes) > MOST_POINTS:
        raise StrokesRefused("too many points")
    return strokes


def _stroke(entry: Any) -> Stroke:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("keep"), bool):
        raise StrokesRefused("a stroke says what is kept")
    points = entry.get("points")
    if (
        not isinstance(points, list)
        or not points
        or len(points) % 2
        or len(points) > 2 * MOST_POINTS
    ):
        raise StrokesRefused("a stroke has pairs of numbers")
    low, high = -OUTSIDE, UNITS + OUTSIDE
    numbers = [_whole(value, low, high) for value in points]
    pairs = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    return Stroke(entry["keep"], _whole(entry.get("radius"), THINNEST, THICKEST), pairs)


def _whole(value: Any, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise StrokesRefused("a number is none, or out of range")
    return value
