"""A stand-in for the product in the set: it throws the shadow, the photo keeps the pixels."""

from __future__ import annotations

import math
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .palette import Rgb
from .rig import Pose
from .shapes import Faces, Mesh, Vertices, grid_faces, painted, two_sided

# Rows of the silhouette and steps round each row's ellipse.
PROXY_ROWS: Final = 72
PROXY_TURNS: Final = 40
# Half-depth over half-width of a standing product: a little flatter than round.
DEPTH_RATIO: Final = 0.75
# The same for a print on card.
CARD_RATIO: Final = 0.04
# No product is deeper than this from its middle, in decimetres.
DEEPEST: Final = 1.1
# The stand-in stays this many pixels inside the product's outline.
INSET: Final = 1.5
# Height of a lying product over half its width, and at most, in decimetres.
DOME_RATIO: Final = 0.45
DOME_HIGHEST: Final = 0.9
DOME_GRID: Final = 96
# A lying product wider than this (over its height) is flat: a fish, not an orange.
FLAT_ABOVE: Final = 1.55

# The outermost share of the width in which an upright side is looked for, and how far above the
# base the foot of such a side may be, as shares of the height; a side is at least so long.
SIDE_STRIP: Final = 0.025
UPRIGHT_SIDE: Final = 0.36
LOWEST_CORNER: Final = 0.025
HIGHEST_CORNER: Final = 0.42
# Tapered sides (a bag) count when their feet are nearly at the base.
LOW_CORNER: Final = 0.12

# A box's walls reach so far into the ground, in decimetres: between ripples no light slips under.
SUNK: Final = 0.15
# A box's lower outline leaps where it rises so many times as fast as along its edge, and by more
# than so many pixels.
LEAP: Final = 1.5
STEP: Final = 6.0

Alpha = NDArray[np.float32]
Footing = Literal["round", "edges", "flat"]


def footing_of(alpha: Alpha, pose: Pose) -> Footing:
    """Return how the placed product (coverage of the frame, 0..1) meets the ground.

    `flat`: long and lying, all along its lower outline. `edges`: a box seen over its corner, whose
    lower outline rises to upright sides. `round`: anything else, at its foot.
    """
    x, y, width, height = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    if pose == "lies" and width > FLAT_ABOVE * height:
        return "flat"
    solid = alpha[y : y + height, x : x + width] > 0.5
    strip = max(1, round(SIDE_STRIP * width))
    sides = [_side(solid[:, :strip]), _side(solid[:, -strip:])]
    upright = min(length for _, length in sides) > UPRIGHT_SIDE
    rise = max(rise for rise, _ in sides)
    highest = HIGHEST_CORNER if upright else LOW_CORNER
    return "edges" if LOWEST_CORNER < rise < highest else "round"


def _side(strip: NDArray[np.bool_]) -> tuple[float, float]:
    """Return how far above the base a side's foot lies and how long it is, 0..1 of the height."""
    rows = np.flatnonzero(strip.any(axis=1))
    if rows.size == 0:
        return 1.0, 0.0
    height = strip.shape[0]
    return 1.0 - (float(rows[-1]) + 1.0) / height, float(rows[-1] - rows[0] + 1) / height


def product_proxy(
    alpha: Alpha, camera: Camera, footing: Footing, colour: Rgb, *, thin: bool = False
) -> Mesh:
    """Return a solid whose outline from the camera is the product's.

    `alpha` (height, width) 0..1 is the placed product's coverage of the frame. A round product is
    taken for round about its own axis, row by row, and touches the ground with its front; a box
    stands on its lower outline; a flat one is a dome on the ground; `thin` is for a card.
    """
    if footing == "flat":
        vertices, faces = _lying(alpha, camera)
    elif footing == "edges":
        vertices, faces = _on_edges(alpha, camera)
    else:
        vertices, faces = _standing(alpha, camera, CARD_RATIO if thin else DEPTH_RATIO)
    # Normals and (unused) texture coordinates: meshes of one kind share compiled code.
    uv = np.zeros((len(vertices), 2), np.float32)
    return Mesh(vertices, faces, two_sided(painted(colour)), uv, smooth=True)


def _on_edges(alpha: Alpha, camera: Camera) -> tuple[Vertices, Faces]:
    """Raise upright walls from below the ground under the lower outline to the upper one."""
    solid = alpha > 0.5
    filled = np.flatnonzero(solid.any(axis=0))
    columns = np.linspace(filled[0] + INSET, filled[-1] - INSET, PROXY_ROWS).round().astype(int)
    columns = columns[solid[:, columns].any(axis=0)]
    bottom = solid.shape[0] - np.argmax(solid[::-1, columns], axis=0) - 1.0
    standing = _above_edges(bottom)
    columns, bottom = columns[standing], bottom[standing]
    top = np.argmax(solid[:, columns], axis=0) + INSET
    x = columns + 0.5
    feet = camera.on_ground(np.stack([x, bottom], 1))
    rays = camera.rays(np.stack([x, top], 1))
    reach = (feet[:, 1] - camera.position[1]) / rays[:, 1]
    heads = camera.position + rays * reach[:, None]
    roots = feet - np.array([0.0, 0.0, SUNK])
    points = np.concatenate([roots, feet, heads]).astype(np.float32)
    return points, grid_faces(3, len(columns))


