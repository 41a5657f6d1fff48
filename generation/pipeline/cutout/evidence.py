"""A small picture of the photo seen against its backdrop: what every decision is based on."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .backdrop import Backdrop, fit_backdrop
from .edges import joints, sharp_edges
from .salience import look_aside

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Distances from the backdrop (Lab): least values, and multiples of the backdrop's own spread.
LOW, LOW_SIGMAS = 4.0, 3.5
HIGH, HIGH_SIGMAS = 10.0, 6.0
# A cast shadow leaves between this part of the light and all of it (linear light); where the
# product touches the ground next to nothing is left.
DEEPEST_SHADOW, DEEPEST_CONTACT = 0.3, 0.05
GAMMA: Final = 2.2


@dataclass(frozen=True)
class Evidence:
    """The photo at working size, seen against its backdrop.

    `colour`: (H, W) Lab distance with shadows forgiven; `backdrop.distance` is the one without.
    `unshaded`: (H, W, 3) what no shadow on the backdrop explains, however deep, Lab.
    `edges`: (H, W) where the photo steps sharply; `joints`: (H, W) where the backdrop itself may.
    `look`: the `salience`, on its way from another thread.
    """

    lab: Floats
    backdrop: Backdrop
    colour: Floats
    unshaded: Floats
    edges: Mask
    joints: Mask
    look: Future[Floats]
    low: float
    high: float

    @property
    def salience(self) -> Floats:
        """Where a learnt model sees the product: (H, W) 0..1."""
        return self.look.result()


def gather_evidence(small: NDArray[np.uint8]) -> Evidence:
    """Fit the backdrop of `small` (H, W, 3) and measure how far each pixel is from it."""
    look = look_aside(small)
    lab = cv2.cvtColor(cv2.medianBlur(small, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    backdrop = fit_backdrop(lab)
    low = max(LOW, LOW_SIGMAS * backdrop.sigma)
    high = max(HIGH, HIGH_SIGMAS * backdrop.sigma)
    shaded, unshaded = beyond_shadow(lab, backdrop, (DEEPEST_SHADOW, DEEPEST_CONTACT))
    colour = np.linalg.norm(shaded, axis=2)
    edges = sharp_edges(lab, colour > high)
    return Evidence(lab, backdrop, colour, unshaded, edges, joints(backdrop.lab), look, low, high)


def beyond_shadow(lab: Floats, backdrop: Backdrop, deepest: tuple[float, ...]) -> list[Floats]:
    """Return what is left of `lab` (H, W, 3) beside the backdrop, dimmed by the best shadow.

    Once for each limit: the part of the light that the `deepest` shadow leaves.
    """
    photo, wall = (_linear_rgb(layer) for layer in (lab, backdrop.lab))
    depth = (photo * wall).sum(2) / np.maximum((wall * wall).sum(2), 1e-6)
    lit = (depth >= 1)[..., None]
    shaded = (_lab_of_linear(wall * np.clip(depth, least, 1)[..., None]) for least in deepest)
    return [lab - np.where(lit, backdrop.lab, shadow) for shadow in shaded]


def _linear_rgb(lab: Floats) -> Floats:
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
    return np.asarray(cv2.pow(rgb, GAMMA), np.float32)


def _lab_of_linear(rgb: Floats) -> Floats:
    return np.asarray(cv2.cvtColor(cv2.pow(np.clip(rgb, 0, 1), 1 / GAMMA), cv2.COLOR_RGB2LAB))
