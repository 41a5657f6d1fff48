"""Whether letters that a model painted over are still read, syllable by syllable.

The outline is not in question, it is the render's own alpha. What a model can still do is paint a
stroke in the colour of what is behind it, paint foreign strokes onto it, or paint the sides of deep
letters like their faces, which fills the gaps between strokes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.glyphs.plan import Lettering
from generation.pipeline.glyphs.verify import (
    DEFECT_BLUR,
    LEAST_DEFECT_BLUR_PX,
    intended_mask,
)
from generation.pipeline.layout import Box

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

# Lab distance (CIE 1976) from which a stroke stands apart from what is behind it.
APART: Final = 10.0
# A letter keeps at least this share of its face apart, or what the render itself kept, less this.
LEAST_APART: Final = 0.85
APART_SLACK: Final = 0.10
# Peak of what was lost, blurred as in the proof of the words, from which a letter counts as wrong:
# recoloured and grained renders stay under 0.38, a cut of a thirtieth of an em begins at 0.46.
MOST_LOST: Final = 0.42
# A stroke's surface is judged at this scale (sigma, in em): coarser than grain, finer than strokes.
STROKE: Final = 0.02
# Unrest of the surface (mean distance of Lab L from its own surroundings): what the render has,
# times this, and at least so much is allowed. Renders have 3 (candy, wood) to 12 (chrome); grain
# and weave add 1 or 2; noise has 13, and foreign strokes 12 to 20.
MORE_UNREST: Final = 1.35
ALLOWED_UNREST: Final = 6.5
# Coverage by the faces under which a pixel is a gap between strokes, and how far (em) from a
# character gaps are its own, and faces say what colour strokes have.
GAP: Final = 0.1
GAP_REACH: Final = 0.05
# A gap is filled that was this far from the strokes' colour (Lab), and is nearer than that now.
GAP_WAS, GAP_IS = 16.0, 7.0
# Coverage from which a pixel is the face's own, and opacity (of 255) from which it is solid.
FACE: Final = 0.9
SOLID: Final = 250
# A surface with less variation than this (of 255) was not painted: overflowed weights give black.
LEAST_PAINTED: Final = 0.5


@dataclass(frozen=True)
class Judged:
    """One character's face as painted, and whether that will do.

    `apart` is the share 0..1 that stands apart, `unrest` that of its surface, `before` both of the
    render; `lost` the peak 0..1 of what stood apart in the render and no longer does, strokes from
    the backdrop or gaps from the strokes, as the proof of the words measures a missing stroke.
    """

    text: str
    apart: float
    unrest: float
    lost: float
    before: tuple[float, float]
    ok: bool


@dataclass(frozen=True)
class Verdict:
    """What is thought of a painted layer. `reason` is empty when it is good.

    `silhouette`: what BiRefNet sees, where it is asked.
    """

    cells: tuple[Judged, ...]
    reason: str
    silhouette: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return what the ad's checks keep."""
        asked = {"silhouette": dict(self.silhouette)} if self.silhouette else {}
        return {
            **asked,
            "passed": sum(cell.ok for cell in self.cells),
            "total": len(self.cells),
            "reason": self.reason,
            "cells": [
                {
                    "text": cell.text,
                    "apart": cell.apart,
                    "unrest": cell.unrest,
                    "lost": cell.lost,
                    "ok": cell.ok,
                }
                for cell in self.cells
            ],
        }


