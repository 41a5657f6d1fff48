"""The outline laid on the photo's own edge: the best smooth line within reach of the first one.

The first outline is found in a small picture and wanders where colours are alike (a white cup's
foot) or where a shadow touches the product. Unrolled along the outline, the photo shows the true
edge as a line from end to end, found by dynamic programming (Amini, Weymouth and Jain, "Using
dynamic programming for solving variational problems in vision", PAMI 1990). A large photo is
followed a second time at a larger size, within a shorter reach.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from . import working_scale
from .foot import evened
from .profile import ACROSS, profile

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Sides of the squares with the area of the pictures in which the line is laid on the edge.
COARSE_SIDE, FINE_SIDE = 600, 1400
# How far the line may move, as a part of the product's mean diameter, and at most, px.
REACH, MOST_REACH = 0.05, 14.0
# How far it may move at the larger size, in px of the smaller one, and the step along it, px.
FINE_REACH: Final = 2.0
ALONG: Final = 2
# A photo less than this many times larger than the small size holds nothing more.
WORTHWHILE: Final = 1.3
# A mask is enlarged so many times before its outlines are taken.
RIM: Final = 3
# Outlines shorter than this, px, are left as they are.
SHORTEST: Final = 40
# The outline's corners are rounded over this many px before its normals are taken, less on a small
# product: over this part of the reach.
ROUNDING, ROUNDING_OF_REACH = 2.0, 0.4
# What it costs to lie at the end of the reach, and to move by one step across for one along.
DISTANCE_COST: Final = 0.35
# What it costs to leave a part of the product outside.
LEFT_OUT_COST: Final = 0.6
# What it costs to lie where the learnt model, from nearby, is sure that all is product or none is.
SEEN_COST, NEARLY_SEEN = 0.4, 0.6
# A small product's reach is below this many px: there the distance and a bend cost less.
SMALL_REACH: Final = 5.0
BEND_COST: Final = 0.3
MOST_BEND: Final = 2
# A coverage is drawn at up to this size and made smaller; places on it are in parts of a px.
COVERAGE_SIDE: Final = 2400
SUBPIXEL_BITS: Final = 4
SUBPIXELS: Final = 1 << SUBPIXEL_BITS
# How much a bend of the line costs beside a point's weight: the square of its edge's strength above
# WEAK, at least that.
FAIRNESS: Final = 2.0
WEAK, LEAST_TRUST = 0.1, 1e-4
# Points that a fair curve needs to forget where it began: a bend is felt over some 75 of them where
# there is no edge at all.
FAIR_OVERLAP: Final = 200
# Rows that a path needs to forget where it began.
OVERLAP: Final = 60


def snapped(rgb: Bytes, mask: Mask, seen: Floats | None = None) -> list[Floats]:
    """Return the outlines of `mask` (h, w) laid on the edges of `rgb` (H, W, 3).

    `seen` (h, w) 0..1 is what the learnt model sees of the same product. Closed lines (N, 2), x and
    y in px of `rgb` from its upper left corner; an opening is a line inside another one.
    """
    scale = working_scale(rgb.shape, COARSE_SIDE)
    fine_scale = working_scale(rgb.shape, FINE_SIDE)
    fine = resized(rgb, fine_scale)
    picture = resized(fine, scale / fine_scale)
    enlarged = cv2.resize(mask.astype(np.float32), picture.shape[1::-1]) > 0.5
    reach = min(REACH * float(enlarged.sum()) ** 0.5, MOST_REACH)
    if seen is not None:
        seen = np.asarray(cv2.resize(seen, picture.shape[1::-1]))
    lines = [_laid(picture, line, reach, seen) for line in outlines(enlarged)]
    if fine_scale > WORTHWHILE * scale:
        larger = growth(picture, fine)
        reach = FINE_REACH * float(larger.max())
        lines = [_laid(fine, _resampled(line * larger), reach) for line in lines]
        picture = fine
    lines = [evened(line, _strength_on(picture, line)) for line in lines]
    return [line * growth(picture, rgb) for line in lines]


def _strength_on(picture: Bytes, line: Floats) -> Floats:
    """Return how strong the photo's edge is (N) 0..1 at the points of the closed `line` (N, 2)."""
    near = np.arange(-2, 3) * np.float32(ACROSS)
    return np.asarray(profile(picture, line, _inward(line), near).strength.max(axis=1))


