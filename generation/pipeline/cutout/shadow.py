"""The cast shadow that an outline took along: it fades outwards and ends sharply at the product."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence, forgive_shadow
from .outline import disc, main_parts

Mask = NDArray[np.bool_]

# A contact shadow is deeper than one in the open, and tinted by the product: the further the
# product's own colours are from any shadow's, the more tint (Lab) is let pass.
DEEPEST_CONTACT: Final = 0.08
TINTED: Final = 0.45
MOST_TINT: Final = 24.0
LEAST_TINT: Final = 1.5
# A shadow lies on the ground: in this lowest part of the outline's height.
LOW_PART: Final = 0.6
# Pieces smaller than this part of the outline are left to the edge's own refinement.
LEAST_PIECE: Final = 0.002
# No shadow is a larger part of the outline than this: then the product itself is grey.
LARGEST_SHARE: Final = 0.35
# A piece has at least this part of its rim on the outside, and this part on the product.
LEAST_OUTER, LEAST_INNER = 0.12, 0.12
# The step (Lab over 5 px) at the product is at least this many times the step outside.
SHARPER_INSIDE: Final = 1.25
# A shadow's outer edge steps by no more than this, whatever lies inside.
SOFT_OUTSIDE: Final = 15.0


def shed_shadow(mask: Mask, evidence: Evidence) -> Mask:
    """Return `mask` (H, W) without the pieces at its rim that are shadow."""
    shaded = forgive_shadow(evidence.lab, evidence.backdrop, DEEPEST_CONTACT)
    darker = evidence.lab[..., 0] < evidence.backdrop.lab[..., 0] - 1
    own = float(np.median(shaded[mask]))
    tint = float(np.clip(TINTED * own, LEAST_TINT * evidence.low, MOST_TINT))
    rows = np.flatnonzero(mask.any(1))
    on_ground = np.arange(mask.shape[0]) > rows[-1] - LOW_PART * (rows[-1] - rows[0])
    like_shadow = mask & darker & (shaded < tint) & on_ground[:, None]
    like_shadow = cv2.morphologyEx(like_shadow.astype(np.uint8), cv2.MORPH_OPEN, disc(1))
    if like_shadow.sum() > LARGEST_SHARE * mask.sum():
        return mask
    step = _step(evidence.lab)
    outside = cv2.dilate((~mask).astype(np.uint8), disc(2)).astype(bool)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(like_shadow)
    kept = mask.copy()
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] < LEAST_PIECE * mask.sum():
            continue
        piece = pieces == number
        if _fades_outwards(piece, mask, outside, step):
            kept &= ~cv2.dilate(piece.astype(np.uint8), disc(1)).astype(bool) | ~mask
    opened = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_OPEN, disc(2)).astype(bool)
    return main_parts(opened) if opened.sum() > (1 - LARGEST_SHARE) * mask.sum() else mask


def _fades_outwards(piece: Mask, mask: Mask, outside: Mask, step: NDArray[np.float32]) -> bool:
    rim = cv2.dilate(piece.astype(np.uint8), disc(2)).astype(bool)
    rim &= ~cv2.erode(piece.astype(np.uint8), disc(1)).astype(bool)
    outer, inner = rim & outside, rim & ~outside & mask
    size = max(int(rim.sum()), 1)
    if outer.sum() < LEAST_OUTER * size or inner.sum() < LEAST_INNER * size:
        return False
    fading = float(np.median(step[outer]))
    return fading < SOFT_OUTSIDE and float(np.median(step[inner])) > SHARPER_INSIDE * fading


def _step(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    ranges = cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    return np.asarray(np.linalg.norm(ranges, axis=2), np.float32)
