"""Whether words can be read against what is behind them, and the soft shade that helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Luminance contrast that the worst tenth of the lettering must reach (WCAG 2.2, 1.4.11: graphics
# and large text), and how far past it the backdrop is taken, so that rounding cannot undo it.
ENOUGH: Final = 3.0
AIM: Final = 3.12
WORST_TENTH: Final = 10
# Contrast is judged as the eye does from arm's length: over patches of this part of the frame.
PATCH: Final = 0.012
# Measured in a picture of this long side: contrast is a low frequency.
MEASURE_SIDE: Final = 560
# A reach is grown and blurred in a picture where it is this many pixels.
SPREAD_PIXELS: Final = 10
# A letter's rim, as a part of the frame: an outline or a bevel's side, which reads by itself.
RIM: Final = 0.004
# Opaque enough to be a letter's face, and transparent enough to be its surroundings.
FACE, NOTHING = 0.5, 0.05
# Black on white: what a picture without letters is given.
HIGHEST: Final = 21.0


class Shade(NamedTuple):
    """How much the light changes close to the letters, around them, and far beyond."""

    hug: float
    near: float
    wide: float

    @property
    def strength(self) -> float:
        """The change right beside a letter, 0..1."""
        return 1 - (1 - self.hug) * (1 - self.near) * (1 - self.wide)


# The three reaches, as parts of the frame's geometric mean side. A close shade reads as the
# letters' own, a wide one as the set's light; in between it would be seen for what it is.
REACH: Final = Shade(0.018, 0.05, 0.16)
# Tried from the faintest. What is far from the letters, such as a lamp, is touched last and least.
DARKENING: Final = (
    Shade(0.20, 0.05, 0.00),
    Shade(0.35, 0.10, 0.00),
    Shade(0.48, 0.18, 0.02),
    Shade(0.58, 0.28, 0.05),
    Shade(0.64, 0.38, 0.09),
    Shade(0.68, 0.48, 0.14),
    Shade(0.70, 0.56, 0.20),
    Shade(0.72, 0.64, 0.28),
)
# Light added instead, in linear light: a glow soon looks like fog.
LIGHTENING: Final = (
    Shade(0.05, 0.03, 0.00),
    Shade(0.09, 0.06, 0.01),
    Shade(0.13, 0.10, 0.03),
    Shade(0.18, 0.15, 0.06),
)
# Where a faint shade of the set will not do, the letters' own middle tones are raised against a
# dark set, or lowered against a bright one, with their lights left alone: `toned`.
TONES: Final = {True: (1.0, 1.3, 1.7, 2.3), False: (1.0, 0.75, 0.55, 0.4)}
# What a change costs the picture: a shade by the square of its strength, as two faint ones are
# better than one that is seen; a glow twice that; the first step of tone as much as a faint
# shade, the last as much as a deep one.
GLOW_COST: Final = 2.0
TONE_COST: Final = 0.08


@dataclass(frozen=True)
class Backing:
    """A soft change of the light behind the words, and of the words' own.

    `gain` and `lift` (H, W) float: scene * gain + lift, in linear light; `tone` is what the
    letters are `toned` by. `strength` is negative for darkening, positive for lightening, 0 for
    none. Contrasts are those of the worst tenth. `edged` letters were given sides of their own.
    """

    gain: Floats
    lift: Floats
    strength: float
    before: float
    after: float
    tone: float = 1.0
    edged: bool = False


def worst_contrast(scene: Floats, text: Floats, alpha: Floats, side: int | None = None) -> float:
    """Return the 10th percentile of the contrast (1..21) along the letters' outlines.

    `scene` and `text` (H, W) are linear luminances, `alpha` (H, W) 0..1. All are averaged over
    small patches: surroundings on one side, on the other the letters' faces or their rims,
    whichever stands out better there. `side` is the frame's shorter one in pixels where the
    arrays are a window of it.
    """
    return _Outline(scene, text, alpha, side or min(scene.shape)).contrast(gain=None, lift=None)


class _Outline:
    """The letters' outlines in a small picture: the same letters on many grounds."""

    def __init__(self, scene: Floats, text: Floats, alpha: Floats, side: int) -> None:
        self.scale = min(MEASURE_SIDE / max(scene.shape), 1.0)
        self.scene, covered, self.alpha = (
            _shrunk(layer, self.scale) for layer in (scene, text * alpha, alpha)
        )
        self.sigma = PATCH * side * self.scale
        # Only the letters and what is judged around them: patches reach no further.
        self.crop = _bounds(self.alpha > NOTHING, round(5 * self.sigma) + 1)
        self.scene, alpha, covered = (
            layer[self.crop] for layer in (self.scene, self.alpha, covered)
        )
        # What is transparent has no colour: it must not leak into the letters' edges.
        own = np.asarray(covered / np.maximum(alpha, 1e-3), np.float32)
        face, self.around = alpha > FACE, (alpha < NOTHING).astype(np.float32)
        width = 2 * max(1, round(RIM * side * self.scale)) + 1
        rim = face & (cv2.erode(face.astype(np.uint8), np.ones((width, width), np.uint8)) == 0)
        self.outside_weight = _blurred(self.around, self.sigma)
        self.outline = rim & (self.outside_weight > 0.05)
        self.own, self.parts = np.asarray(own, np.float32), (face, rim)
        self.inside: dict[float, list[tuple[Floats, Floats]]] = {}

    def _inside(self, tone: float) -> list[tuple[Floats, Floats]]:
        """Return the patch means of the letters' faces and rims in that tone, and weights."""
        if tone not in self.inside:
            own = toned(self.own, tone)
            self.inside[tone] = [self._means(own, part) for part in self.parts]
        return self.inside[tone]

    def _means(self, layer: Floats, part: Mask) -> tuple[Floats, Floats]:
        """Return patch means of the layer over the part at the outline, and their weights."""
        weight = part.astype(np.float32)
        near = _blurred(weight, self.sigma)[self.outline]
        return _blurred(layer * weight, self.sigma)[self.outline] / np.maximum(near, 1e-6), near

    def contrast(self, *, gain: Floats | None, lift: Floats | None, tone: float = 1.0) -> float:
        """Return the worst tenth's contrast with the ground changed; arrays of the small size."""
        if not self.outline.any():
            return HIGHEST
        ground = self.scene
        if gain is not None and lift is not None:
            ground = ground * gain[self.crop] + lift[self.crop]
        outside = _blurred(ground * self.around, self.sigma)[self.outline]
        outside /= self.outside_weight[self.outline]
        best = np.zeros_like(outside)
        for mean, weight in self._inside(tone):
            contrast = _contrast(mean, outside)
            best = np.maximum(best, np.where(weight > 0.02, contrast, 0))
        seen = best[best > 0]
        return float(np.percentile(seen, WORST_TENTH)) if len(seen) else HIGHEST


