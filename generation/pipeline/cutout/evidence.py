"""A small picture of the photo seen against its backdrop: what every decision is based on."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .backdrop import LEAST_COVERAGE, Backdrop, fit_backdrop
from .edges import joints, sharp_edges
from .nearby import Nearby
from .salience import aside, salience

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Distances from the backdrop (Lab): least values, and multiples of the backdrop's own spread.
LOW, LOW_SIGMAS = 4.0, 3.5
HIGH, HIGH_SIGMAS = 10.0, 6.0
# A cast shadow leaves between this part of the light and all of it (linear light); where the
# product touches the ground next to nothing is left.
DEEPEST_SHADOW, DEEPEST_CONTACT = 0.3, 0.05
GAMMA: Final = 2.2
# How many times the difference from the backdrop is magnified, less before a restless one (Lab),
# and the lightness that it is set on.
GAIN, CALM = 2.0, 0.8
GREY: Final = 60.0


@dataclass(frozen=True)
class Evidence:
    """The photo at working size, seen against its backdrop.

    `colour`: (H, W) Lab distance with shadows forgiven; `backdrop.distance` is the one without.
    `unshaded`: (H, W, 3) what no shadow on the backdrop explains, however deep, Lab.
    `edges`: (H, W) where the photo steps sharply; `joints`: (H, W) where the backdrop itself may.
    `look`: the `salience`, on its way from another thread. `near`: the learnt model's looks from
    nearby.
    """

    lab: Floats
    backdrop: Backdrop
    colour: Floats
    unshaded: Floats
    edges: Mask
    joints: Mask
    look: Future[Floats]
    near: Nearby
    low: float
    high: float

    @property
    def salience(self) -> Floats:
        """Where a learnt model sees the product: (H, W) 0..1."""
        return self.look.result()

    @cached_property
    def again(self) -> Nearby:
        """Looks at the photo in a mirror, after what is nearly its backdrop is made plain: the
        network is no mirror image of itself and was not trained on white before white.
        """
        smooth = self.backdrop.coverage >= LEAST_COVERAGE
        return Nearby(self._plainer() if smooth else self.near.picture, mirrored=True)

    @cached_property
    def second_look(self) -> Future[Floats]:
        """The salience of the whole picture in the mirror, on its way from another thread."""
        return aside(self.again.whole, self.edges.shape)

    def _plainer(self) -> NDArray[np.uint8]:
        """Return the photo's difference from its backdrop, magnified, on grey; sRGB (H, W, 3)."""
        gain = GAIN / max(1.0, self.backdrop.sigma / CALM)
        lab = gain * (self.lab - self.backdrop.lab)
        lab[..., 0] = np.clip(lab[..., 0] + GREY, 0, 100)
        rgb = cv2.cvtColor(np.clip(lab, -100, 100), cv2.COLOR_LAB2RGB)
        return np.asarray(np.clip(255 * rgb, 0, 255), np.uint8)


def gather_evidence(small: NDArray[np.uint8], fine: NDArray[np.uint8] | None = None) -> Evidence:
    """Fit the backdrop of `small` (H, W, 3) and measure how far each pixel is from it.

    `fine` is the same picture, larger, for what is looked at from nearby.
    """
    look = aside(salience, small)
    lab = cv2.cvtColor(cv2.medianBlur(small, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    backdrop = fit_backdrop(lab)
    low = max(LOW, LOW_SIGMAS * backdrop.sigma)
    high = max(HIGH, HIGH_SIGMAS * backdrop.sigma)
    shaded, unshaded = beyond_shadow(lab, backdrop, (DEEPEST_SHADOW, DEEPEST_CONTACT))
    colour = np.linalg.norm(shaded, axis=2)
    edges = sharp_edges(lab, colour > high)
    near = Nearby(small if fine is None else fine)
    crossed = joints(backdrop.lab)
    return Evidence(lab, backdrop, colour, unshaded, edges, crossed, look, near, low, high)


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
