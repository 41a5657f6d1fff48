"""From a frame's size to one that a model paints well, and back, without moving a pixel's place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .catalog import MOST_PIXELS

Picture = NDArray[np.uint8]

# Below this, models lose their composition: a banner of 0.27 megapixels is painted larger.
LEAST_PIXELS: Final = 512 * 1024
# A draft is painted at its own size, but not so small that nothing is left of a scene.
LEAST_DRAFT_PIXELS: Final = 384 * 384


@dataclass(frozen=True)
class Canvas:
    """A model's picture that holds the frame in its middle, with a narrow border.

    `width`, `height` are multiples of the model's grid; `inner_width`, `inner_height` is the frame
    at the canvas's scale; the rest is border, shared out to both sides.
    """

    frame_width: int
    frame_height: int
    width: int
    height: int
    inner_width: int
    inner_height: int

    @property
    def left(self) -> int:
        """Columns of border left of the frame."""
        return (self.width - self.inner_width) // 2

    @property
    def top(self) -> int:
        """Rows of border above the frame."""
        return (self.height - self.inner_height) // 2

    def enter(self, picture: Picture) -> Picture:
        """Return a frame-sized picture (H, W) or (H, W, C) on the canvas, its border mirrored."""
        size = (self.inner_width, self.inner_height)
        smaller = self.inner_width < picture.shape[1]
        filter_ = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        inner = cv2.resize(picture, size, interpolation=filter_)
        right = self.width - self.inner_width - self.left
        below = self.height - self.inner_height - self.top
        border = cv2.BORDER_REFLECT
        return np.asarray(
            cv2.copyMakeBorder(inner, self.top, below, self.left, right, border), np.uint8
        )

    def leave(self, picture: Picture) -> Picture:
        """Return the frame out of a canvas-sized picture, at the frame's size."""
        rows = slice(self.top, self.top + self.inner_height)
        inner = picture[rows, self.left : self.left + self.inner_width]
        smaller = self.frame_width < self.inner_width
        filter_ = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        size = (self.frame_width, self.frame_height)
        return np.asarray(cv2.resize(inner, size, interpolation=filter_), np.uint8)

    def leave_small(self, picture: Picture) -> Picture:
        """Return the frame out of a picture of the canvas at any smaller size, as it is."""
        share = picture.shape[1] / self.width
        left, top = round(self.left * share), round(self.top * share)
        width = max(round(self.inner_width * share), 1)
        height = max(round(self.inner_height * share), 1)
        return np.ascontiguousarray(picture[top : top + height, left : left + width])


def canvas_for(
    width: int,
    height: int,
    grid: int,
    *,
    draft: bool = False,
    share: float = 1.0,
) -> Canvas:
    """Return the canvas on which a model with this grid (px) paints a frame.

    The frame keeps its proportions; odd and very wide sizes get a border instead of a distortion.
    `share` 0..1 of the sides it would have: a second try after running out of memory takes less.
    """
    least = LEAST_DRAFT_PIXELS if draft else LEAST_PIXELS
    area = min(max(width * height, least), MOST_PIXELS) * share**2
    most = MOST_PIXELS * share**2
    scale = math.sqrt(area / (width * height))
    while True:
        inner = [max(round(side * scale), 1) for side in (width, height)]
        outer = [max(math.ceil(side / grid), 2) * grid for side in inner]
        if outer[0] * outer[1] <= most or max(inner) <= 2 * grid:
            return Canvas(width, height, *outer, *inner)
        scale *= 0.985