def _contrast(one: Floats, other: Floats) -> Floats:
    """Source: WCAG 2.2, contrast ratio."""
    ratio = (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
    return np.asarray(ratio, np.float32)


def back_up(scene: Floats, text: Floats, alpha: Floats, side: int | None = None) -> Backing:
    """Return the weakest backing that makes the words legible, or the best there is.

    Arguments as in `worst_contrast`.
    """
    outline = _Outline(scene, text, alpha, side or min(scene.shape))
    before = outline.contrast(gain=None, lift=None)
    if before >= ENOUGH:
        return unbacked(scene, before)
    fields = _fields(outline.alpha, (side or min(scene.shape)) * outline.scale)
    best, reached = None, before
    for shade, darker, tone in _attempts():
        gain, lift = _change(fields, shade, darker)
        after = outline.contrast(gain=gain, lift=lift, tone=tone)
        if after > reached:
            best, reached = (gain, lift, -shade.strength if darker else shade.strength, tone), after
        if reached >= AIM:
            break
    if best is None:
        return unbacked(scene, before)
    gain, lift, strength, tone = best
    return Backing(_full(gain, scene), _full(lift, scene), strength, before, reached, tone)


def unbacked(like: Floats, contrast: float) -> Backing:
    """Return a backing that changes nothing, of the array's shape (H, W)."""
    return Backing(np.ones_like(like), np.zeros_like(like), 0.0, contrast, contrast)


def toned(text: Floats, tone: float) -> Floats:
    """Return linear light 0..1 with its dark and middle tones multiplied, black and white kept."""
    return text if tone == 1 else np.asarray(text * tone / (1 + (tone - 1) * text), np.float32)


def _attempts() -> Iterator[tuple[Shade, bool, float]]:
    """Yield what is tried, from what is seen least: shades, glows, and tones of the letters."""
    tries = [
        (cost * shade.strength**2 + TONE_COST * level**1.5, shade, darker, tone)
        for shades, darker, cost in ((DARKENING, True, 1.0), (LIGHTENING, False, GLOW_COST))
        for shade in shades
        for level, tone in enumerate(TONES[darker])
    ]
    for _cost, shade, darker, tone in sorted(tries):
        yield shade, darker, tone


def _change(fields: list[Floats], shade: Shade, darker: bool) -> tuple[Floats, Floats]:
    shares = zip(fields, shade, strict=True)
    if not darker:
        lift = np.asarray(sum(share * field for field, share in shares), np.float32)
        return np.ones_like(lift), lift
    gain = np.ones_like(fields[0])
    for field, share in shares:
        gain *= 1 - share * field
    return gain, np.zeros_like(gain)


def _fields(alpha: Floats, side: float) -> list[Floats]:
    """Return 0..1 for each reach: full behind the letters, fading softly to nothing."""
    return [_spread(alpha, reach * side) for reach in REACH]


def _spread(alpha: Floats, reach: float) -> Floats:
    """Grow and blur; near the picture's edge it runs out of it instead of ending there."""
    small = _shrunk(alpha, min(1.0, SPREAD_PIXELS / reach))
    reach *= small.shape[0] / alpha.shape[0]
    side = 2 * max(1, round(0.7 * reach)) + 1
    grown = cv2.dilate(small, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    wide = cv2.GaussianBlur(grown, (0, 0), 0.45 * reach, borderType=cv2.BORDER_REPLICATE)
    full = wide / max(float(wide.max()), 1e-6)
    return np.clip(_full(np.asarray(full, np.float32), alpha), 0, 1)


def _full(small: Floats, like: Floats) -> Floats:
    grown = cv2.resize(small, like.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, np.float32)


def _blurred(layer: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(layer, (0, 0), sigma), np.float32)


def _bounds(mask: Mask, reach: int) -> tuple[slice, slice]:
    """Return the rows and columns that hold the mask and `reach` more; all of an empty one."""
    if not mask.any():
        return slice(None), slice(None)
    rows, columns = (
        slice(max(int(where[0]) - reach, 0), int(where[-1]) + 1 + reach)
        for where in (np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0)))
    )
    return rows, columns


def _shrunk(layer: Floats, scale: float) -> Floats:
    if scale == 1:
        return layer
    return np.asarray(cv2.resize(layer, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