def judge(lettering: Lettering, window: Box, rendered: Picture, painted: Picture) -> Verdict:
    """Judge a painted layer against the rendered one.

    Both are (H, W, 4) sRGB, straight alpha, of the window; the backdrop is the lettering's.
    """
    backdrop = lettering.backdrop[window.y : window.bottom, window.x : window.right]
    mapping = lettering.placement.mapping.shifted(window.x, window.y)
    shape = (window.height, window.width)
    alpha: Plane = rendered[..., 3].astype(np.float32) / np.float32(255)
    wanted = [
        intended_mask(cell, lettering.layout.face, mapping, shape, lettering.mesh.swell)
        for cell in lettering.layout.cells
    ]
    whole: Plane = np.maximum.reduce(wanted)
    scale = mapping.scale
    before, after = (_seen(layer, backdrop, whole, scale) for layer in (rendered, painted))
    gaps = (alpha > FACE) & (whole < GAP)
    blur = max(DEFECT_BLUR * scale, LEAST_DEFECT_BLUR_PX)
    reach = 2 * max(round(GAP_REACH * scale), 1) + 1
    cells: list[Judged] = []
    for cell, mask in zip(lettering.layout.cells, wanted, strict=True):
        near = cv2.dilate((mask > GAP).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
        lost = mask * alpha * (before.apart & ~after.apart)
        filled = gaps & near & (before.gap > GAP_WAS) & (after.gap < GAP_IS)
        peak = cv2.GaussianBlur(np.maximum(lost, filled).astype(np.float32), (0, 0), blur).max()
        cells.append(_judged(cell.character, mask * alpha, float(peak), before, after))
    return Verdict(tuple(cells), _reason(cells, painted))


@dataclass(frozen=True)
class _Seen:
    """Where a layer (H, W) stands apart from its backdrop, how far (Lab) it is from the colour of
    the strokes beside, and how restless its surface is.
    """

    apart: NDArray[np.bool_]
    gap: Plane
    unrest: Plane

    def of(self, face: Plane) -> tuple[float, float]:
        """Return the share of a face that stands apart, and its unrest; nothing for no face."""
        inside = face > FACE if (face > FACE).any() else face > 0
        if not inside.any():
            return 0.0, 0.0
        return float(self.apart[inside].mean()), float(self.unrest[inside].mean())


def _seen(layer: Picture, backdrop: Picture, whole: Plane, scale: float) -> _Seen:
    sigma = max(STROKE * scale, 0.8)
    lab = _lab(layer[..., :3])
    far = np.linalg.norm(lab - cv2.GaussianBlur(_lab(backdrop), (0, 0), 2 * sigma), axis=2)
    face, reach = (whole > FACE).astype(np.float32)[..., None], GAP_REACH * scale
    faces = cv2.GaussianBlur(face, (0, 0), reach)[..., None]
    beside = cv2.GaussianBlur(lab * face, (0, 0), reach) / np.maximum(faces, 1e-3)
    gap = np.asarray(np.linalg.norm(lab - beside, axis=2), np.float32)
    solid = (layer[..., 3] >= SOLID).astype(np.float32)
    weight = np.maximum(cv2.GaussianBlur(solid, (0, 0), sigma), 1e-3)
    around = cv2.GaussianBlur(lab[..., 0] * solid, (0, 0), sigma) / weight
    return _Seen(far > APART, gap, np.abs(lab[..., 0] - around))


def _judged(character: str, face: Plane, lost: float, before: _Seen, after: _Seen) -> Judged:
    (apart, unrest), (apart_now, unrest_now) = before.of(face), after.of(face)
    ok = (
        apart_now >= min(LEAST_APART, apart - APART_SLACK)
        and lost <= MOST_LOST
        and unrest_now <= max(ALLOWED_UNREST, MORE_UNREST * unrest)
    )
    return Judged(
        text=character,
        apart=round(apart_now, 3),
        unrest=round(unrest_now, 2),
        lost=round(lost, 3),
        before=(round(apart, 3), round(unrest, 2)),
        ok=ok,
    )


def _reason(cells: list[Judged], painted: Picture) -> str:
    solid = painted[painted[..., 3] >= SOLID][:, :3]
    if len(solid) == 0 or float(solid.std(axis=0).max()) < LEAST_PAINTED:
        return "nothing_painted"
    return "" if all(cell.ok for cell in cells) else "strokes_not_kept"


def _lab(rgb: Picture) -> Plane:
    lab = cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32)
