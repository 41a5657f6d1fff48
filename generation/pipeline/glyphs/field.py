"""Outlines -> signed distance and inflation fields on a regular grid, in em units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import linalg

from .growth import RESOLUTION, grown
from .shaping import Cell, TextLayout

Field = npt.NDArray[np.float32]

# Fixed-point bits that OpenCV keeps of a polygon's corners.
SUBPIXEL_BITS: Final = 8

# Empty cells around the ink: room for the outside half of the field.
MARGIN_CELLS: Final = 5

# Cells per em of the grid that the membrane equation is solved on; the solution is smooth.
MEMBRANE_CELLS: Final = 56

# Shortest link to the outline, in samples: keeps the equations well conditioned.
LEAST_LINK: Final = 0.05


@dataclass(frozen=True)
class DistanceField:
    """`distance` (H, W) in em: positive inside the ink, negative outside.

    Row 0 is the lowest; the sample [j, i] lies at x = left + i * step, y = bottom + j * step.
    """

    distance: Field
    left: float
    bottom: float
    step: float


def distance_field(
    layout: TextLayout, cells_per_em: float, swell: float = 0.0, *, room: float = 0.0
) -> DistanceField:
    """Return the layout's exact Euclidean distance field, `cells_per_em` samples per em.

    Measured on a grid of RESOLUTION and averaged, so that no staircase is left.

    `swell` (em) widens the strokes of each character where there is room (see
    `growth.grown`); `room` is empty space added on each side.
    """
    step = 1.0 / cells_per_em
    margin = MARGIN_CELLS * step + swell + room
    columns = int(np.ceil((layout.width + 2 * margin) / step))
    rows = int(np.ceil((layout.height + 2 * margin) / step))
    left, bottom = -columns * step / 2, -rows * step / 2
    fine = 1.0 / RESOLUTION
    ink = np.zeros((round(rows * step / fine), round(columns * step / fine)), np.uint8)
    for cell in layout.cells:
        _draw(ink, cell, (left, bottom), fine, swell)
    inside = cv2.distanceTransform(ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform(1 - ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # The transform counts from pixel centre to pixel centre, the edge is half a pixel before; and
    # OpenCV fills the pixels of the outline too, another half.
    signed = np.where(ink > 0, inside - 1.0, -outside) * np.float32(fine)
    coarse = np.asarray(
        cv2.resize(signed, (columns, rows), interpolation=cv2.INTER_AREA), np.float32
    )
    return DistanceField(coarse, left + step / 2, bottom + step / 2, step)


def coarser(field: DistanceField, cells_per_em: float) -> DistanceField:
    """Return a field of about so many samples per em, whole numbers of a finer one's averaged."""
    factor = max(round(1 / (field.step * cells_per_em)), 1)
    missing = (-side % factor for side in field.distance.shape)
    whole = cv2.copyMakeBorder(
        field.distance, 0, next(missing), 0, next(missing), cv2.BORDER_REPLICATE
    )
    rows, columns = (side // factor for side in whole.shape)
    fewer = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    half = (factor - 1) * field.step / 2
    return DistanceField(
        np.asarray(fewer, np.float32), field.left + half, field.bottom + half, factor * field.step
    )


def coverage(
    field: DistanceField, scale: float, origin: tuple[float, float], shape: tuple[int, int]
) -> Field:
    """Return the ink's coverage 0..1 of a picture (height, width) with `scale` pixels per em.

    `origin` is where the em plane's origin lies in it, in pixels, y down.
    """
    x, y = ((0.5 - side) / scale for side in origin)
    unit = scale * field.step
    to_field = np.array(
        [
            [1 / unit, 0, (x - field.left) / field.step],
            [0, -1 / unit, (-y - field.bottom) / field.step],
        ]
    )
    distance = cv2.warpAffine(
        field.distance,
        to_field,
        shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(np.clip(0.5 + scale * distance, 0, 1), np.float32)


def _draw(
    ink: npt.NDArray[np.uint8], cell: Cell, corner: tuple[float, float], step: float, swell: float
) -> None:
    """Fill one character's outlines by the non-zero winding rule, and swell it."""
    pad = int(np.ceil(swell / step)) + 2
    low = [int((cell.box[k] - corner[k]) / step) - pad for k in (0, 1)]
    high = [int((cell.box[k + 2] - corner[k]) / step) + pad + 1 for k in (0, 1)]
    winding = np.zeros((high[1] - low[1], high[0] - low[0]), np.int8)
    for contour in cell.contours:
        pixels = (contour - np.array(corner, np.float32)) / step - 0.5 - np.array(low)
        x, y = pixels[:, 0], pixels[:, 1]
        area = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
        patch = np.zeros(winding.shape, np.uint8)
        fixed = np.round(pixels * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(patch, [fixed], 1, cv2.LINE_8, SUBPIXEL_BITS)
        winding += patch.astype(np.int8) * np.int8(1 if area > 0 else -1)
    filled = grown((winding != 0).astype(np.uint8), 1 / step, swell)
    x0, y0 = max(low[0], 0), max(low[1], 0)
    window = ink[y0 : high[1], x0 : high[0]]
    rows, columns = window.shape
    window |= filled[y0 - low[1] :, x0 - low[0] :][:rows, :columns]


def membrane(field: DistanceField, inset: float) -> Field:
    """Return the square of the height of a soap film blown through the ink, shape as the field's.

    The film u solves Laplace(u) = -1 inside, u = 0 on the outline moved in by `inset`; 2u is then
    exactly w^2 - x^2 across a long stroke of half-width w, so sqrt(2u) is a half circle, fuller
    where strokes meet. Outside the result is negative. After Repoussé (Joshi & Carr, 2008).
    """
    shrink = max(1.0, 1.0 / (field.step * MEMBRANE_CELLS))
    height, width = field.distance.shape
    size = (round(width / shrink), round(height / shrink))
    coarse = cv2.resize(field.distance, size, interpolation=cv2.INTER_AREA) - np.float32(inset)
    step = field.step * width / size[0]
    film = _solve_film(coarse) * step**2
    # Near the edge the film goes like the distance: carry their smooth ratio, not the staircase.
    sure = (coarse > 1.2 * step).astype(np.float32)
    ratio = np.where(sure > 0, film / np.maximum(coarse, step), 0.0).astype(np.float32)
    spread = cv2.GaussianBlur(ratio, (0, 0), 1.6) / (cv2.GaussianBlur(sure, (0, 0), 1.6) + 1e-4)
    filled = np.where(sure > 0, 0.5 * ratio + 0.5 * spread, spread)
    filled = np.maximum(filled, np.float32(0.5 * step))
    fine = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    result: Field = 2.0 * fine * (field.distance - np.float32(inset))
    return result


def _solve_film(distance: Field) -> npt.NDArray[np.float64]:
    """Solve the five-point Laplace(u) = -1 with unit step where `distance` > 0, u = 0 at its zero.

    The zero lies between samples: its place along each link is kept (Gibou et al., J. Comput. Phys.
    176, 2002), or thin strokes would come out up to a third too high.
    """
    inside = distance > 0
    film = np.zeros(inside.shape)
    count = int(inside.sum())
    if count == 0:
        return film
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(count)
    diagonal, links = np.zeros(count), []
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        near, beyond = np.roll(number, shift, (0, 1)), np.roll(distance, shift, (0, 1))
        a, b = number[inside], near[inside]
        linked = b >= 0
        ends = distance[inside] / (distance[inside] - np.minimum(beyond[inside], 0))
        diagonal += np.where(linked, 1.0, 1.0 / np.maximum(ends, LEAST_LINK))
        links.append((a[linked], b[linked]))
    rows, columns = (np.concatenate(part) for part in zip(*links, strict=True))
    matrix = sparse.coo_matrix((np.full(len(rows), -1.0), (rows, columns)), shape=(count, count))
    film[inside] = linalg.spsolve((matrix + sparse.diags(diagonal)).tocsc(), np.ones(count))
    return film
