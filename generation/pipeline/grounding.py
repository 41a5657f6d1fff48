"""The product on the ground: its size, its pose and its shadows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .cutout import CutOut
from .layout import Box, fit_into
from .studio.proxy import Footing
from .studio.rig import Pose

Rgba = NDArray[np.uint8]
Plane = NDArray[np.float32]

# Less sure than even odds, the photo becomes a card: a broken cut-out costs more than a card does.
CARD_CONFIDENCE: Final = 0.5
# A product that runs along this much of the photo's edges was cropped by the photographer.
CARD_BORDER_SHARE: Final = 0.22
# The card's white border, and the wider one at its foot, as shares of the photo's shorter side.
CARD_BORDER: Final = 0.05
CARD_FOOT: Final = 0.11
CARD_WHITE: Final = (250, 249, 246)
# The hairline round the picture, the paper's shaded edges, the corners' radius in borders.
CARD_LINE: Final = (226, 224, 219)
CARD_SIDE_SHADE: Final = (214, 211, 205)
CARD_ROUND: Final = 0.35
# The longest side a photo is printed with on a card, in pixels: more than any frame shows.
CARD_SIDE: Final = 1600

# A photo whose detail (difference from a strong blur on a coarse grid) spreads less than this many
# of 255 levels shows nothing.
EMPTY_GRID: Final = 48
EMPTY_SPREAD: Final = 4.0

# Width over height: slimmer than this stands, wider than that lies.
STANDS_BELOW: Final = 0.82
LIES_ABOVE: Final = 1.55
# Between them a flat foot decides: its width, 4 % above the base, over the product's.
FLAT_FOOT: Final = 0.45
FOOT_HEIGHT: Final = 0.04

# Alpha (0..255) below which a pixel does not count as product when its extent is measured.
SOLID: Final = 128
# The contact line's height over the product's width, and how dark it is.
CONTACT_SHARE: Final = 0.015
CONTACT_STRENGTH: Final = 0.85
LYING_CONTACT_STRENGTH: Final = 0.7
# Less of the sky reaches the ground beside a long flat product: how far, over the product's
# height, and how much darker it is there. Without it a fish lies on glass.
LYING_NEAR: Final = 0.16
LYING_NEAR_STRENGTH: Final = 0.5
# So it is round the foot of a standing one: how far, over the product's width, and how much darker.
# Large soft lamps alone leave a box on a grained table afloat.
STANDING_NEAR: Final = 0.045
STANDING_NEAR_STRENGTH: Final = 0.55
# A standing product touches the ground only in this lowest share of its height. The seen half of
# a round foot rises through most of it: only in the zone's upper third does the line fade.
CONTACT_ZONE: Final = 0.07
CONTACT_FADE: Final = 0.35


@dataclass(frozen=True)
class Subject:
    """What is put into the set: RGBA (straight alpha), its pose, and whether it is a photo card."""

    rgba: Rgba
    pose: Pose
    is_card: bool

    @property
    def aspect(self) -> float:
        """Width over height."""
        height, width = self.rgba.shape[:2]
        return float(width / height)


def subject_of(cut: CutOut, photo: NDArray[np.uint8]) -> Subject:
    """Return the cut-out with its pose, or the photo as a card where the cut-out would be broken.

    `photo` is the whole photo, uint8 (height, width, 3), sRGB.
    """
    if cut.method != "alpha" and (
        cut.confidence < CARD_CONFIDENCE or border_share(cut, photo) > CARD_BORDER_SHARE
    ):
        return Subject(photo_card(photo), "stands", is_card=True)
    trimmed = trim(cut.rgba)
    return Subject(trimmed, pose_of(trimmed), is_card=False)


def shows_something(photo: NDArray[np.uint8]) -> bool:
    """Return whether a photo has a picture in it, not one flat colour or a soft gradient."""
    small = cv2.resize(photo, (EMPTY_GRID, EMPTY_GRID), interpolation=cv2.INTER_AREA)
    grey = small.astype(np.float32).mean(axis=2)
    rough = grey - cv2.GaussianBlur(grey, (0, 0), EMPTY_GRID / 8)
    return bool(rough.std() > EMPTY_SPREAD)


def border_share(cut: CutOut, photo: NDArray[np.uint8]) -> float:
    """Return which share of the photo's four edges the product lies on, 0..1."""
    height, width = photo.shape[:2]
    left, top, right, bottom = cut.box
    solid = cut.rgba[..., 3] >= SOLID
    touching = 0
    touching += int(solid[0].sum()) if top <= 0 else 0
    touching += int(solid[-1].sum()) if bottom >= height else 0
    touching += int(solid[:, 0].sum()) if left <= 0 else 0
    touching += int(solid[:, -1].sum()) if right >= width else 0
    return float(touching / (2 * (width + height)))