def resized(rgb: Bytes, scale: float) -> Bytes:
    """Return `rgb` (H, W, 3) `scale` times as large, at most as it is."""
    if scale >= 1:
        return rgb
    size = (max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def growth(one: Bytes, other: Bytes) -> Floats:
    """Return how many times wider and higher the second picture is."""
    return np.divide(other.shape[1::-1], one.shape[1::-1], dtype=np.float32)


def outlines(mask: Mask) -> list[Floats]:
    """Return the closed lines (N, 2; x, y from the corner) round the pixels of `mask`."""
    # Contours run through the middle of the outermost pixels; enlarged, those lie on the rim.
    size = (mask.shape[1] * RIM, mask.shape[0] * RIM)
    enlarged = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    found, _ = cv2.findContours(enlarged, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [(line[::RIM, 0] + np.float32(0.5)) / np.float32(RIM) for line in found]


def coverage(lines: list[Floats], shape: tuple[int, int]) -> Bytes:
    """Return how far each pixel of a picture `shape` (H, W) lies within `lines`, 0..255."""
    fine = int(np.clip(COVERAGE_SIDE // max(shape), 1, 4))
    drawn = np.zeros((shape[0] * fine, shape[1] * fine), np.uint8)
    points = [np.round((line * fine - 0.5) * SUBPIXELS).astype(np.int32) for line in lines]
    cv2.fillPoly(drawn, points, 255, shift=SUBPIXEL_BITS)
    if fine > 1:
        drawn = np.asarray(cv2.resize(drawn, shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    return drawn


def _resampled(line: Floats) -> Floats:
    """Return the closed `line` (N, 2) with a point every ALONG px."""
    around = np.concatenate([line, line[:1]])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(around, axis=0), axis=1))])
    places = np.arange(0, length[-1], ALONG)
    return np.stack([np.interp(places, length, around[:, k]) for k in (0, 1)], 1).astype(np.float32)


def _laid(picture: Bytes, line: Floats, reach: float, seen: Floats | None = None) -> Floats:
    """Return the closed `line` (N, 2; x, y) on the strongest smooth edge within `reach` px.

    Where it is between what is `seen` (H, W) 0..1 and what is not, if that is known.
    """
    if len(line) < SHORTEST:
        return line
    line = _smooth(line, min(ROUNDING, ROUNDING_OF_REACH * reach))
    normal = _inward(line)
    steps = np.arange(-round(reach / ACROSS), round(reach / ACROSS) + 1)
    small = min(reach / SMALL_REACH, 1.0)
    offsets = steps * np.float32(ACROSS)
    across = profile(picture, line, normal, offsets)
    distance = small * DISTANCE_COST * np.abs(steps / max(steps[-1], 1))[None] ** 2
    cost = 1 - across.strength + distance + LEFT_OUT_COST * across.left_out
    if seen is not None:
        places = (line[:, None] + offsets[:, None] * normal[:, None] - 0.5).astype(np.float32)
        there = cv2.remap(seen, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cost += SEEN_COST * np.clip((np.abs(2 * there - 1) - NEARLY_SEEN) / (1 - NEARLY_SEEN), 0, 1)
    chosen = _best_path(cost.astype(np.float32))
    off = (steps[chosen] + _between_steps(across.strength, chosen)) * ACROSS
    found = line + off[:, None] * normal
    return _fair(found, across.strength[np.arange(len(line)), chosen], FAIRNESS * small**2)


def _inward(line: Floats) -> Floats:
    """Return the unit normals (N, 2) of a closed line."""
    tangent = np.roll(line, -2, 0) - np.roll(line, 2, 0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    return normal


def _between_steps(strength: Floats, chosen: NDArray[np.intp]) -> Floats:
    """Return where between its neighbours' steps the edge is strongest, -0.5..0.5 (N)."""
    rows, middle = np.arange(len(chosen)), np.clip(chosen, 1, strength.shape[1] - 2)
    before, here, after = (strength[rows, middle + k] for k in (-1, 0, 1))
    bend = before - 2 * here + after
    place = (before - after) / np.where(bend < 0, 2 * bend, -1)
    return np.where((bend < 0) & (middle == chosen), np.clip(place, -0.5, 0.5), 0)


def _fair(line: Floats, strength: Floats, fairness: float) -> Floats:
    """Return the closed `line` (N, 2) as a fair curve, free where its edge is weak (N, 0..1).

    The smoothing spline of Whittaker ("On a new method of graduation", 1923): near the points by
    their weight, and with little bending.
    """
    reach = min(FAIR_OVERLAP, len(line))
    weight = np.maximum(np.clip((strength - WEAK) / (1 - WEAK), 0, 1) ** 2, LEAST_TRUST)
    weight, points = (
        np.concatenate([own[-reach:], own, own[:reach]]) for own in (weight, np.asarray(line))
    )
    bands = np.zeros((3, len(weight)))
    bands[0, 2:], bands[1, 1:], bands[2] = fairness, -4 * fairness, 6 * fairness + weight
    fair = solveh_banded(bands, weight[:, None] * points)
    return np.asarray(fair[reach : reach + len(line)], np.float32)


def _smooth(line: Floats, sigma: float) -> Floats:
    """Round off the pixel steps of a closed line."""
    reach = int(np.ceil(3 * sigma))
    around = np.concatenate([line[-reach:], line, line[:reach]])
    soft = cv2.GaussianBlur(around, (1, 2 * reach + 1), sigma)
    return np.asarray(soft[reach:-reach])


def _best_path(cost: Floats) -> NDArray[np.intp]:
    """Return for every row of `cost` (N, S) the column of the cheapest closed smooth path."""
    count, width = cost.shape
    # Begun before its start and walked past its end: by then the path forgot where it began.
    overlap = min(OVERLAP, count)
    rows = np.concatenate([cost[-overlap:], cost, cost[:overlap]])
    bends = np.arange(-MOST_BEND, MOST_BEND + 1)
    toll = (BEND_COST * np.abs(bends)).astype(np.float32)[:, None]
    total = np.full(width + 2 * MOST_BEND, np.inf, np.float32)
    total[MOST_BEND:-MOST_BEND] = rows[0]
    ways = np.lib.stride_tricks.sliding_window_view(total, width)
    back = np.empty(rows.shape, np.int8)
    for row in range(1, len(rows)):
        tolled = ways + toll
        back[row] = tolled.argmin(0)
        total[MOST_BEND:-MOST_BEND] = tolled.min(0) + rows[row]
    path = np.empty(len(rows), np.intp)
    path[-1] = int(total.argmin()) - MOST_BEND
    for row in range(len(rows) - 1, 0, -1):
        path[row - 1] = path[row] + back[row, path[row]] - MOST_BEND
    return path[overlap : overlap + count]
