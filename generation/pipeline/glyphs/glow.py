"""Light that letters give: what falls on the set, and the halo that lens and air make of it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.glow import SCALE, enlarged
from generation.pipeline.linear_light import to_linear, to_srgb

from .plan import Lettering

Plane = NDArray[np.float32]
Light = NDArray[np.float32]
Picture = NDArray[np.uint8]

# The halo: widths in em and their shares. A tight one hugs the tube, a wide one fills the air.
HALO: Final = ((0.035, 0.40), (0.12, 0.33), (0.45, 0.27))


def halo(lettering: Lettering, lit: Plane | None) -> Light | None:
    """Return the bloom (h, w, 3) linear, at SCALE of the frame; None for letters without.

    `lit` (H, W) 0..1 is the coverage of what shines in the letters' crop.
    """
    glow, crop = lettering.material.glow, lettering.placement.crop
    if glow is None or lit is None or glow.bloom == 0:
        return None
    frame = np.zeros(lettering.backdrop.shape[:2], np.float32)
    frame[crop.y : crop.bottom, crop.x : crop.right] = lit
    small = cv2.resize(frame, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA)
    em = SCALE * lettering.placement.mapping.scale
    spread = sum(share * cv2.GaussianBlur(small, (0, 0), width * em) for width, share in HALO)
    colour = glow.bloom * np.array(glow.colour(lettering.setting()), np.float32)
    return np.asarray(spread, np.float32)[..., None] * colour


def spill(backdrop: Picture, ratio: Light) -> Light:
    """Return what the letters' light adds to the set (h, w, 3), linear, at SCALE of the frame."""
    added = to_linear(backdrop) * np.maximum(ratio - 1, 0)
    return np.asarray(
        cv2.resize(added, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA), np.float32
    )


def in_halo(lettering: Lettering, colour: Picture, bloom: Light) -> Picture:
    """Return the crop's letters (H, W, 3) sRGB with the halo on them too."""
    crop, frame = lettering.placement.crop, lettering.backdrop.shape
    whole = enlarged(bloom, frame[1], frame[0])
    return to_srgb(to_linear(colour) + whole[crop.y : crop.bottom, crop.x : crop.right])
