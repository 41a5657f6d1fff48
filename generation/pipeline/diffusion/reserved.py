"""The product's place in a scene that is painted empty: kept free while it is painted, then judged.

A prompt alone keeps no place free. While the noise is still high, and the scene takes shape, each
row of the place is made to go on from one side to the other as if nothing stood there, horizon and
light included; the rest of the steps paint over that. (The clean estimate is edited and brought
back to its noise level, as in Avrahami et al., "Blended Latent Diffusion", 2023.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.layout import Box

from .latents import FLUX_PATCH, VAE_GRID
from .memory import the_torch
from .sizes import Canvas

Picture = NDArray[np.uint8]

TOKEN: Final = VAE_GRID * FLUX_PATCH
# Air round the product, as a share of its sides: nothing should touch it either.
AIR: Final = 0.12
# What is beside the place, and says how its rows go on, over the place's width.
BESIDE: Final = 0.25
# Tokens over which the place's border is blended.
SOFT: Final = 2
# Below this noise level the scene has its shape, and what is still painted is surface.
SHAPED: Final = 0.5
# Judging: pictures are blurred by this share of their shorter side, so that grain is nothing.
BLUR: Final = 0.012
# Lab distance (CIE 1976) from its row's sides at which a pixel belongs to something that stands
# there, and the share of such pixels from which the place is taken. The studio's eight sets have
# 0.00 to 0.03 where nothing stands, 0.21 to 0.59 where a product does; neon's lights have 0.34.
FOREIGN: Final = 25.0
TAKEN: Final = 0.12


@dataclass(frozen=True)
class Reserved:
    """A place in tokens of a canvas with `rows` x `columns` of them."""

    rows: int
    columns: int
    place: Box

    def keep_free(self, latents: Any, estimate: Any, level: float) -> Any:
        """Return packed latents (n, rows * columns, C) at a noise level with the place cleared.

        `estimate` is the clean picture that they are on the way to.
        """
        if level < SHAPED:
            return latents
        clean = estimate.float().reshape(len(estimate), self.rows, self.columns, -1)
        rows = slice(self.place.y, self.place.bottom)
        columns = slice(self.place.x, self.place.right)
        there = clean[:, rows, columns]
        change = the_torch().zeros_like(clean)
        change[:, rows, columns] = (self._going_on(clean) - there) * self._weights(clean)
        moved = (1 - level) * change.reshape(estimate.shape)
        return (latents.float() + moved).to(latents.dtype)

    def _going_on(self, clean: Any) -> Any:
        """Return the place (n, h, w, C) as its rows go on between what is left and right of it."""
        place, torch = self.place, the_torch()
        reach, rows = max(round(BESIDE * place.width), 1), slice(place.y, place.bottom)
        beside = (slice(max(place.x - reach, 0), place.x), slice(place.right, place.right + reach))
        sides = [clean[:, rows, one].mean(2, keepdim=True) for one in beside if _held(one, clean)]
        if not sides:
            sides = [clean[:, rows, place.x : place.right].mean(2, keepdim=True)]
        share = (torch.arange(place.width, device=clean.device) + 0.5) / place.width
        share = share.view(1, 1, -1, 1)
        return sides[0] * (1 - share) + sides[-1] * share

    def _weights(self, clean: Any) -> Any:
        """Return 0..1 (1, h, w, 1): 1 inside, less towards the place's border."""
        ramps = [_ramp(side) for side in (self.place.height, self.place.width)]
        weights = np.outer(*ramps).astype(np.float32)[None, ..., None]
        return the_torch().from_numpy(weights).to(clean.device)


def reserved_on(canvas: Canvas, box: Box) -> Reserved:
    """Return the place of a box (frame px), with air round it, on a canvas."""
    scale = canvas.inner_width / canvas.frame_width
    rows, columns = canvas.height // TOKEN, canvas.width // TOKEN
    across, down = AIR * box.width, AIR * box.height
    left = _token(canvas.left + (box.x - across) * scale, columns - 1)
    top = _token(canvas.top + (box.y - down) * scale, rows - 1)
    right = _token(canvas.left + (box.right + across) * scale, columns)
    bottom = _token(canvas.top + (box.bottom + down) * scale, rows)
    return Reserved(rows, columns, Box(left, top, max(right - left, 1), max(bottom - top, 1)))


def share_taken(picture: Picture, box: Box) -> float:
    """Return the share 0..1 of a box of an sRGB picture (H, W, 3) that something stands in.

    Each row is held against what is left and right of the box.
    """
    lab = cv2.cvtColor(picture.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    lab = cv2.GaussianBlur(lab, (0, 0), BLUR * min(picture.shape[:2]))
    rows, reach = slice(box.y, box.bottom), max(round(BESIDE * box.width), 2)
    beside = (lab[rows, max(box.x - reach, 0) : box.x], lab[rows, box.right : box.right + reach])
    sides = [one.mean(axis=1, keepdims=True) for one in beside if one.shape[1] > 1]
    inside = lab[rows, box.x : box.right]
    if not sides or not inside.size:
        return 0.0
    share = ((np.arange(inside.shape[1]) + 0.5) / inside.shape[1])[None, :, None]
    going_on = sides[0] * (1 - share) + sides[-1] * share
    return float((np.linalg.norm(inside - going_on, axis=2) > FOREIGN).mean())


def _held(columns: slice, clean: Any) -> bool:
    return bool(columns.start < min(columns.stop, clean.shape[2]))


def _ramp(length: int) -> NDArray[np.float64]:
    from_border = np.minimum(np.arange(length), np.arange(length)[::-1]) + 1.0
    return np.minimum(from_border / (SOFT + 1), 1.0)


def _token(pixels: float, most: int) -> int:
    return int(np.clip(round(pixels / TOKEN), 0, most))