def trim(rgba: Rgba) -> Rgba:
    """Return the picture cropped to the rows and columns that hold solid product."""
    solid = rgba[..., 3] >= SOLID
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    return np.ascontiguousarray(rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def pose_of(rgba: Rgba) -> Pose:
    """Return whether a trimmed product stands or lies; when in doubt it lies."""
    height, width = rgba.shape[:2]
    aspect = width / height
    if aspect < STANDS_BELOW:
        return "stands"
    if aspect > LIES_ABOVE:
        return "lies"
    foot = rgba[int(height * (1 - FOOT_HEIGHT)) - 1 :, :, 3] >= SOLID
    return "stands" if foot.any(axis=0).sum() >= FLAT_FOOT * width else "lies"


def photo_card(photo: NDArray[np.uint8]) -> Rgba:
    """Return the photo as a print, RGBA: white border, wider at the foot, corners a little round.

    A hairline of shade where picture meets paper and along the paper's right and lower edges
    gives the print its thickness; the photo's own pixels inside are untouched.
    """
    height, width = photo.shape[:2]
    shrink = min(1.0, CARD_SIDE / max(height, width))
    size = (max(round(width * shrink), 1), max(round(height * shrink), 1))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA) if shrink < 1 else photo
    edge = max(2, round(CARD_BORDER * min(size)))
    foot = max(edge, round(CARD_FOOT * min(size)))
    bordered = cv2.copyMakeBorder(
        small, edge, foot, edge, edge, cv2.BORDER_CONSTANT, value=CARD_WHITE
    )
    line = max(1, edge // 12)
    inner = (slice(edge - line, edge + size[1] + line), slice(edge - line, edge + size[0] + line))
    frame = bordered[inner].copy()
    frame[...] = CARD_LINE
    frame[line:-line, line:-line] = small
    bordered[inner] = frame
    bordered[-line:] = bordered[:, -line:] = CARD_SIDE_SHADE
    return np.dstack([bordered, _rounded(bordered.shape[0], bordered.shape[1], edge)])


def _rounded(height: int, width: int, edge: int) -> NDArray[np.uint8]:
    """Return the alpha of a sheet with slightly rounded corners, uint8 (height, width)."""
    radius = max(edge * CARD_ROUND, 1.0)
    y = np.abs(np.arange(height, dtype=np.float32) + 0.5 - height / 2) - (height / 2 - radius)
    x = np.abs(np.arange(width, dtype=np.float32) + 0.5 - width / 2) - (width / 2 - radius)
    away = np.hypot(np.maximum(y, 0)[:, None], np.maximum(x, 0)[None])
    return np.asarray(np.clip((radius + 0.5 - away) * 255, 0, 255).round(), np.uint8)


def place(subject: Subject, slot: Box, frame: Box) -> tuple[Rgba, Box]:
    """Return the product layer at frame size and the box it fills.

    The product is scaled to fit `slot` (never stretched or flipped), resting on its bottom;
    RGBA with straight alpha, zero elsewhere.
    """
    box = fit_into(slot, subject.aspect)
    fitted = resize_straight(subject.rgba, (box.width, box.height))
    layer = np.zeros((frame.height, frame.width, 4), np.uint8)
    layer[box.y : box.bottom, box.x : box.right] = fitted
    return layer, box


def resize_straight(rgba: Rgba, size: tuple[int, int]) -> Rgba:
    """Return RGBA resized without colours bleeding in from transparent pixels."""
    shrinks = size[0] < rgba.shape[1]
    filter_ = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    alpha = rgba[..., 3:].astype(np.float32) / 255
    premultiplied = np.dstack([rgba[..., :3].astype(np.float32) * alpha, alpha])
    scaled = cv2.resize(premultiplied, size, interpolation=filter_)
    coverage = np.clip(scaled[..., 3:], 0, 1)
    colour = scaled[..., :3] / np.maximum(coverage, 1e-4)
    out = np.dstack([np.clip(colour, 0, 255), coverage * 255]).round().astype(np.uint8)
    out[out[..., 3] == 0] = 0
    return out


def contact_shade(alpha: Plane, box: Box, footing: Footing) -> Plane:
    """Return what light remains where the product meets the ground, (height, width) 0..1.

    A dark, tight line right under the lower outline, fading within about 1.5 % of the product's
    width; a round product has it only at its foot, a box or a flat one along its lower edge.
    """
    reach = max(2.0, CONTACT_SHARE * box.width)
    dark = np.zeros_like(alpha)
    for drop, blur, share in ((0.3, 0.22, 0.6), (0.8, 0.9, 0.4)):
        lowered = _shift_down(alpha, drop * reach)
        dark += share * cv2.GaussianBlur(lowered, (0, 0), blur * reach)
    strength = CONTACT_STRENGTH if footing != "flat" else LYING_CONTACT_STRENGTH
    if footing == "round":
        dark *= _foot_zone(alpha.shape[0], box, reach)
    light = 1 - strength * np.clip(dark, 0, 1)
    light *= 1 - _sky_hidden(alpha, box, footing)
    return cast("Plane", light.astype(np.float32))


def _sky_hidden(alpha: Plane, box: Box, footing: Footing) -> Plane:
    """Return how much of the sky a product hides from the ground beside it, 0..1."""
    flat = footing == "flat"
    reach = max(LYING_NEAR * box.height if flat else STANDING_NEAR * box.width, 2.0)
    hidden = cv2.GaussianBlur(_shift_down(alpha, 0.9 * reach), (0, 0), reach)
    if footing == "round":
        hidden *= _foot_zone(alpha.shape[0], box, reach)
    elif not flat:
        hidden *= _below_edges(alpha, reach)
    strength = LYING_NEAR_STRENGTH if flat else STANDING_NEAR_STRENGTH
    return np.asarray(strength * hidden, np.float32)


def _below_edges(alpha: Plane, reach: float) -> Plane:
    """Return 1 under the product's lower outline and beside its ends, 0 from `reach` above it."""
    solid = alpha > 0.5
    columns = np.flatnonzero(solid.any(0))
    if columns.size == 0:
        return np.zeros_like(alpha)
    lowest = alpha.shape[0] - 1 - solid[::-1].argmax(0)
    edge = np.interp(np.arange(alpha.shape[1]), columns, lowest[columns])
    rows = np.arange(alpha.shape[0])[:, None]
    return np.asarray(np.clip((rows - edge + reach) / reach, 0, 1), np.float32)


def _shift_down(plane: Plane, pixels: float) -> Plane:
    move = np.array([[1, 0, 0], [0, 1, pixels]], np.float32)
    return cast("Plane", cv2.warpAffine(plane, move, plane.shape[::-1]))


def _foot_zone(height: int, box: Box, reach: float) -> Plane:
    """Return a column (height, 1): 1 at the product's foot, 0 above its contact zone."""
    rows = np.arange(height, dtype=np.float32)
    start = box.bottom - max(CONTACT_ZONE * box.height, 3 * reach)
    zone = np.clip((rows - start) / max(CONTACT_FADE * (box.bottom - start), 1.0), 0, 1)
    return cast("Plane", zone[:, None].astype(np.float32))


def mean_colour(product: Rgba) -> tuple[float, float, float]:
    """Return the product's mean colour, linear RGB 0..1, for the light it throws on the ground."""
    solid = product[product[..., 3] >= SOLID][:, :3].astype(np.float64) / 255
    red, green, blue = np.clip((solid**2.2).mean(axis=0), 0.02, 0.9)
    return float(red), float(green), float(blue)
