"""Whether the words can be read against what is behind them, and the soft backdrop that helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Luminance contrast that the worst tenth of the lettering must reach (WCAG 2.2, 1.4.11: graphics
# and large text), and how far past it the backdrop is taken, so that rounding cannot undo it.
ENOUGH: Final = 3.0
AIM: Final = 3.15
WORST_TENTH: Final = 10
# Contrast is judged as the eye does from arm's length: over patches of this part of the frame.
PATCH: Final = 0.012
# Measured in a picture of this long side: contrast is a low frequency.
MEASURE_SIDE: Final = 540
# The backdrop's reach beyond the letters, as a part of the frame: wide, so that it reads as light.
REACH: Final = 0.06
# Strengths tried in turn; beyond the last the change would be seen as a box.
STRENGTHS: Final = (0.0, 0.15, 0.3, 0.45, 0.6, 0.72, 0.8)
# Opaque enough to be a letter's face.
FACE: Final = 0.5


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

    `scene` and `text` (H, W) are linear luminances, `alpha` (H, W) 0..1. Both are averaged over
    small patches: the letters' faces on one side, their surroundings on the other.
    """
    scale = min(MEASURE_SIDE / max(scene.shape), 1.0)
    scene, text, alpha = (_shrunk(layer, scale) for layer in (scene, text, alpha))
    face, around = (alpha > FACE).astype(np.float32), (alpha < 0.05).astype(np.float32)
    sigma = PATCH * max(scene.shape)
    inner, inner_weight = _patch_mean(text, face, sigma)
    outer, outer_weight = _patch_mean(scene, around, sigma)
    outline = (inner_weight > 0.15) & (outer_weight > 0.1)
    if not outline.any():
        return 21.0
    light, dark = np.maximum(inner, outer)[outline], np.minimum(inner, outer)[outline]
    return float(np.percentile((light + 0.05) / (dark + 0.05), WORST_TENTH))


def back_up(scene: Floats, text: Floats, alpha: Floats) -> Backing:
    """Return the weakest backing that makes the words legible, or the best there is.

    Arguments as in `worst_contrast`.
    """
    before = worst_contrast(scene, text, alpha)
    field = _field(alpha)
    best = _backing(field, 0.0, before, before)
    if before >= ENOUGH:
        return best
    for strength in STRENGTHS[1:]:
        for sign in (-1, 1):
            tried = _backing(field, sign * strength, before, 0.0)
            after = worst_contrast(scene * tried.gain + tried.lift, text, alpha)
            if after > best.after:
                best = _backing(field, sign * strength, before, after)
        if best.after >= AIM:
            break
    return best


def _backing(field: Floats, strength: float, before: float, after: float) -> Backing:
    gain = 1 - abs(strength) * field
    lift = strength * field if strength > 0 else np.zeros_like(field)
    return Backing(gain, lift, strength, before, after)


def _field(alpha: Floats) -> Floats:
    """Return 0..1: full behind the letters, fading to nothing over `REACH` of the frame."""
    scale = min(MEASURE_SIDE / 2 / max(alpha.shape), 1.0)
    small = _shrunk(alpha, scale)
    reach = REACH * max(small.shape)
    radius = max(1, round(0.5 * reach))
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    wide = cv2.GaussianBlur(cv2.dilate(small, window), (0, 0), 0.8 * reach)
    wide = np.clip(wide / max(float(wide.max()), 1e-6), 0, 1)
    full = cv2.resize(wide, alpha.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(full, 0, 1), np.float32)


def _patch_mean(layer: Floats, weight: Floats, sigma: float) -> tuple[Floats, Floats]:
    near = cv2.GaussianBlur(weight, (0, 0), sigma)
    return cv2.GaussianBlur(layer * weight, (0, 0), sigma) / np.maximum(near, 1e-6), near


def _shrunk(layer: Floats, scale: float) -> Floats:
    if scale == 1:
        return layer
    return np.asarray(cv2.resize(layer, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
