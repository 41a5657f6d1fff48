"""The second line's colour on its ground, the shade that it needs, and its proof in the ad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .layout import Box
from .legibility import back_up, worst_contrast
from .linear_light import LUMINANCE, luminance, to_linear
from .subline import Subline

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Paper white, and a black that keeps a breath of the ground's hue; linear light.
PAPER: Final = np.array((0.93, 0.90, 0.84), np.float32)
INK_LEVEL: Final = 0.012
# Paper goes with every set: ink is taken where it stands out this much better.
PAPER_FIRST: Final = 0.6


@dataclass(frozen=True)
class Inked:
    """The line as it was put on its ground: `under` (H, W, 3) is the linear light of its box
    before, `colour` (3,) its own; `contrast` of the worst tenth.
    """

    line: Subline
    under: Floats
    colour: Floats
    contrast: float

    def check(self, picture: Bytes, frame_height: int) -> dict[str, Any]:
        """Return the proof: what the finished ad shows of the line against the font itself."""
        box = self.line.box
        seen = to_linear(picture[box.y : box.bottom, box.x : box.right])
        way = self.colour - self.under
        coverage = ((seen - self.under) * way).sum(axis=2) / np.maximum((way * way).sum(2), 1e-6)
        facts = self.line.check(np.asarray(np.clip(coverage, 0, 1), np.float32))
        height = round(self.line.letter / frame_height, 4)
        return facts | {"contrast": round(self.contrast, 2), "letter_height": height}


def ink_in(
    ground: Floats, line: Subline, share: Floats, corner: tuple[int, int], side: int
) -> tuple[Floats, Inked]:
    """Return the ground (H, W, 3), linear, with the line on it, softly backed where it needs it.

    `ground` is the part of the frame whose upper left is at `corner` (x, y); `share` (H, W, 1) is
    1 where it may be shaded, 0 on product and headline; `side` is the frame's shorter one.
    """
    box = Box(line.box.x - corner[0], line.box.y - corner[1], line.box.width, line.box.height)
    place = slice(box.y, box.bottom), slice(box.x, box.right)
    alpha = np.zeros(ground.shape[:2], np.float32)
    alpha[place] = line.mask
    tone = luminance(ground)
    colours = PAPER, _ink(ground[place])
    light, dark = (worst_contrast(tone, _even(tone, c), alpha, side) for c in colours)
    colour = colours[0 if light >= PAPER_FIRST * dark else 1]
    backing = back_up(tone, _even(tone, colour), alpha, side)
    if backing.strength != 0:
        gain = 1 + (backing.gain[..., None] - 1) * share
        ground = ground * gain + backing.lift[..., None] * share
    under = ground[place].copy()
    after = worst_contrast(luminance(ground), _even(tone, colour), alpha, side)
    inked = ground + (colour - ground) * alpha[..., None]
    return np.asarray(inked, np.float32), Inked(line, under, colour, after)


def _even(like: Floats, colour: Floats) -> Floats:
    return np.full_like(like, float(colour @ LUMINANCE))


def _ink(ground: Floats) -> Floats:
    """Return nearly black in the ground's own hue."""
    mean = ground.reshape(-1, 3).mean(axis=0)
    return np.asarray(mean * INK_LEVEL / max(float(mean @ LUMINANCE), 1e-3), np.float32)
