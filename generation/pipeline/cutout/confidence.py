"""How far a cut-out can be trusted: evidence in the photo, never a guess of the method itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .colour_model import Evidence

Mask = NDArray[np.bool_]

# Each piece of evidence becomes 0..1 between "worthless" and "as good as it gets".
# Part of the border that the backdrop's surfaces explain.
COVERAGE: Final = (0.55, 0.9)
# Spread of the backdrop itself (Lab): patterned cloth is 8 and more, a wall 1-2, wood 3-5.
SPREAD: Final = (11.0, 5.0)
# Part of the outline along which the photo really changes colour.
AGREEMENT: Final = (0.45, 0.85)
# Overlap of the masks under laxer and stricter thresholds.
STABILITY: Final = (0.6, 0.93)
# Part of the outline that lies on the photo's own edge: cropped or filling the photo.
CONTACT: Final = (0.45, 0.1)
# Part of the photo that is product.
AREA: Final = (0.95, 0.75)
# Part of the ring round the outline that is plain backdrop.
SURROUND: Final = (0.4, 0.85)
# A step of this much Lab over the outline is an edge.
EDGE_STEP: Final = 7.0


def confidence_of(mask: Mask, evidence: Evidence) -> float:
    """Return 0..1 for `mask` (H, W) at the evidence's size; the weakest evidence rules."""
    return float(np.prod([_ramp(value, *ends) for value, ends in _pieces(mask, evidence)]))


def _pieces(mask: Mask, evidence: Evidence) -> list[tuple[float, tuple[float, float]]]:
    from .colour_model import outline

    lax, strict = outline(evidence, 0.75), outline(evidence, 1.4)
    stability = min(_overlap(mask, lax), _overlap(mask, strict))
    return [
        (evidence.backdrop.coverage, COVERAGE),
        (evidence.backdrop.sigma, SPREAD),
        (_edge_agreement(mask, evidence), AGREEMENT),
        (stability, STABILITY),
        (_border_contact(mask), CONTACT),
        (float(mask.mean()), AREA),
        (_plain_surround(mask, evidence), SURROUND),
    ]


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
