"""What can be measured of an outline in its photo: the evidence that confidence is made of."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .backdrop import border_pixels
from .evidence import Evidence
from .outline import disc, edge_support, main_parts, rim_of

Mask = NDArray[np.bool_]

# Nearer than this many px the blocks of a JPEG make edges of their own (16 px in a small photo).
BEYOND: Final = 11
# How wide a sharp edge is, px.
LINE_WIDTH: Final = 2.5
# Unexplained edges of this part of the outline's length count half, endless ones 1: a part left out
# shows some of its outline, clutter any length; what a JPEG's blocks add is much less.
HALF_BEYOND: Final = 0.25
# An outline of so few px is little evidence.
SHORT_RIM: Final = 100
# A lightness step over 3 px that makes a place busy.
BUSY_EDGE: Final = 15.0
# A step of this much Lab over the outline is an edge.
EDGE_STEP: Final = 7.0
# Width of the ring round an outline, as a part of the product's mean diameter.
RING: Final = 0.12

NAMES: Final = (
    "edge_agreement", "edge_support", "edges_beyond", "border_contact", "left_out",
    "plain_surround", "busyness", "solidity", "backdrop_spread", "backdrop_coverage", "raggedness",
    "smallness",
)  # fmt: skip


def measure(mask: Mask, evidence: Evidence) -> NDArray[np.float64]:
    """Return the evidence for an outline `mask` (H, W), not empty, in the order of NAMES."""
    wide = cv2.dilate(mask.astype(np.uint8), disc(max(4, round(RING * mask.sum() ** 0.5))))
    near = cv2.dilate(mask.astype(np.uint8), disc(2)).astype(bool)
    ring = wide.astype(bool) & ~near
    rim = max(int(rim_of(mask).sum()), 1)
    beyond = _edges_beyond(mask, evidence) / rim
    values = (
        _edge_agreement(mask, evidence),
        edge_support(mask, evidence),
        beyond**2 / (beyond**2 + HALF_BEYOND**2),
        _border_contact(mask),
        min(_left_out(mask, evidence), 1.5),
        float((evidence.colour[ring] < 1.5 * evidence.low).mean()) if ring.any() else 0.0,
        min(5 * _busyness(mask, evidence), 1.5),
        _solidity(mask),
        min(evidence.backdrop.sigma / 10, 2.0),
        evidence.backdrop.coverage,
        min(rim / float(mask.sum()) ** 0.5 / 8, 2.0),
        min(SHORT_RIM / rim, 1.5),
    )
    return np.array(values, np.float64)


def overlap(one: Mask, other: Mask) -> float:
    """Return the intersection over the union of two masks, 0..1."""
    return float((one & other).sum() / max(int((one | other).sum()), 1))


def _busyness(mask: Mask, evidence: Evidence) -> float:
    """Part of the surroundings, away from the outline, where lightness steps over 3 px."""
    away = cv2.dilate(mask.astype(np.uint8), np.ones((13, 13), np.uint8)) == 0
    light = np.ascontiguousarray(evidence.lab[..., 0])
    step = cv2.morphologyEx(light, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return float((step[away] > BUSY_EDGE).mean()) if away.any() else 1.0


def _left_out(mask: Mask, evidence: Evidence) -> float:
    """What stands out from the backdrop but is not in the outline, as a part of it."""
    others = (evidence.backdrop.distance > evidence.high) & ~mask
    solid = cv2.morphologyEx(others.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return float(solid.sum() / max(int(mask.sum()), 1))


def _edges_beyond(mask: Mask, evidence: Evidence) -> float:
    """Length in px of sharp edges beyond the product that nothing explains.

    They are a part left out, or other things. The backdrop's joints, and what runs to the frame
    (a horizon, a table's corner), are explained.
    """
    near = cv2.dilate(mask.astype(np.uint8), disc(BEYOND)).astype(bool)
    beyond = evidence.edges & ~near & ~evidence.joints
    _count, lines = cv2.connectedComponents(beyond.astype(np.uint8))
    beyond &= ~np.isin(lines, lines[border_pixels(*lines.shape)])
    return float(beyond.sum() / LINE_WIDTH)


def _edge_agreement(mask: Mask, evidence: Evidence) -> float:
    """Part of the outline where the colour 4 px inside and 4 px outside differ by an edge."""
    solid = mask.astype(np.uint8)
    inner, outer = (_ring_mean(evidence.lab, ring) for ring in _rings(solid))
    edge = rim_of(mask)
    edge[[0, -1]] = edge[:, [0, -1]] = False
    if not edge.any():
        return 0.0
    step = np.linalg.norm(inner[edge] - outer[edge], axis=1)
    return float((step > EDGE_STEP).mean())


def _rings(solid: NDArray[np.uint8]) -> tuple[Mask, Mask]:
    """Return thin rings 2-4 px inside and outside the outline."""
    inside = cv2.erode(solid, disc(1)) & ~cv2.erode(solid, disc(4))
    outside = cv2.dilate(solid, disc(4)) & ~cv2.dilate(solid, disc(1))
    return inside.astype(bool), outside.astype(bool)


def _ring_mean(lab: NDArray[np.float32], ring: Mask) -> NDArray[np.float32]:
    weight = ring.astype(np.float32)
    total = cv2.boxFilter(lab * weight[..., None], -1, (11, 11), normalize=False)
    count = cv2.boxFilter(weight, -1, (11, 11), normalize=False)
    return np.asarray(total / np.maximum(count, 1e-6)[..., None], np.float32)


def _border_contact(mask: Mask) -> float:
    edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return float(np.concatenate(edges).mean())


def _solidity(mask: Mask) -> float:
    """Part of its convex hull that the largest part fills."""
    contours, _ = cv2.findContours(
        main_parts(mask).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    largest = max(contours, key=cv2.contourArea)
    hull = cv2.contourArea(cv2.convexHull(largest))
    return float(cv2.contourArea(largest) / max(hull, 1.0))