def _above_edges(bottom: NDArray[np.float64]) -> slice:
    """Return the columns that stand on a box's lower edges, without what juts out at its sides.

    `bottom` are the lower outline's rows in evenly spaced columns. From the lowest corner it rises
    to both sides; where it leaps up there is but air below, as under a lid's ends, and walls from
    the ground there would stand far behind the box.
    """
    corner = int(np.argmax(bottom))
    left, right = (_before_leap(side) for side in (bottom[corner::-1], bottom[corner:]))
    return slice(corner - left + 1, corner + right)


def _before_leap(side: NDArray[np.float64]) -> int:
    """Return how many rows come before the first that leaves the straight rise of most of them."""
    if len(side) < 3:
        return len(side)
    rise = float(np.median(-np.diff(side)))
    straight = side[0] - LEAP * rise * np.arange(len(side)) - STEP
    leaps = np.flatnonzero(side < straight)
    return int(leaps[0]) if leaps.size else len(side)


def _standing(alpha: Alpha, camera: Camera, flatness: float) -> tuple[Vertices, Faces]:
    """Stack one ellipse per row, each on the camera's rays through that row."""
    rows, left, right = _row_extents(alpha)
    half = np.maximum((right - left) / 2 - INSET, 0.5)
    middle = (left + right) / 2
    turn = np.linspace(0, 2 * math.pi, PROXY_TURNS)
    x = middle[:, None] + half[:, None] * np.cos(turn)
    y = np.broadcast_to(rows[:, None], x.shape)
    deep = np.minimum(half / camera.pixels_per_unit * flatness, DEEPEST)
    behind = float(np.median(deep[-max(len(deep) // 12, 1) :]))
    away = behind - deep[:, None] * np.sin(turn)
    rays = camera.rays(np.stack([x.ravel(), y.ravel()], 1))
    reach = (away.ravel() - camera.position[1]) / rays[:, 1]
    points = camera.position + rays * reach[:, None]
    return points.astype(np.float32), grid_faces(len(rows), PROXY_TURNS)


def _row_extents(
    alpha: Alpha,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return rows of the silhouette, closer near its foot, with their outermost columns."""
    solid = alpha > 0.5
    filled = np.flatnonzero(solid.any(axis=1))
    above = (filled[-1] - filled[0]) * np.linspace(1, 0, PROXY_ROWS) ** 2
    rows = np.unique((filled[-1] - above).round().astype(int))
    rows = rows[solid[rows].any(axis=1)]
    left = np.argmax(solid[rows], axis=1)
    right = solid.shape[1] - np.argmax(solid[rows][:, ::-1], axis=1)
    return rows.astype(np.float64) + 0.5, left.astype(np.float64), right.astype(np.float64)


def _lying(alpha: Alpha, camera: Camera) -> tuple[Vertices, Faces]:
    """Raise the silhouette's footprint into a dome, along the camera's rays."""
    solid = (alpha > 0.5).astype(np.uint8)
    x0, y0, width, height = cv2.boundingRect(solid)
    inside = cv2.distanceTransform(np.pad(solid, 1), cv2.DIST_L2, 5)[1:-1, 1:-1] - INSET
    columns = np.linspace(x0, x0 + width - 1, DOME_GRID)
    rows = np.linspace(y0, y0 + height - 1, DOME_GRID)
    x, y = np.meshgrid(columns, rows)
    depth = inside[y.round().astype(int), x.round().astype(int)]
    radius = max(float(depth.max()), 1.0)
    top = min(DOME_RATIO * 2 * radius / camera.pixels_per_unit, DOME_HIGHEST)
    share = np.clip(depth / radius, 0, 1)
    lift = np.where(depth > 0, top * np.sqrt(share * (2 - share)), -0.02)
    rays = camera.rays(np.stack([x.ravel() + 0.5, y.ravel() + 0.5], 1))
    reach = (lift.ravel() - camera.position[2]) / rays[:, 2]
    points = camera.position + rays * reach[:, None]
    faces = grid_faces(DOME_GRID, DOME_GRID)
    covered = (depth.ravel() > 0)[faces].any(axis=1)
    return points.astype(np.float32), faces[covered]
