"""A painted backdrop: a card behind the set that fills the frame, drawn in the frame's pixels."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .palette import Rgb

# A canvas is drawn at this share of the frame: it is blurred by the lens anyway.
CANVAS_SCALE: Final = 0.25
# Decimetres from the lens, and how far the card reaches past the frame.
CARD_DEPTH: Final = 90.0
OVERLAP: Final = 1.02
# No paint is brighter: the card's brightest spot, everything else in proportion.
BRIGHTEST: Final = 0.95

Canvas = NDArray[np.float32]


def blank(camera: Camera) -> tuple[Canvas, NDArray[np.float32], NDArray[np.float32]]:
    """Return an empty canvas (h, w, 3) and its columns (1, w) and rows (h, 1) in frame pixels."""
    width, height = (max(round(side * CANVAS_SCALE), 8) for side in (camera.width, camera.height))
    columns = (np.arange(width) + 0.5)[None, :] * camera.width / width
    rows = (np.arange(height) + 0.5)[:, None] * camera.height / height
    canvas = np.zeros((height, width, 3), np.float32)
    return canvas, columns.astype(np.float32), rows.astype(np.float32)


def horizon_row(camera: Camera) -> float:
    """Return the row in frame pixels where level ground would end, above the frame if negative."""
    return float(camera.axis_y - camera.focal * np.tan(np.radians(camera.elevation)))


def gradient(rows: NDArray[np.float32], stops: list[tuple[float, Rgb]]) -> Canvas:
    """Return colours (h, 1, 3) between stops of (row in frame pixels, linear colour)."""
    places = [row for row, _ in stops]
    channels = [np.interp(rows, places, [colour[i] for _, colour in stops]) for i in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def noise(rng: np.random.Generator, canvas: Canvas, cells: tuple[int, int]) -> NDArray[np.float32]:
    """Return smooth noise (h, w) of spread about 1 with `cells` (rows, columns) grains."""
    grains = rng.standard_normal(cells).astype(np.float32)
    size = (canvas.shape[1], canvas.shape[0])
    return np.asarray(cv2.resize(grains, size, interpolation=cv2.INTER_CUBIC), np.float32)


def even_below(canvas: Canvas, camera: Camera, row: float) -> Canvas:
    """Return the canvas with everything below a frame row as bright as the rest of it is.

    The ground hides that part, and the backdrop is exposed by the median of all of it.
    """
    first = round(row / camera.height * canvas.shape[0])
    if not 0 < first < canvas.shape[0]:
        return canvas
    bright = canvas[:first].mean(axis=-1)
    typical = canvas[:first][np.abs(bright - np.median(bright)) <= np.ptp(bright) * 0.1]
    canvas[first:] = typical.mean(axis=0)
    return canvas


def hung(camera: Camera, canvas: Canvas) -> dict[str, Any]:
    """Return the card with the canvas (linear, rows downwards) as Mitsuba's shape.

    Bitmaps are laid on a rectangle from its lower edge upwards, so the canvas is turned over.
    """
    import mitsuba as mi

    paint = np.ascontiguousarray(canvas[::-1] * (BRIGHTEST / max(float(canvas.max()), 1e-6)))
    middle = camera.at_depth(np.array([[camera.width / 2, camera.height / 2]]), CARD_DEPTH)[0]
    reach = OVERLAP * CARD_DEPTH / camera.focal / 2
    right, up, forward = camera.axes
    matrix = np.eye(4)
    matrix[:3, 0] = right * camera.width * reach
    matrix[:3, 1] = up * camera.height * reach
    matrix[:3, 2], matrix[:3, 3] = -forward, middle
    texture = {"type": "bitmap", "bitmap": mi.Bitmap(paint), "raw": True, "wrap_mode": "clamp"}
    return {
        "type": "rectangle",
        "to_world": mi.ScalarTransform4f(matrix.astype(np.float32)),
        "bsdf": {"type": "diffuse", "reflectance": texture},
    }
