"""A small picture of the photo seen against its backdrop: what every decision is based on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .backdrop import Backdrop, fit_backdrop
from .edges import joints, sharp_edges

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Distances from the backdrop (Lab): least values, and multiples of the backdrop's own spread.
LOW, LOW_SIGMAS = 4.0, 3.5
HIGH, HIGH_SIGMAS = 10.0, 6.0
# A cast shadow leaves between this part of the light and all of it (linear light).
DEEPEST_SHADOW: Final = 0.3


@dataclass(frozen=True)
class Evidence:
    """The photo at working size, seen against its backdrop.

    `colour`: (H, W) Lab distance with shadows forgiven; `backdrop.distance` is the one without.
    `edges`: (H, W) where the photo steps sharply; `joints`: (H, W) where the backdrop itself may.
    """

    lab: Floats
    backdrop: Backdrop
    colour: Floats
    edges: Mask
    joints: Mask
    low: float
    high: float


def gather_evidence(small: NDArray[np.uint8]) -> Evidence:
    """Fit the backdrop of `small` (H, W, 3) and measure how far each pixel is from it."""
    lab = cv2.cvtColor(cv2.medianBlur(small, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    backdrop = fit_backdrop(lab)
    low = max(LOW, LOW_SIGMAS * backdrop.sigma)
    high = max(HIGH, HIGH_SIGMAS * backdrop.sigma)
    colour = forgive_shadow(lab, backdrop)
    edges = sharp_edges(lab, colour > high)
    return Evidence(lab, backdrop, colour, edges, joints(backdrop.lab), low, high)


def forgive_shadow(lab: Floats, backdrop: Backdrop, deepest: float = DEEPEST_SHADOW) -> Floats:
    """Return the distance from the backdrop dimmed by a neutral shadow of the best depth."""
    photo, wall = (_linear_rgb(layer) for layer in (lab, backdrop.lab))
    depth = (photo * wall).sum(2) / np.maximum((wall * wall).sum(2), 1e-6)
    shaded = _lab_of_linear(wall * np.clip(depth, deepest, 1)[..., None])
    difference = np.linalg.norm(lab - shaded, axis=2)
    return np.where(depth < 1, difference, backdrop.distance).astype(np.float32)


def _linear_rgb(lab: Floats) -> Floats:
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
    return np.asarray(rgb**2.2, np.float32)


def _lab_of_linear(rgb: Floats) -> Floats:
    return np.asarray(cv2.cvtColor(np.clip(rgb, 0, 1) ** (1 / 2.2), cv2.COLOR_RGB2LAB))
