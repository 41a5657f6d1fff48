"""The cut-out from colour alone: what the backdrop does not explain is the product.

Hysteresis on the distance from the backdrop's surfaces finds it, a cast shadow is told from it by
its hue and soft edge, GrabCut settles the doubtful band, `matte` draws the edge at full size.
GrabCut: Rother, Kolmogorov, Blake, SIGGRAPH 2004.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import NoProductFound

from . import LEAST_AREA, CutOut, margin_box
from .backdrop import Backdrop, fit_backdrop
from .confidence import confidence_of
from .matte import draw_edge

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Long side of the picture in which the outline is found.
WORK_SIDE: Final = 512
# Distances from the backdrop (Lab): least values, and multiples of the backdrop's own spread.
LOW, LOW_SIGMAS = 4.0, 3.5
HIGH, HIGH_SIGMAS = 10.0, 6.0
# A cast shadow leaves between this part of the light and all of it (linear light).
DEEPEST_SHADOW: Final = 0.3
# Steps of lightness over 7 px: a shadow's outer edge stays below, a grey product's goes above.
SOFT_EDGE: Final = 9.0
# Parts smaller than this share of the largest are dust, crumbs and reflections.
LEAST_PART: Final = 0.05
# The band GrabCut decides, as a part of the product's mean diameter.
BAND: Final = 0.03
GRABCUT_ROUNDS: Final = 2
# An enclosed patch of pure backdrop is a real hole (a handle) when it is at least this part of the
# product, at most that, and close to the outside; otherwise it is a label and is filled.
HOLE_LEAST, HOLE_MOST = 0.004, 0.25


@dataclass(frozen=True)
class Evidence:
    """The photo at working size, seen against its backdrop.

    `colour`: (H, W) Lab distance with shadows forgiven; `backdrop.distance` is the one without.
    """

    lab: Floats
    backdrop: Backdrop
    colour: Floats
    low: float
    high: float


def cut_out_by_colour(rgb: NDArray[np.uint8]) -> CutOut:
    """Cut the product out of `rgb` (H, W, 3). Raises NoProductFound."""
    scale = min(WORK_SIDE / max(rgb.shape[:2]), 1.0)
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    evidence = gather_evidence(small)
    mask = outline(evidence)
    if mask.mean() < LEAST_AREA:
        raise NoProductFound("nothing stands out from the backdrop")
    mask = _settle_edge(small, mask, evidence)
    if mask.mean() < LEAST_AREA:
        raise NoProductFound("what stood out was not a solid thing")
    rgba, box = draw_edge(rgb, mask)
    return CutOut(rgba, box, confidence_of(mask, evidence), "colour_model")


def gather_evidence(small: NDArray[np.uint8]) -> Evidence:
    """Fit the backdrop of `small` (H, W, 3) and measure how far each pixel is from it."""
    lab = cv2.cvtColor(cv2.medianBlur(small, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    backdrop = fit_backdrop(lab)
    low = max(LOW, LOW_SIGMAS * backdrop.sigma)
    high = max(HIGH, HIGH_SIGMAS * backdrop.sigma)
    return Evidence(lab, backdrop, _forgive_shadow(lab, backdrop), low, high)


def _forgive_shadow(lab: Floats, backdrop: Backdrop) -> Floats:
    """Return the distance from the backdrop dimmed by a neutral shadow of the best depth."""
    photo, wall = (_linear_rgb(layer) for layer in (lab, backdrop.lab))
    depth = (photo * wall).sum(2) / np.maximum((wall * wall).sum(2), 1e-6)
    shaded = _lab_of_linear(wall * np.clip(depth, DEEPEST_SHADOW, 1)[..., None])
    difference = np.linalg.norm(lab - shaded, axis=2)
    return np.where(depth < 1, difference, backdrop.distance).astype(np.float32)


def _linear_rgb(lab: Floats) -> Floats:
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
    return np.asarray(rgb**2.2, np.float32)


def _lab_of_linear(rgb: Floats) -> Floats:
    return np.asarray(cv2.cvtColor(np.clip(rgb, 0, 1) ** (1 / 2.2), cv2.COLOR_RGB2LAB))


def outline(evidence: Evidence, strictness: float = 1.0) -> Mask:
    """Return the product's filled mask (H, W); `strictness` scales both thresholds."""
    low, high = evidence.low * strictness, evidence.high * strictness
    body = (evidence.colour > low) | _hard_edged_shade(evidence, low)
    count, parts = cv2.connectedComponents(body.astype(np.uint8))
    seeds = np.bincount(parts[(evidence.colour > high) & body], minlength=count)
    sharp = np.bincount(parts[(evidence.backdrop.distance > high) & body], minlength=count)
    least = max(8, LEAST_AREA * body.size / 4)
    grown = (np.maximum(seeds, sharp) > least)[parts] & body
    closed = cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_CLOSE, _disc(3))
    filled = fill_holes(closed.astype(bool), evidence)
    opened = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_OPEN, _disc(1))
    return main_parts(opened.astype(bool))


