"""What a photo shows across an outline: where its edge is, and what would be left outside it.

A product meets the ground in its own shadow, so the strongest step there is the shadow's. Two cues
do not fall for it: light changes a colour's brightness and not its chromaticity (Finlayson, Drew
and Lu, "Intrinsic images by entropy minimization", ECCV 2004), and the ground is darkest in the
line where it is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Steps across the line, px.
ACROSS: Final = 0.5
# An edge this strong (Lab over 2 px) counts half; the strongest count no more than 1.
HALF_EDGE: Final = 4.0
# A step is taken over this many px to each side, and over as many more to see if it is sharp:
# of a shadow's edge less than SOFT happens near by, of a product's more than SHARP.
NEAR, WIDE = 1.0, 4.0
SOFT, SHARP = 0.3, 0.7
# What a step counts: darker inwards, as a shadow is; in Lab's a and b, which dim with the light;
# in chromaticity, which does not (Lab per unit of the logarithm).
DARKER, DIMMING_COLOUR, CHROMATICITY = 0.7, 0.5, 10.0
# Light that keeps a dark pixel's noise out of its chromaticity, linear 0..1.
FLARE: Final = 0.01
GAMMA: Final = 2.2
# How far the brighter sides of a line of contact may be from it, px.
CONTACT_SIDE: Final = 2.0
# Lab per unit of RGB: what no light makes of the ground counts from here on, and whole at twice it.
LAB_PER_RGB: Final = 80.0
NOT_GROUND: Final = 2.0
# In a shadow the product's own bounced light tints the ground: with no light left by this much.
BOUNCED: Final = 8.0
# The ground's light at a place, as a part of what it gets away from the product.
LEAST_LIGHT, MOST_LIGHT = 0.2, 1.05
# The ground is looked up along this many points of the line.
GROUND_ALONG: Final = 9
# An edge's own width lies on both sides, px; so many px more of what is not ground count whole.
EDGE_WIDTH, MOST_LEFT_OUT = 2.0, 3.0


@dataclass(frozen=True)
class Profile:
    """The photo across N points of a line, S places each.

    `strength` (N, S) 0..1: how strongly and sharply the photo steps there, or how plainly the
    product touches the ground. `left_out` (N, S) 0..1: how much would lie outside that neither the
    ground nor its shadow explains.
    """

    strength: Floats
    left_out: Floats


def profile(picture: Bytes, line: Floats, inward: Floats, offsets: Floats) -> Profile:
    """Look across `line` (N, 2; x, y from the corner) in `picture` (H, W, 3).

    `inward` (N, 2) are unit normals into the product; `offsets` (S) rising places along them, px,
    ACROSS apart.
    """
    room = round(WIDE / ACROSS)
    beyond = np.arange(1, room + 1) * ACROSS
    around = np.concatenate([offsets[0] - beyond[::-1], offsets, offsets[-1] + beyond])
    points = line[:, None] + around.astype(np.float32)[None, :, None] * inward[:, None]
    rgb = _sampled(picture, points)
    left_out = _left_out(rgb, room)
    return Profile(_strength(rgb, left_out, room), left_out)


def _sampled(picture: Bytes, points: Floats) -> Floats:
    """Return the colours (N, S, 3) 0..1 at `points` (N, S, 2; x, y from the corner)."""
    corner = np.clip(points.min((0, 1)).astype(int) - 2, 0, np.subtract(picture.shape[1::-1], 1))
    far = np.maximum(points.max((0, 1)).astype(int) + 2, corner + 1)
    x, y = (np.ascontiguousarray(points[..., k] - corner[k] - 0.5, np.float32) for k in (0, 1))
    rgb = picture[corner[1] : far[1], corner[0] : far[0]].astype(np.float32) / 255
    return np.asarray(cv2.remap(rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _strength(rgb: Floats, left_out: Floats, room: int) -> Floats:
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    logarithm = np.log(rgb**GAMMA + np.float32(FLARE))
    chromaticity = logarithm - logarithm.mean(2, keepdims=True)
    colour = np.concatenate([DIMMING_COLOUR * lab[..., 1:], CHROMATICITY * chromaticity], axis=2)
    near, wide = (_step(lab[..., :1], colour, room, half) for half in (NEAR, WIDE))
    sharp = np.clip((near / np.maximum(wide, 1e-3) - SOFT) / (SHARP - SOFT), 0, 1)
    edge = sharp * near / (near + HALF_EDGE)
    contact = (1 - left_out) * _contact(lab[..., 0], room)
    touches = contact / (contact + HALF_EDGE)
    return np.asarray(1 - (1 - edge) * (1 - touches), np.float32)


def _step(light: Floats, colour: Floats, room: int, half: float) -> Floats:
    """Return the difference between both sides of every place, `half` px off it, Lab."""
    lighter, other = (
        _along(_moved(layer, room, half) - _moved(layer, room, -half)) for layer in (light, colour)
    )
    lighter = np.where(lighter < 0, DARKER * lighter, lighter)
    return np.asarray(np.sqrt((lighter**2).sum(2) + (other**2).sum(2)), np.float32)


def _contact(light: Floats, room: int) -> Floats:
    """Return how much darker a place is than both its sides, Lab."""
    inside, outside = (
        np.maximum(*(_moved(light, room, side * half) for half in (NEAR, CONTACT_SIDE)))
        for side in (1, -1)
    )
    return np.maximum(_along(np.minimum(inside, outside) - _moved(light, room, 0)), 0)


def _left_out(rgb: Floats, room: int) -> Floats:
    """Sum up from outside what no light makes of the ground at the outer end of each row."""
    window = (1, GROUND_ALONG)
    ground = cv2.blur(rgb[:, :room].mean(1), window, borderType=cv2.BORDER_REPLICATE)[:, None]
    own = rgb[:, room:-room]
    light = (own * ground).sum(2) / np.maximum((ground * ground).sum(2), 1e-4)
    light = np.clip(light, LEAST_LIGHT, MOST_LIGHT)
    rest = LAB_PER_RGB * np.linalg.norm(own - light[..., None] * ground, axis=2)
    rest = rest / (NOT_GROUND + BOUNCED * np.maximum(1 - light, 0)) - 1
    width = np.cumsum(_along(np.clip(rest, 0, 1).astype(np.float32)), axis=1) * ACROSS
    lag = round(EDGE_WIDTH / ACROSS)
    outside = np.pad(width[:, :-lag], ((0, 0), (lag, 0)))[:, : width.shape[1]]
    return np.asarray(np.minimum(outside / MOST_LEFT_OUT, 1), np.float32)


def _moved(layer: Floats, room: int, distance: float) -> Floats:
    """Return `layer` (N, S + 2 room, ...) at every place moved inwards by `distance` px."""
    start = room + round(distance / ACROSS)
    return layer[:, start : start + layer.shape[1] - 2 * room]


def _along(layer: Floats) -> Floats:
    """Average over five points of the line."""
    return np.asarray(cv2.blur(layer, (1, 5), borderType=cv2.BORDER_REPLICATE)).reshape(layer.shape)
