"""An edge of their own for letters as bright, or as dark, as the set: seen instead of a halo."""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .legibility import ENOUGH, HIGHEST, RIM, TONES, Backing, toned, worst_contrast
from .linear_light import luminance

Floats = NDArray[np.float32]

# Letters' sides as parts of a letter's height: all round, and further to the lower right, where
# the key light from the upper left does not reach.
WIDTH: Final = 0.027
DEPTH: Final = 0.055
SLANT: Final = (0.45, 1.0)
# No thinner than a pixel and a half, nor than the rim that legibility is judged by; no thicker than
# this. Parts of the frame's shorter side.
LEAST_PIXELS: Final = 1.5
LEAST_WIDTH: Final = 1.1 * RIM
MOST_WIDTH: Final = 0.008
# Contrast of the edge with what is round the letters, and the luminances it may have for that.
CONTRAST: Final = 5.0
DARKEST: Final = 0.010
BRIGHTEST: Final = 0.85
# Mean luminance from which letters count as bright, and as too pale for pale sides.
BRIGHT_LETTERS: Final = 0.14
PALE_LETTERS: Final = 0.35
# How strongly the letters' own hue colours a dark edge, and a bright one: gold's deep shade is a
# red brown, which takes more of its hue than gold has, and pale edges are nearly ivory.
DARK_HUE: Final = 1.7
BRIGHT_HUE: Final = 0.45
# How much brighter its upper left side is, and darker its lower right one.
RELIEF: Final = 0.75
# A stronger shade or glow than this would be seen for what it is. The shade is that of a white set:
# dark sets take more before it shows, as the eye sees roots.
MOST_SHADE: Final = 0.24
MOST_GLOW: Final = 0.15
# Opaque enough to be a letter's face.
FACE: Final = 0.9
# Surroundings are judged this far round the letters, in letter heights.
AROUND: Final = 0.25


def too_plain(backing: Backing, behind: Floats, alpha: Floats) -> bool:
    """Return whether the backing would be seen, as an outer glow, on luminances (H, W) `behind`."""
    faces = behind[alpha > FACE]
    bright = float(np.median(faces)) if faces.size else 0.0
    return backing.strength > MOST_GLOW or -backing.strength * bright**0.5 > MOST_SHADE


class Edged(NamedTuple):
    """Letters with solid sides: (H, W, 3) in linear light, and their opacity (H, W).

    `parted` is the contrast (1..21) of the worst tenth of the faces against their own sides, by
    which letters are read where the sides are no help against the set; `serves` the better of it
    and the sides' against the set. The faces were `toned` by `tone`.
    """

    text: Floats
    alpha: Floats
    parted: float
    serves: float = 0.0
    tone: float = 1.0


def edged(
    text: Floats, alpha: Floats, scene: Floats, *, letter: float, free: Floats, side: int
) -> Edged:
    """Return the letters with solid sides, their faces in the tone that they need to be read.

    Sides are dark or bright, whichever parts the letters better from `scene` (H, W, 3), in the
    letters' hue. `letter` is a letter's height in pixels, `side` the frame's shorter one; `free`
    (H, W) 0..1 is where an edge may go.
    """
    face = alpha > FACE
    if not face.any():
        return Edged(text, alpha, HIGHEST, HIGHEST)
    place = _Place(alpha, scene, face, letter, free, side)
    untoned = _sided(text, place)
    if untoned.serves >= ENOUGH:
        return untoned
    for tone in TONES[float(luminance(text[face]).mean()) >= BRIGHT_LETTERS][1:]:
        made = _sided(toned(text, tone), place)
        if made.serves >= ENOUGH:
            return made._replace(tone=tone)
    return untoned


class _Place(NamedTuple):
    """What sides depend on besides the letters' own colours; see `edged`."""

    alpha: Floats
    scene: Floats
    face: NDArray[np.bool_]
    letter: float
    free: Floats
    side: int


