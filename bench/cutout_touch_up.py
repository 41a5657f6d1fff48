"""How soon a brush stroke shows in a photo of 12 megapixels: what the cutting child answers."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from generation.touch_up.child import Table
from generation.touch_up.messages import Cut, Order
from generation.touch_up.strokes import UNITS, Stroke

STROKES = 8
RADIUS = 300


def measure(rgb: np.ndarray) -> None:
    """Print the times for `rgb` (H, W, 3): opening it, each stroke, and writing the cut-out.

    The orders are the web's, answered in this process as the child does, on one core.
    """
    cv2.setNumThreads(1)
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        cv2.imwrite(str(photo), rgb[..., ::-1])
        opening = _timed(table, Order(photo=photo))
        painted = [
            _timed(table, Order(photo=photo, strokes=_strokes(n + 1))) for n in range(STROKES)
        ]
        last = Order(photo=photo, strokes=_strokes(STROKES), write_to=Path(folder) / "cut.png")
        writing = _timed(table, last)
    for name, (wall, processor) in (
        ("opening the photo", opening),
        ("a stroke, median", (float(np.median([own[k] for own in painted])) for k in (0, 1))),
        ("a stroke, longest", (max(own[k] for own in painted) for k in (0, 1))),
        ("writing the cut-out", writing),
    ):
        print(f"12 MP, touch-up, {name}: {wall:.3f} s, {processor:.3f} s of processor")


def _timed(table: Table, order: Order) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    answer = table.answer(order)
    if not isinstance(answer, Cut):
        raise SystemExit(f"no cut-out: {answer}")
    return time.perf_counter() - wall, time.process_time() - processor


def _strokes(count: int) -> tuple[Stroke, ...]:
    """Return short strokes on a ring round the middle, keeping and removing in turn."""
    angles = np.linspace(0, 2 * np.pi, STROKES, endpoint=False)[:count]
    found = []
    for number, angle in enumerate(angles):
        ring = UNITS * (0.5 + 0.2 * np.array((np.cos(angle), np.sin(angle))))
        path = [ring + step * np.array((60, 40)) for step in range(12)]
        points = tuple((int(x), int(y)) for x, y in path)
        found.append(Stroke(keep=number % 2 == 0, radius=RADIUS, points=points))
    return tuple(found)
