"""How far a cut-out can be trusted: evidence in the photo, never a guess of the method itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .backdrop import border_pixels
from .closure import closed_outline, fenced, restore
from .evidence import Evidence
from .grabcut import MIDDLE, settle_edge, whole_photo
from .outline import disc, edge_support, outline, rim_of

Mask = NDArray[np.bool_]

# Each piece of evidence becomes 0..1 between "worthless" and "as good as it gets".
# Part of the border that the backdrop's surfaces explain.
COVERAGE: Final = (0.55, 0.9)
# Spread of the backdrop itself (Lab): patterned cloth is 8 and more, a wall 1-2, wood 3-5.
SPREAD: Final = (11.0, 5.0)
# Part of the outline along which the photo really changes colour: clearly, or at least sharply.
AGREEMENT: Final = (0.48, 0.85)
# Sharp edges beyond the product, per px of its outline: a lost half of a white cup leaves 0.3.
UNEXPLAINED: Final = (0.45, 0.1)
# Nearer than this many px the blocks of a JPEG make edges of their own (16 px in a small photo).
BEYOND: Final = 14
# How wide a sharp edge is, px.
LINE_WIDTH: Final = 2.5
# Overlap of the masks under laxer and stricter thresholds.
STABILITY: Final = (0.6, 0.93)
# Part of the outline that lies on the photo's own edge: cropped or filling the photo.
CONTACT: Final = (0.45, 0.1)
# Part of the photo that is product.
AREA: Final = (0.95, 0.75)
# Part of the ring round the outline that is plain backdrop.
SURROUND: Final = (0.4, 0.85)
# Likeness of the colours of product and surroundings.
SEPARATION: Final = (0.9, 0.5)
# Part of everything but the product that is full of edges: other goods, shelves, a street.
BUSY: Final = (0.16, 0.06)
BUSY_EDGE: Final = 15.0
# The border's spread (Lab) when nothing smooth is asked of it: wood 17, a heap of things 24.
VARIETY: Final = (26.0, 14.0)
# What stands out from the backdrop but was left out, as a part of the product: shadows reach 0.3.
LEFT_OUT: Final = (0.9, 0.4)
# The second opinion on a whole photo starts from a middle larger by this much.
SHAKEN: Final = 1.15
# GrabCut on a whole photo knows no backdrop: it is never fully trusted.
WHOLE_PHOTO_AT_BEST: Final = 0.8
# The closed outline bridges gaps of the evidence.
CLOSED_AT_BEST: Final = 0.9
# A step of this much Lab over the outline is an edge.
EDGE_STEP: Final = 7.0


@dataclass(frozen=True)
class Candidate:
    """An outline (H, W) at the evidence's size and how far the photo supports it, 0..1."""

    mask: Mask
    confidence: float


def backdrop_candidate(small: NDArray[np.uint8], evidence: Evidence) -> Candidate:
    """Return what the backdrop's surfaces do not explain in `small` (H, W, 3)."""
    mask = outline(evidence)
    if not mask.any():
        return Candidate(mask, 0.0)
    mask = settle_edge(small, mask, evidence)
    return _judged(
        mask,
        evidence,
        _ramp(evidence.backdrop.coverage, *COVERAGE),
        _ramp(evidence.backdrop.sigma, *SPREAD),
        _ramp(min(_overlap(mask, outline(evidence, k)) for k in (0.75, 1.4)), *STABILITY),
        _ramp(_plain_surround(mask, evidence), *SURROUND),
    )


def closed_candidate(small: NDArray[np.uint8], evidence: Evidence) -> Candidate:
    """Return what sharp edges enclose in `small` (H, W, 3)."""
    body = fenced(evidence)
    mask = closed_outline(evidence, body) if body.any() else body
    if not mask.any():
        return Candidate(mask, 0.0)
    mask = restore(settle_edge(small, mask, evidence), body, evidence)
    return _judged(
        mask,
        evidence,
        CLOSED_AT_BEST,
        _ramp(evidence.backdrop.coverage, *COVERAGE),
        _ramp(evidence.backdrop.sigma, *SPREAD),
        _ramp(_plain_surround(mask, evidence), *SURROUND),
    )


def whole_photo_candidate(small: NDArray[np.uint8], evidence: Evidence) -> Candidate:
    """Return what GrabCut makes of `small` (H, W, 3) as a whole."""
    mask = whole_photo(small, evidence)
    if not mask.any():
        return Candidate(mask, 0.0)
    mask = settle_edge(small, mask, evidence)
    other = whole_photo(small, evidence, middle=SHAKEN * MIDDLE)
    return _judged(
        mask,
        evidence,
        WHOLE_PHOTO_AT_BEST,
        _ramp(_overlap(mask, other), *STABILITY),
        _ramp(_colour_overlap(mask, evidence), *SEPARATION),
        _ramp(_busyness(mask, evidence), *BUSY),
        _ramp(evidence.backdrop.sigma, *VARIETY),
    )


