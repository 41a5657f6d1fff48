"""A small picture of the photo seen against its backdrop: what every decision is based on."""

from __future__ import annotations

from dataclasses import dataclass

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
# A cast shadow leaves between this part of the light and all of it (linear light); where the
# product touches the ground next to nothing is left.
DEEPEST_SHADOW, DEEPEST_CONTACT = 0.3, 0.05


@dataclass(frozen=True)
class Evidence:
    """The photo at working size, seen against its backdrop.

    `colour`: (H, W) Lab distance with shadows forgiven; `backdrop.distance` is the one without.
    `unshaded`: (H, W, 3) what no shadow on the backdrop explains, however deep, Lab.
    `edges`: (H, W) where the photo steps sharply; `joints`: (H, W) where the backdrop itself may.
    """

    lab: Floats
    backdrop: Backdrop
    colour: Floats
    unshaded: Floats
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
    colour = np.linalg.norm(beyond_shadow(lab, backdrop, DEEPEST_SHADOW), axis=2)
    unshaded = beyond_shadow(lab, backdrop, DEEPEST_CONTACT)
    edges = sharp_edges(lab, colour > high)
    return Evidence(lab, backdrop, colour, unshaded, edges, joints(backdrop.lab), low, high)


def beyond_shadow(lab: Floats, backdrop: Backdrop, deepest: float) -> Floats:
    """Return what is left of `lab` (H, W, 3) beside the backdrop, dimmed by the best shadow."""
    photo, wall = (_linear_rgb(layer) for layer in (lab, backdrop.lab))
    depth = (photo * wall).sum(2) / np.maximum((wall * wall).sum(2), 1e-6)
    shaded = _lab_of_linear(wall * np.clip(depth, deepest, 1)[..., None])
    return np.where((depth < 1)[..., None], lab - shaded, lab - backdrop.lab).astype(np.float32)


def _linear_rgb(lab: Floats) -> Floats:
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
    return np.asarray(rgb**2.2, np.float32)


def _lab_of_linear(rgb: Floats) -> Floats:
    return np.asarray(cv2.cvtColor(np.clip(rgb, 0, 1) ** (1 / 2.2), cv2.COLOR_RGB2LAB))
