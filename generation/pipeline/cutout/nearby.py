"""The learnt model's look from nearby: at a part of the photo.

The network sees `salience.SIDE` px, whatever it looks at: from nearby a small product's edge is
drawn finer, and less of a table or of neighbours is in sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from . import margin_box
from .salience import SEEN, salience

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
# Left, top, right, bottom.
Box = tuple[int, int, int, int]

# What is left round a product that is looked at from nearby and from closer still, as a part of its
# longer side; where that is more than this part of the photo, nothing new would be seen.
ROUND_ABOUT, CLOSER, NEARLY_ALL = 0.2, 0.12, 0.85
# A view is too narrow when what is seen covers more than this part of one side of its frame.
CUT_OFF: Final = 0.15
# Views whose intersection is at least this part of their union show the same.
SAME_VIEW: Final = 0.9
# A thing's size counts less the farther it is from the photo's middle: by half at this part of the
# way to the frame. Who photographs a product aims at it.
OFF_CENTRE: Final = 0.4


@dataclass(frozen=True)
class Nearby:
    """Looks at a `picture` (H, W, 3) of the photo, which are remembered.

    `mirrored`: as in a mirror, and what is seen turned back.
    """

    picture: Bytes
    mirrored: bool = False
    looks: list[tuple[Box, Floats]] = field(default_factory=list)

    def whole(self, shape: tuple[int, int]) -> Floats:
        """Return the salience (H, W) 0..1 of the whole picture, of that shape."""
        return np.asarray(cv2.resize(self._look(self.picture), shape[::-1]))

    def at(self, mask: Mask, afresh: bool = False) -> Floats | None:
        """Return the salience (H, W) 0..1 where `mask` is, with room round it, and 0 beyond.

        The picture is the mask's, or the same one larger. `afresh`: another look than those before,
        from a little closer, and not remembered. All 0 where the view's frame cuts through what is
        seen: that goes on. None where there is nothing to look at, or no more to see than in the
        whole photo.
        """
        if not mask.any():
            return None
        left, top, right, bottom = margin_box(mask, margin=0)
        around = round((CLOSER if afresh else ROUND_ABOUT) * max(right - left, bottom - top))
        left, top, right, bottom = box = margin_box(mask, margin=around)
        if (right - left) * (bottom - top) > NEARLY_ALL * mask.size:
            return None
        for known, before in self.looks:
            if not afresh and _alike(box, known):
                return before
        seen = np.zeros(mask.shape, np.float32)
        size = (right - left, bottom - top)
        across, down = np.divide(self.picture.shape[1::-1], mask.shape[::-1])
        rows = slice(round(top * down), round(bottom * down))
        columns = slice(round(left * across), round(right * across))
        look = self._look(self.picture[rows, columns])
        if not _cut_off(look, box, mask.shape):
            seen[top:bottom, left:right] = cv2.resize(look, size, interpolation=cv2.INTER_AREA)
        if not afresh:
            self.looks.append((box, seen))
        return seen

    def _look(self, part: Bytes) -> Floats:
        if not self.mirrored:
            return salience(np.ascontiguousarray(part))
        return salience(np.ascontiguousarray(part[:, ::-1]))[:, ::-1]


def _cut_off(look: Floats, box: Box, shape: tuple[int, ...]) -> bool:
    """Return whether the frame of the view `box` cuts through a thing that goes on in the photo."""
    left, top, right, bottom = box
    inner = (left > 0, top > 0, right < shape[1], bottom < shape[0])
    sides = (look[:, 0], look[0], look[:, -1], look[-1])
    return any(
        within and float((side > SEEN).mean()) > CUT_OFF
        for within, side in zip(inner, sides, strict=True)
    )


def _alike(one: Box, other: Box) -> bool:
    both = (*np.maximum(one[:2], other[:2]), *np.minimum(one[2:], other[2:]))
    return _area(both) > SAME_VIEW * (_area(one) + _area(other) - _area(both))


def _area(box: Sequence[int]) -> int:
    left, top, right, bottom = box
    return max(int(right - left), 0) * max(int(bottom - top), 0)


def most_central(mask: Mask) -> Mask:
    """Return the part of `mask` (H, W) that is largest for its distance from the middle."""
    count, parts, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 3:
        return mask
    away = np.abs(2 * centres[1:] / np.array(mask.shape[::-1]) - 1).max(axis=1)
    weight = stats[1:, cv2.CC_STAT_AREA] / (1 + (away / OFF_CENTRE) ** 2)
    return np.asarray(parts == 1 + int(weight.argmax()))
