"""Whether the words can be read against what is behind them, and the soft backdrop that helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Luminance contrast that the worst tenth of the lettering must reach (WCAG 2.2, 1.4.11: graphics
# and large text), and how far past it the backdrop is taken, so that rounding cannot undo it.
ENOUGH: Final = 3.0
AIM: Final = 3.15
WORST_TENTH: Final = 10
# Contrast is judged as the eye does from arm's length: over patches of this part of the frame.
PATCH: Final = 0.012
# Measured in a picture of this long side: contrast is a low frequency.
MEASURE_SIDE: Final = 720
# A letter's rim, as a part of the frame: an outline or a bevel's side, which reads by itself.
RIM: Final = 0.004
# The backing's reach beyond the letters, as parts of the frame, and the share of the near one: a
# wide change that reads as the set's own light, and a close one that reads as the letters' shade.
WIDE, NEAR = 0.14, 0.035
NEAR_SHARE: Final = 0.3
# Strengths tried in turn. Beyond the last of each the change would be seen for what it is: a
# scrim may get deep, a glow soon looks like fog.
DARKENING: Final = (0.15, 0.3, 0.45, 0.58, 0.7, 0.8, 0.86)
LIGHTENING: Final = (0.1, 0.18, 0.26, 0.34)
# Opaque enough to be a letter's face, and transparent enough to be its surroundings.
FACE, NOTHING = 0.5, 0.05
# Black on white: what a picture without letters is given.
HIGHEST: Final = 21.0


@dataclass(frozen=True)
class Backing:
    """A soft change of the scene's light behind the words.

    `gain` and `lift` (H, W) float: scene * gain + lift, in linear light. `strength` is negative
    for darkening, positive for lightening, 0 for none. Contrasts are those of the worst tenth.
    """

    gain: Floats
    lift: Floats
    strength: float
    before: float
    after: float


def worst_contrast(scene: Floats, text: Floats, alpha: Floats) -> float:
    """Return the 10th percentile of the contrast (1..21) along the letters' outlines.

    `scene` and `text` (H, W) are linear luminances, `alpha` (H, W) 0..1. All are averaged over
    small patches: surroundings on one side, on the other the letters' faces or their rims,
    whichever stands out better there.
    """
    seen = scene + (text - scene) * alpha
    scale = min(MEASURE_SIDE / max(scene.shape), 1.0)
    scene, seen, alpha = (_shrunk(layer, scale) for layer in (scene, seen, alpha))
    sigma = PATCH * min(scene.shape)
    face, around = alpha > FACE, alpha < NOTHING
    side = 2 * max(1, round(RIM * min(scene.shape))) + 1
    rim = face & (cv2.erode(face.astype(np.uint8), np.ones((side, side), np.uint8)) == 0)
    outside, outside_weight = _patch_mean(scene, around, sigma)
    best = np.zeros_like(scene)
    for part in (face, rim):
        inside, weight = _patch_mean(seen, part, sigma)
        best = np.maximum(best, np.where(weight > 0.02, _contrast(inside, outside), 0))
    outline = rim & (outside_weight > 0.05) & (best > 0)
    return float(np.percentile(best[outline], WORST_TENTH)) if outline.any() else HIGHEST


def _contrast(one: Floats, other: Floats) -> Floats:
    """Source: WCAG 2.2, contrast ratio."""
    ratio = (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
    return np.asarray(ratio, np.float32)


def back_up(scene: Floats, text: Floats, alpha: Floats) -> Backing:
    """Return the weakest backing that makes the words legible, or the best there is.

    Arguments as in `worst_contrast`.
    """
    before = worst_contrast(scene, text, alpha)
    field = _field(alpha)
    best = _backing(field, 0.0, before, before)
    if before >= ENOUGH:
        return best
    steps = [-strength for strength in DARKENING] + list(LIGHTENING)
    for strength in sorted(steps, key=abs):
        tried = _backing(field, strength, before, 0.0)
        after = worst_contrast(scene * tried.gain + tried.lift, text, alpha)
        if after > best.after:
            best = _backing(field, strength, before, after)
        if best.after >= AIM:
            break
    return best


def _backing(field: Floats, strength: float, before: float, after: float) -> Backing:
    gain = 1 - abs(strength) * field
    lift = strength * field if strength > 0 else np.zeros_like(field)
    return Backing(gain, lift, strength, before, after)


def _field(alpha: Floats) -> Floats:
    """Return 0..1: full behind the letters, fading softly to nothing."""
    scale = min(MEASURE_SIDE / max(alpha.shape), 1.0)
    small = _shrunk(alpha, scale)
    wide, near = (_spread(small, reach * max(small.shape)) for reach in (WIDE, NEAR))
    field = (1 - NEAR_SHARE) * wide + NEAR_SHARE * near
    full = cv2.resize(field, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(full, np.float32)


def _spread(small: Floats, reach: float) -> Floats:
    """Grow and blur; near the frame's edge it runs out of the picture instead of ending there."""
    side = 2 * max(1, round(0.7 * reach)) + 1
    grown = cv2.dilate(small, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    wide = cv2.GaussianBlur(grown, (0, 0), 0.45 * reach, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(wide / max(float(wide.max()), 1e-6), 0, 1), np.float32)


def _patch_mean(layer: Floats, part: Mask, sigma: float) -> tuple[Floats, Floats]:
    weight = part.astype(np.float32)
    near = cv2.GaussianBlur(weight, (0, 0), sigma)
    return cv2.GaussianBlur(layer * weight, (0, 0), sigma) / np.maximum(near, 1e-6), near


def _shrunk(layer: Floats, scale: float) -> Floats:
    if scale == 1:
        return layer
    return np.asarray(cv2.resize(layer, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
