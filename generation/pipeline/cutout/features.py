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
# Unexplained edges of this part of the outline's length count half, endless ones 1: before a smooth
# backdrop, where a part left out shows some of its outline, and in clutter, which has its own.
HALF_BEYOND, HALF_IN_CLUTTER = 0.06, 0.25
# As much of the product's area left out before a smooth backdrop counts whole.
MOST_LEFT_OUT: Final = 0.1
# A backdrop is clutter where its surfaces explain no more of the border, smooth where they explain
# this much.
CLUTTERED, SMOOTH = 0.75, 0.9
# A spread (Lab) from which on the surfaces explain whatever there is, and none at twice it.
RESTLESS: Final = 4.0
# As much of the photo's frame in the outline counts whole: more is the ground or the wall.
MOST_CONTACT: Final = 0.3
# An outline of so few px is little evidence.
SHORT_RIM: Final = 100
# Width of the ring round an outline, as a part of the product's mean diameter.
RING: Final = 0.12

NAMES: Final = (
    "edge_support", "border_contact", "solidity", "plain_surround", "raggedness", "smallness",
    "edges_beyond", "edges_in_clutter", "left_out", "learnt", "learnt_in_clutter", "smoothness",
)  # fmt: skip


def measure(mask: Mask, evidence: Evidence) -> NDArray[np.float64]:
    """Return the evidence for an outline `mask` (H, W), not empty, in the order of NAMES.

    What lies beyond it is a part left out where the backdrop is smooth, and other things in
    clutter; so the two are weighed apart.
    """
    rim = max(int(rim_of(mask).sum()), 1)
    beyond = (_edges_beyond(mask, evidence) / rim) ** 2
    smooth = smoothness(evidence)
    learnt = _learnt(mask, evidence)
    values = (
        edge_support(mask, evidence),
        _border_contact(mask),
        _solidity(mask),
        plain_surround(mask, evidence),
        min(rim / float(mask.sum()) ** 0.5 / 8, 2.0),
        min(SHORT_RIM / rim, 1.5),
        smooth * beyond / (beyond + HALF_BEYOND**2),
        (1 - smooth) * beyond / (beyond + HALF_IN_CLUTTER**2),
        smooth * min(_left_out(mask, evidence) / MOST_LEFT_OUT, 1.0),
        smooth * learnt,
        (1 - smooth) * learnt,
        smooth,
    )
    return np.array(values, np.float64)


def plain_surround(mask: Mask, evidence: Evidence) -> float:
    """Return how much of what lies round `mask` (H, W), not empty, is plain backdrop; 0..1."""
    wide = cv2.dilate(mask.astype(np.uint8), disc(max(4, round(RING * mask.sum() ** 0.5))))
    near = cv2.dilate(mask.astype(np.uint8), disc(2)).astype(bool)
    ring = wide.astype(bool) & ~near
    return float((evidence.colour[ring] < 1.5 * evidence.low).mean()) if ring.any() else 0.0


def smoothness(evidence: Evidence) -> float:
    """Return how smooth and calm the backdrop is: 0 is clutter, 1 a wall or a table."""
    smooth = (evidence.backdrop.coverage - CLUTTERED) / (SMOOTH - CLUTTERED)
    calm = 2 - evidence.backdrop.sigma / RESTLESS
    return min(max(smooth, 0.0), 1.0) * min(max(calm, 0.0), 1.0)


def overlap(one: Mask, other: Mask) -> float:
    """Return the intersection over the union of two masks, 0..1."""
    return float((one & other).sum() / max(int((one | other).sum()), 1))


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


def _border_contact(mask: Mask) -> float:
    edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return float(min(np.concatenate(edges).mean() / MOST_CONTACT, 1.0))


def _learnt(mask: Mask, evidence: Evidence) -> float:
    """How far the outline and the learnt model's map cover each other, 0..1."""
    inside = float(evidence.salience[mask].sum())
    beyond = float(evidence.salience.sum()) - inside
    return inside / max(float(mask.sum()) + beyond, 1.0)


def _solidity(mask: Mask) -> float:
    """Part of its convex hull that the largest part fills."""
    contours, _ = cv2.findContours(
        main_parts(mask).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    largest = max(contours, key=cv2.contourArea)
    hull = cv2.contourArea(cv2.convexHull(largest))
    return float(cv2.contourArea(largest) / max(hull, 1.0))
