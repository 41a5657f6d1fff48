"""The cast shadow that an outline took along, told from the product by colour and by its edge.

A shadow is the backdrop with less light, whatever its depth: in the picture of what no shadow
explains it vanishes, the marks of planks and cloth with it, and GrabCut cuts the product out of
that picture. A product that is itself a dimmed backdrop (a black jar on grey) would vanish too, so
a piece is also asked for its outer edge: a shadow's is soft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from . import margin_box, working_scale
from .backdrop import LEAST_COVERAGE, border_pixels
from .evidence import Evidence
from .grabcut import run_grabcut
from .outline import disc, fill_holes, main_parts

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

# 8-bit steps per Lab unit of what no shadow explains.
GAIN: Final = 2.5
ROUNDS: Final = 3
# A whole photo without shadows is cut at the area of a square of this side.
COLOURED_SIDE: Final = 320
# Room round the outline that GrabCut learns the ground from, as a part of its mean diameter.
CONTEXT: Final = 0.2
# A shadow lies on the ground: in this lowest part of the outline's height.
LOW_PART: Final = 0.6
# Pieces smaller than this part of the outline are left to the edge's own refinement.
LEAST_PIECE: Final = 0.002
# No shadow is a larger part of the outline than this: then the product itself is grey.
LARGEST_SHARE: Final = 0.35
# Of the step over 11 px at a shadow's outer edge this part lies within 3 px: at most, and at least.
SOFT, SHARP = 0.3, 0.45
# The step over 5 px where a shadow meets the product is at least this part of the one outside.
LEAST_INNER: Final = 0.6
# In the picture without shadows the step at the product is at least so many times the one outside.
CLEARER_INSIDE: Final = 1.3
# From this softness on, 0..1, a piece is taken for shadow.
HALF: Final = 0.5


@dataclass(frozen=True)
class Lit:
    """An outline (H, W) with the shadow that is left in it and the product that was cut off it.

    Both are guesses from the pieces' edges: the root of their part of the outline's area, 0..1.
    """

    mask: Mask
    shadow_left: float = 0.0
    product_lost: float = 0.0


def lit_outlines(mask: Mask, evidence: Evidence) -> list[Lit]:
    """Return `mask` (H, W), then without all that shadow explains, then without soft pieces only.

    The first alone where no part of it may be shadow, or the backdrop is no smooth surface.
    """
    if evidence.backdrop.coverage < LEAST_COVERAGE:
        return [Lit(mask)]
    lit = _unshadowed(mask, evidence)
    if lit.sum() < (1 - LARGEST_SHARE) * mask.sum():
        return [Lit(mask)]
    pieces = _pieces(mask & ~lit, mask)
    soft = [_softness(piece, mask, lit, evidence) for piece in pieces]
    sizes = np.array([piece.sum() for piece in pieces]) / float(mask.sum())
    shadow = np.array(soft) * sizes
    found = [Lit(mask, shadow_left=float(shadow.sum() ** 0.5))]
    if pieces:
        found.append(Lit(lit, product_lost=float((sizes - shadow).sum() ** 0.5)))
    chosen = [piece for piece, much in zip(pieces, soft, strict=True) if much > HALF]
    if 0 < len(chosen) < len(pieces):
        rest = _tidied(mask & ~np.logical_or.reduce(chosen), evidence)
        kept = [much <= HALF for much in soft]
        lost = float((sizes - shadow)[np.logical_not(kept)].sum() ** 0.5)
        found.append(Lit(rest, float(shadow[kept].sum() ** 0.5), lost))
    return found


def _unshadowed(mask: Mask, evidence: Evidence) -> Mask:
    """Return the part of `mask` that GrabCut finds in the picture without shadows."""
    picture, far = _shadowless(evidence)
    rows = np.flatnonzero(mask.any(1))
    high_up = np.arange(mask.shape[0]) < rows[-1] - LOW_PART * (rows[-1] - rows[0])
    trimap = np.where(far > evidence.low, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[mask & high_up[:, None]] = cv2.GC_FGD
    trimap[~mask] = cv2.GC_BGD
    left, top, right, bottom = margin_box(mask, margin=round(CONTEXT * float(mask.sum()) ** 0.5))
    window = (slice(top, bottom), slice(left, right))
    lit = np.zeros_like(mask)
    lit[window] = run_grabcut(picture[window], trimap[window], ROUNDS)
    return _tidied(lit & mask, evidence)


def coloured(evidence: Evidence) -> Mask:
    """Return what stands out in the whole photo when all shadows are taken away (H, W).

    Nothing where the backdrop is no smooth surface.
    """
    if evidence.backdrop.coverage < LEAST_COVERAGE:
        return np.zeros(evidence.colour.shape, bool)
    picture, far = _shadowless(evidence)
    scale = working_scale(picture.shape, COLOURED_SIDE)
    tiny, near = (
        cv2.resize(layer, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for layer in (picture, far)
    )
    trimap = np.where(near > evidence.high, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[border_pixels(*near.shape)] = cv2.GC_BGD
    rough = run_grabcut(np.asarray(tiny, np.uint8), trimap, ROUNDS).astype(np.float32)
    return _tidied(cv2.resize(rough, far.shape[::-1]) > 0.5, evidence)


def _shadowless(evidence: Evidence) -> tuple[NDArray[np.uint8], Floats]:
    """Return the picture (H, W, 3) of what no shadow explains, and how much that is, Lab."""
    quiet = cv2.GaussianBlur(evidence.unshaded, (0, 0), 0.7)
    far = cv2.GaussianBlur(np.linalg.norm(evidence.unshaded, axis=2), (0, 0), 1.0)
    picture = np.clip(128 + GAIN * quiet, 0, 255).astype(np.uint8)
    return picture, np.asarray(far, np.float32)


def _tidied(mask: Mask, evidence: Evidence) -> Mask:
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(2))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, disc(2)).astype(bool)
    return main_parts(fill_holes(closed, evidence)) if closed.any() else closed


def _pieces(gone: Mask, mask: Mask) -> list[Mask]:
    """Return the pieces of `gone` (H, W) that are more than the width of an edge."""
    thick = cv2.morphologyEx(gone.astype(np.uint8), cv2.MORPH_OPEN, disc(1))
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(thick)
    least = LEAST_PIECE * float(mask.sum())
    return [numbers == n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= least]


def _softness(piece: Mask, mask: Mask, lit: Mask, evidence: Evidence) -> float:
    """Tell how much `piece` fades outwards and meets the product at a step of colour, 0..1."""
    left, top, right, bottom = margin_box(piece, margin=12)
    window = (slice(top, bottom), slice(left, right))
    thick = piece[window].astype(np.uint8)
    rim = cv2.dilate(thick, disc(2)).astype(bool) & ~cv2.erode(thick, disc(1)).astype(bool)
    inner = rim & cv2.dilate(lit[window].astype(np.uint8), disc(2)).astype(bool)
    outside = cv2.dilate((~mask[window]).astype(np.uint8), disc(2)).astype(bool)
    outer = rim & ~inner & outside
    if not (outer.any() and inner.any()):
        return 0.0
    near, step, wide = (_step(evidence.lab[window], side) for side in (3, 5, 11))
    colour = _step(evidence.unshaded[window], 5)
    meets = np.median(step[inner]) > LEAST_INNER * np.median(step[outer])
    clear = np.median(colour[inner]) > CLEARER_INSIDE * np.median(colour[outer])
    sharp = float(np.median((near / (wide + 1))[outer]))
    return float(np.clip((SHARP - sharp) / (SHARP - SOFT), 0, 1)) if meets and clear else 0.0


def _step(lab: Floats, side: int) -> Floats:
    quiet = cv2.GaussianBlur(lab, (0, 0), 0.8)
    ranges = cv2.morphologyEx(quiet, cv2.MORPH_GRADIENT, np.ones((side, side), np.uint8))
    return np.asarray(np.linalg.norm(ranges, axis=2), np.float32)
