"""What stands in the light out of the picture: a window's bars and a branch with leaves."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .shapes import Mesh, painted, two_sided

# The window between light and set, in decimetres on its own plane: edges, half-height, panes, bars.
LEFT, RIGHT = -9.6, 3.9
HALF_HEIGHT: Final = 3.4
PANES: Final = (9, 3)
BAR: Final = 0.2
# The wall round the window reaches this far: no light past it.
BLIND: Final = 30.0
# A leaf: length and half-width in decimetres, points of its outline on one side.
LEAF: Final = (0.62, 0.15)
LEAF_POINTS: Final = 5
LEAVES: Final = 8

Points = NDArray[np.float64]


def window_with_leaves(
    seed: int,
    *,
    light: tuple[float, float, float],
    target: tuple[float, float, float],
    share: float,
) -> Mesh:
    """Return a window with a branch before it, `share` (0..1) of the way from `light` to `target`.

    The nearer to the target, the sharper its shadow. Bars and leaves vary with the seed.
    """
    rng = np.random.default_rng(seed)
    start, end = np.array(light), np.array(target)
    ahead = (end - start) / np.linalg.norm(end - start)
    right = np.cross(ahead, [0, 0, 1])
    right /= np.linalg.norm(right)
    up = np.cross(right, ahead)
    middle = start + share * (end - start)
    flat, faces = _joined([*_frame(rng), *_branch(rng)])
    points = middle + flat[:, :1] * right + flat[:, 1:] * up
    surface = two_sided(painted((0.02, 0.02, 0.02)))
    return Mesh(points.astype(np.float32), faces, surface)


def _joined(outlines: list[Points]) -> tuple[Points, NDArray[np.uint32]]:
    """Return convex outlines as fans of triangles in one mesh."""
    faces, first = [], 0
    for outline in outlines:
        fan = np.arange(1, len(outline) - 1)
        faces.append(np.stack([np.zeros_like(fan), fan, fan + 1], 1) + first)
        first += len(outline)
    return np.concatenate(outlines), np.concatenate(faces).astype(np.uint32)


def _frame(rng: np.random.Generator) -> list[Points]:
    """Return the wall round the window and its bars as rectangles."""
    a, b, h, far, bar = LEFT, RIGHT, HALF_HEIGHT, BLIND, BAR / 2
    tilt = float(rng.uniform(-0.08, 0.08))
    rectangles = [(-far, -far, a, far), (b, -far, far, far), (a, -far, b, -h), (a, h, b, far)]
    across = np.linspace(a, b, PANES[0] + 1)[1:-1]
    down = np.linspace(-h, h, PANES[1] + 1)[1:-1]
    rectangles += [(x - bar, -h, x + bar, h) for x in across]
    rectangles += [(a, y - bar, b, y + bar) for y in down]
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    corners = [np.array([[p, q], [r, q], [r, s], [p, s]]) for p, q, r, s in rectangles]
    return [corner @ turn for corner in corners]


def _branch(rng: np.random.Generator) -> list[Points]:
    """Return a hanging branch with leaves on both sides, from one side inwards.

    It crosses the part of the window whose light falls on the wall behind the product.
    """
    side = 1.0 if rng.random() < 0.5 else -1.0
    share = np.linspace(0, 1, LEAVES)
    stem = np.stack([side * (2.3 - 2.6 * share) - 0.5, 2.4 - 0.7 * share - 1.1 * share**2], 1)
    stem += rng.normal(0, 0.06, stem.shape)
    parts: list[Points] = []
    for index, foot in enumerate(stem):
        way = stem[min(index + 1, LEAVES - 1)] - stem[min(index, LEAVES - 2)]
        course = float(np.arctan2(way[1], way[0]))
        if index < LEAVES - 1:
            parts.append(_twig(foot, stem[index + 1]))
        for turn in (0.75, -0.75):
            spread = course + turn + float(rng.normal(0, 0.25))
            parts.append(_leaf(foot, spread, float(rng.uniform(0.7, 1.15))))
    return parts


def _twig(start: Points, end: Points) -> Points:
    way = end - start
    aside = np.array([-way[1], way[0]]) / np.linalg.norm(way) * 0.03
    return np.stack([start - aside, end - aside, end + aside, start + aside])


def _leaf(foot: Points, course: float, size: float) -> Points:
    """Return a pointed leaf that starts at `foot`."""
    length, half = LEAF[0] * size, LEAF[1] * size
    along = np.linspace(0, 1, LEAF_POINTS + 2)
    wide = half * np.sin(np.pi * along**0.8)
    outline = np.concatenate(
        [np.stack([along * length, wide], 1), np.stack([along * length, -wide], 1)[-2:0:-1]]
    )
    cosine, sine = np.cos(course), np.sin(course)
    leaf: Points = foot + outline @ np.array([[cosine, sine], [-sine, cosine]])
    return leaf