def _judged(mask: Mask, evidence: Evidence, *pieces: float) -> Candidate:
    """Join a method's own evidence with what any outline must show."""
    if not mask.any():
        return Candidate(mask, 0.0)
    common = (
        _ramp((_edge_agreement(mask, evidence) + edge_support(mask, evidence)) / 2, *AGREEMENT),
        _ramp(_unexplained_edges(mask, evidence), *UNEXPLAINED),
        _ramp(_border_contact(mask), *CONTACT),
        _ramp(float(mask.mean()), *AREA),
        _ramp(_left_out(mask, evidence), *LEFT_OUT),
    )
    return Candidate(mask, float(np.prod([*common, *pieces])))


def _colour_overlap(mask: Mask, evidence: Evidence) -> float:
    """Return how alike the colours of product and surroundings are: 0 apart, 1 the same.

    Bhattacharyya coefficient of smoothed chroma and lightness histograms.
    """
    histograms = []
    for side in (mask, ~mask):
        bins = (np.array((8, 16, 16)), [(0, 100), (-90, 90), (-90, 90)])
        counts, _edges = np.histogramdd(evidence.lab[side], bins[0], bins[1])
        histograms.append(counts / max(counts.sum(), 1))
    return float(np.sqrt(histograms[0] * histograms[1]).sum())


def _busyness(mask: Mask, evidence: Evidence) -> float:
    """Part of the surroundings, away from the outline, where lightness steps over 3 px."""
    away = cv2.dilate(mask.astype(np.uint8), np.ones((13, 13), np.uint8)) == 0
    light = np.ascontiguousarray(evidence.lab[..., 0])
    step = cv2.morphologyEx(light, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return float((step[away] > BUSY_EDGE).mean()) if away.any() else 1.0


def _left_out(mask: Mask, evidence: Evidence) -> float:
    others = (evidence.backdrop.distance > evidence.high) & ~mask
    solid = cv2.morphologyEx(others.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return float(solid.sum() / max(int(mask.sum()), 1))


def _unexplained_edges(mask: Mask, evidence: Evidence) -> float:
    """Sharp edges beyond the product that nothing explains, per px of its outline.

    They are a part left out, or other things. The backdrop's joints, and what runs to the frame
    (a horizon, a table's corner), are explained.
    """
    near = cv2.dilate(mask.astype(np.uint8), disc(BEYOND)).astype(bool)
    beyond = evidence.edges & ~near & ~evidence.joints
    _count, lines = cv2.connectedComponents(beyond.astype(np.uint8))
    beyond &= ~np.isin(lines, lines[border_pixels(*lines.shape)])
    return float(beyond.sum() / LINE_WIDTH / max(int(rim_of(mask).sum()), 1))


def _ramp(value: float, worthless: float, good: float) -> float:
    return float(np.clip((value - worthless) / (good - worthless), 0, 1))


def _overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / max(int((one | other).sum()), 1))


def _edge_agreement(mask: Mask, evidence: Evidence) -> float:
    """Part of the outline where the colour 4 px inside and 4 px outside differ by an edge."""
    solid = mask.astype(np.uint8)
    inner, outer = (_ring_mean(evidence.lab, ring) for ring in _rings(solid))
    edge = solid.astype(bool) & ~cv2.erode(solid, np.ones((3, 3), np.uint8)).astype(bool)
    edge[[0, -1]] = edge[:, [0, -1]] = False
    if not edge.any():
        return 0.0
    step = np.linalg.norm(inner[edge] - outer[edge], axis=1)
    return float((step > EDGE_STEP).mean())


def _rings(solid: NDArray[np.uint8]) -> tuple[Mask, Mask]:
    """Return thin rings 2-4 px inside and outside the outline."""
    small, large = (cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (n, n)) for n in (3, 9))
    inside = cv2.erode(solid, small) & ~cv2.erode(solid, large)
    outside = cv2.dilate(solid, large) & ~cv2.dilate(solid, small)
    return inside.astype(bool), outside.astype(bool)


def _ring_mean(lab: NDArray[np.float32], ring: Mask) -> NDArray[np.float32]:
    weight = ring.astype(np.float32)
    total = cv2.boxFilter(lab * weight[..., None], -1, (11, 11), normalize=False)
    count = cv2.boxFilter(weight, -1, (11, 11), normalize=False)
    return np.asarray(total / np.maximum(count, 1e-6)[..., None], np.float32)


def _border_contact(mask: Mask) -> float:
    edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return float(np.concatenate(edges).mean())


def _plain_surround(mask: Mask, evidence: Evidence) -> float:
    """Part of a wide ring round the product that is backdrop or its shadow."""
    reach = max(9, int(0.15 * float(mask.sum()) ** 0.5) | 1)
    wide = cv2.dilate(
        mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    )
    near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    ring = wide.astype(bool) & ~near.astype(bool)
    return float((evidence.colour[ring] < 1.5 * evidence.low).mean()) if ring.any() else 0.0
