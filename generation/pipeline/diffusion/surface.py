"""Whether letters that a model painted over are still read, syllable by syllable.

The outline is not in question, it is the render's own alpha. What a model can still do is paint a
stroke in the colour of what is behind it, or paint foreign strokes onto it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.glyphs.plan import Lettering
from generation.pipeline.glyphs.verify import intended_mask
from generation.pipeline.layout import Box

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

# Lab distance (CIE 1976) from which a stroke stands apart from what is behind it.
APART: Final = 10.0
# A letter keeps at least this share of its face apart, or what the render itself kept, less this.
LEAST_APART: Final = 0.85
APART_SLACK: Final = 0.10
# A stroke's surface is judged at this scale (sigma, in em): coarser than grain, finer than strokes.
STROKE: Final = 0.02
# Unrest of the surface (mean Lab L against its own surroundings): what the render has, times this,
# and at least so much is allowed.
MORE_UNREST: Final = 2.2
ALLOWED_UNREST: Final = 5.0
# A surface with less variation than this (of 255) was not painted: overflowed weights give black.
LEAST_PAINTED: Final = 0.5


@dataclass(frozen=True)
class Judged:
    """One character's face: the share 0..1 that stands apart, its unrest, and whether that will do.

    `before` is the same of the render.
    """

    text: str
    apart: float
    unrest: float
    before: tuple[float, float]
    ok: bool


@dataclass(frozen=True)
class Verdict:
    """What is thought of a painted layer. `reason` is empty when it is good."""

    cells: tuple[Judged, ...]
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return what the ad's checks keep."""
        return {
            "passed": sum(cell.ok for cell in self.cells),
            "total": len(self.cells),
            "reason": self.reason,
            "cells": [
                {"text": cell.text, "apart": cell.apart, "unrest": cell.unrest, "ok": cell.ok}
                for cell in self.cells
            ],
        }


def judge(lettering: Lettering, window: Box, rendered: Picture, painted: Picture) -> Verdict:
    """Judge a painted layer against the rendered one.

    Both are (H, W, 4) sRGB, straight alpha, of the window; the backdrop is the lettering's.
    """
    backdrop = lettering.backdrop[window.y : window.bottom, window.x : window.right]
    mapping = lettering.placement.mapping.shifted(window.x, window.y)
    sigma = max(STROKE * mapping.scale, 0.8)
    seen = [_seen(layer, backdrop, sigma) for layer in (rendered, painted)]
    cells = []
    for cell in lettering.layout.cells:
        shape = (window.height, window.width)
        mask = intended_mask(cell, lettering.layout.face, mapping, shape, lettering.mesh.swell)
        face = mask * (rendered[..., 3].astype(np.float32) / np.float32(255))
        cells.append(_judged(cell.character, face, seen))
    return Verdict(tuple(cells), _reason(cells, painted))


def _seen(layer: Picture, backdrop: Picture, sigma: float) -> tuple[Plane, Plane]:
    """Return how far each pixel is from what is behind it (Lab), and from its own surroundings."""
    lab = _lab(layer[..., :3])
    apart = np.linalg.norm(lab - cv2.GaussianBlur(_lab(backdrop), (0, 0), 2 * sigma), axis=2)
    solid = (layer[..., 3:] >= 250).astype(np.float32)
    weight = np.maximum(cv2.GaussianBlur(solid, (0, 0), sigma), 1e-3)
    around = cv2.GaussianBlur(lab[..., 0] * solid[..., 0], (0, 0), sigma) / weight
    return np.asarray(apart, np.float32), np.abs(lab[..., 0] - around)


def _judged(character: str, face: Plane, seen: list[tuple[Plane, Plane]]) -> Judged:
    inside = face > 0.9
    if not inside.any():
        inside = face > 0.3
    (apart, unrest), (apart_now, unrest_now) = (_figures(inside, *layer) for layer in seen)
    ok = apart_now >= min(LEAST_APART, apart - APART_SLACK)
    ok = ok and unrest_now <= max(ALLOWED_UNREST, MORE_UNREST * unrest)
    before = (round(apart, 3), round(unrest, 2))
    return Judged(character, round(apart_now, 3), round(unrest_now, 2), before, ok)


def _figures(inside: NDArray[np.bool_], far: Plane, rough: Plane) -> tuple[float, float]:
    """Return the share of a face that stands apart, and its unrest; nothing for no face."""
    if not inside.any():
        return 0.0, 0.0
    return float((far[inside] > APART).mean()), float(rough[inside].mean())


def _reason(cells: list[Judged], painted: Picture) -> str:
    solid = painted[painted[..., 3] >= 250][:, :3]
    if len(solid) == 0 or float(solid.std(axis=0).max()) < LEAST_PAINTED:
        return "nothing_painted"
    return "" if all(cell.ok for cell in cells) else "strokes_not_kept"


def _lab(rgb: Picture) -> Plane:
    lab = cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32)