def _hard_edged_shade(evidence: Evidence, low: float) -> Mask:
    """Return backdrop-coloured but darker patches whose outer edge is too sharp for a shadow."""
    shade = (evidence.backdrop.distance > low) & (evidence.colour <= low)
    light = cv2.GaussianBlur(evidence.lab[..., 0], (0, 0), 1.0)
    step = cv2.dilate(light, _disc(3)) - cv2.erode(light, _disc(3))
    _count, patches = cv2.connectedComponents(shade.astype(np.uint8))
    rim = cv2.dilate((evidence.backdrop.distance <= low).astype(np.uint8), _disc(1)).astype(bool)
    rim &= shade
    total = np.bincount(patches[rim], minlength=_count)
    steep = np.bincount(patches[rim & (step > SOFT_EDGE)], minlength=_count)
    hard = (steep > 0.6 * total) & (total > 0)
    hard[0] = False
    return np.asarray(hard[patches])


def fill_holes(mask: Mask, evidence: Evidence) -> Mask:
    """Fill what the product encloses, but for real holes such as a handle's."""
    count, patches, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), None, 4)
    border = np.unique(np.concatenate([patches[0], patches[-1], patches[:, 0], patches[:, -1]]))
    outside = np.isin(patches, border) & ~mask
    filled = ~outside
    for index in range(1, count):
        if index in border or stats[index, cv2.CC_STAT_AREA] < HOLE_LEAST * filled.sum():
            continue
        hole = patches == index
        if _is_opening(hole, outside, filled, evidence):
            filled &= ~hole
    return filled


def _is_opening(hole: Mask, outside: Mask, filled: Mask, evidence: Evidence) -> bool:
    area = int(hole.sum())
    if area > HOLE_MOST * filled.sum():
        return False
    if np.percentile(evidence.backdrop.distance[hole], 75) > evidence.low:
        return False
    rim = cv2.dilate(hole.astype(np.uint8), _disc(round(0.6 * area**0.5))).astype(bool) & ~hole
    return float((rim & outside).sum()) > 0.12 * float(rim.sum())


def main_parts(mask: Mask) -> Mask:
    """Keep the largest part and those not much smaller."""
    _count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.asarray((areas >= max(LEAST_PART * areas.max(), 1))[parts]) & mask


def _settle_edge(small: NDArray[np.uint8], mask: Mask, evidence: Evidence) -> Mask:
    """Let GrabCut decide the band along the outline that colour distance leaves open."""
    reach = max(2, round(BAND * float(mask.sum()) ** 0.5))
    solid = mask.astype(np.uint8)
    inside = cv2.erode(solid, _disc(reach)).astype(bool)
    reachable = cv2.dilate(solid, _disc(reach)).astype(bool)
    sure = mask & (evidence.colour > evidence.high)
    never = ~reachable | (evidence.backdrop.distance < 0.6 * evidence.low) & ~inside & ~mask
    trimap = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[inside | sure] = cv2.GC_FGD
    trimap[never] = cv2.GC_BGD
    left, top, right, bottom = margin_box(reachable, margin=4 * reach)
    window = (slice(top, bottom), slice(left, right))
    models = np.zeros((1, 65)), np.zeros((1, 65))
    decided = np.ascontiguousarray(trimap[window])
    if (decided == cv2.GC_BGD).any() and (decided == cv2.GC_FGD).any():
        crop = np.ascontiguousarray(small[window])
        cv2.setRNGSeed(0)
        cv2.grabCut(crop, decided, None, *models, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    settled = np.zeros_like(mask)
    settled[window] = (decided == cv2.GC_FGD) | (decided == cv2.GC_PR_FGD)
    smooth = cv2.medianBlur(settled.astype(np.uint8), 3).astype(bool)
    return main_parts(fill_holes(smooth, evidence))


def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