def _sided(text: Floats, place: _Place) -> Edged:
    """Return the letters with the sides that serve best."""
    alpha, scene, face, letter, free, side = place
    covered = np.maximum(alpha, _sides(alpha, letter, side) * free)
    relief = _relief(covered, letter)[..., None]
    share = (alpha / np.maximum(covered, 1e-4))[..., None]
    behind = luminance(scene)
    best = Edged(text, alpha, 0.0)
    for colour in _colours(text[face], _ground(behind, alpha, letter)):
        sides = colour * relief
        letters = np.asarray(text * share + sides * (1 - share), np.float32)
        contrast = worst_contrast(behind, luminance(letters), covered, side)
        # Sides are wider than what is judged as a rim: where they may go they are the ground.
        board = np.asarray(behind + (luminance(sides) - behind) * free, np.float32)
        parted = worst_contrast(board, luminance(text), alpha, side)
        # The likelier colour comes first, and is left only where it does not serve.
        serves = max(contrast, parted)
        if serves > best.serves:
            best = Edged(letters, covered, parted, serves)
        if best.serves >= ENOUGH:
            break
    return best


def _sides(alpha: Floats, letter: float, side: int) -> Floats:
    """Return the coverage of the letters grown all round and drawn out to the lower right."""
    width = max(LEAST_PIXELS, min(max(WIDTH * letter, LEAST_WIDTH * side), MOST_WIDTH * side))
    size = 2 * max(1, round(width)) + 1
    grown = cv2.dilate(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    out, depth = grown.copy(), DEPTH / WIDTH * width
    for step in range(1, round(depth) + 1):
        right, down = round(SLANT[0] * step), round(SLANT[1] * step)
        shift = np.array([[1, 0, right], [0, 1, down]], np.float32)
        out = np.maximum(out, cv2.warpAffine(grown, shift, grown.shape[::-1]))
    return np.asarray(out, np.float32)


def _ground(behind: Floats, alpha: Floats, letter: float) -> float:
    """Return the middle luminance round the letters."""
    reach = 2 * max(1, round(AROUND * letter)) + 1
    near = cv2.dilate(alpha, np.ones((reach, reach), np.uint8)) > 0
    around = near & (alpha < 1 - FACE)
    return float(np.median(behind[around])) if around.any() else 0.18


def _colours(faces: Floats, ground: float) -> list[Floats]:
    """Return the linear colours that an edge may have, far from the ground: the likelier first.

    Round bright letters a dark edge, round dark ones rather a bright edge: the two together can be
    read on both the lights and the darks of a busy set. White round chrome would drown it.
    """
    dark = max((ground + 0.05) / CONTRAST - 0.05, DARKEST)
    bright = min((ground + 0.05) * CONTRAST - 0.05, BRIGHTEST)
    colours = [_tinted(faces, dark, DARK_HUE), _tinted(faces, bright, BRIGHT_HUE)]
    bright_face = float(luminance(faces).mean())
    if bright_face >= PALE_LETTERS:
        return colours[:1]
    return colours if bright_face >= BRIGHT_LETTERS else colours[::-1]


def _tinted(faces: Floats, level: float, power: float) -> Floats:
    """Return a colour of that luminance in the letters' hue."""
    hue = np.maximum(faces.mean(axis=0, keepdims=True), 1e-3) ** power
    return np.asarray(np.minimum(level * hue[0] / luminance(hue)[0], 1), np.float32)


def _relief(covered: Floats, letter: float) -> Floats:
    """Return the light on the sides, about 1: brighter to the upper left."""
    soft = cv2.GaussianBlur(covered, (0, 0), max(0.5 * WIDTH * letter, 0.7))
    x, y = (cv2.Sobel(soft, cv2.CV_32F, dx, 1 - dx, ksize=3) for dx in (1, 0))
    lit = (0.5 * x + 0.85 * y) / max(float(np.abs(y).max()), 1e-4)
    return np.asarray(np.clip(1 + RELIEF * lit, 0.3, 1 + RELIEF), np.float32)
