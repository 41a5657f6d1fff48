"""The cutting child: holds OpenCV and the last few photos, and follows strokes on them.

Started by `cutter`: `python -m generation.touch_up.child FD`. It knows no Django, uses one core,
and ends when the pipe closes.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections import OrderedDict
from collections.abc import Sequence
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.pipeline.errors import NoProductFound, PhotoUnreadable

from .messages import Answer, Broken, Cut, Order, Unreadable
from .strokes import UNITS, Stroke

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# Photos kept open: a merchant and a second tab. A 12 MP photo holds 12 MB of alpha.
KEPT_PHOTOS: Final = 3
# Outlines kept for going back and forth with undo, 0.25 MB each.
KEPT_OUTLINES: Final = 60
# zlib level of the stored cut-out: 3 as the photo intake has it.
PNG_LEVEL: Final = 3
SOLID: Final = 128


class Sheet:
    """One photo being cut out: `start` its alpha (H, W), `small` where strokes are followed."""

    def __init__(self, photo: Path, begin_with: Path | None) -> None:
        from generation.pipeline.cutout.touch_up import STROKE_SIDE

        self.photo = photo
        rgb = _read(photo, "RGB")
        self.start, self.confidence = _start(photo, begin_with, rgb.shape[:2])
        self.small = _shrunk(rgb, STROKE_SIDE)
        self.alpha = _resized(self.start, self.small.shape[1::-1])
        self._outlines: OrderedDict[tuple[Stroke, ...], Mask] = OrderedDict()
        self._outlines[()] = self.alpha >= SOLID

    def outline(self, strokes: tuple[Stroke, ...]) -> Mask:
        """Return what is product (h, w) after these strokes, each taken after the one before."""
        from generation.pipeline.cutout.touch_up import follow_strokes

        known = len(strokes)
        while strokes[:known] not in self._outlines:
            known -= 1
        outline = self._outlines[strokes[:known]]
        for count in range(known + 1, len(strokes) + 1):
            label = self._labels(strokes[count - 1 : count])
            outline = follow_strokes(self.small, outline, label == 1, label == 2)
            said = self._labels(strokes[:count])
            outline = (outline | (said == 1)) & (said != 2)
            self._outlines[strokes[:count]] = outline
            if len(self._outlines) > KEPT_OUTLINES:
                oldest = next(key for key in self._outlines if key)
                del self._outlines[oldest]
        return outline

    def _labels(self, strokes: Sequence[Stroke]) -> Bytes:
        """Draw strokes over (h, w): 1 keeps, 2 removes, 0 says nothing; later ones lie on top."""
        import cv2

        height, width = self.small.shape[:2]
        label = np.zeros((height, width), np.uint8)
        scale = np.array([width, height]) / UNITS
        for stroke in strokes:
            points = np.round(np.array(stroke.points) * scale).astype(np.int32)
            thick = max(1, round(2 * stroke.radius * max(height, width) / UNITS))
            value = 1 if stroke.keep else 2
            cv2.polylines(label, [points.reshape(-1, 1, 2)], False, value, thick)
            cv2.circle(label, points[0].tolist(), max(thick // 2, 1), value, -1)
        return label


def _start(photo: Path, begin_with: Path | None, shape: tuple[int, ...]) -> tuple[Bytes, float]:
    """Return the alpha (H, W) to begin with and its confidence; nothing for a photo of nothing."""
    from generation.pipeline.cutout import cut_out

    if begin_with is not None:
        return _read(begin_with, "RGBA")[..., 3].copy(), 1.0
    alpha = np.zeros(shape, np.uint8)
    try:
        found = cut_out(photo)
    except NoProductFound:
        return alpha, 0.0
    left, top, right, bottom = found.box
    alpha[top:bottom, left:right] = found.rgba[..., 3]
    return alpha, float(found.confidence)


def _read(path: Path, mode: str) -> Bytes:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert(mode))
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoUnreadable(str(error)) from error


def _shrunk(rgb: Bytes, side: int) -> Bytes:
    scale = min(side / max(rgb.shape[:2]), 1.0)
    size = (max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1))
    return _resized(rgb, size)


def _resized(picture: Bytes, size: tuple[int, int]) -> Bytes:
    import cv2

    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


class Table:
    """The sheets that are open, newest last."""

    def __init__(self) -> None:
        self._sheets: OrderedDict[tuple[Path, Path | None], Sheet] = OrderedDict()

    def answer(self, order: Order) -> Answer:
        try:
            sheet = self._sheet(order)
            return _written(sheet, order) if order.write_to else _shown(sheet, order)
        except PhotoUnreadable as unreadable:
            return Unreadable(unreadable.detail)
        except Exception:  # noqa: BLE001 - the boundary: a bug is told, not lost
            return Broken(traceback.format_exc())

    def _sheet(self, order: Order) -> Sheet:
        key = (order.photo, order.begin_with)
        sheet = self._sheets.pop(key, None) or Sheet(*key)
        self._sheets[key] = sheet
        while len(self._sheets) > KEPT_PHOTOS:
            self._sheets.popitem(last=False)
        return sheet


def _shown(sheet: Sheet, order: Order) -> Cut:
    """Return the cut-out as a small mask: soft where it was, freshly softened where it changed."""
    import cv2

    outline = sheet.outline(order.strokes)
    soft = cv2.GaussianBlur(outline.astype(np.float32) * 255, (0, 0), 0.8)
    moved = cv2.dilate((outline != (sheet.alpha >= SOLID)).astype(np.uint8), np.ones((5, 5)))
    alpha = np.where(moved > 0, np.round(soft), sheet.alpha).astype(np.uint8)
    buffer = BytesIO()
    Image.fromarray(np.dstack([np.zeros_like(alpha), alpha]), "LA").save(
        buffer, "PNG", compress_level=PNG_LEVEL
    )
    kept = float(outline.mean())
    return Cut(mask=buffer.getvalue(), kept=kept, confidence=sheet.confidence)


def _written(sheet: Sheet, order: Order) -> Cut:
    """Draw the cut-out at the photo's own size and write it."""
    from generation.pipeline.cutout.touch_up import redrawn

    outline = sheet.outline(order.strokes)
    rgba = redrawn(_read(order.photo, "RGB"), sheet.start, sheet.alpha >= SOLID, outline)
    height, width = rgba.shape[:2]
    assert order.write_to is not None  # noqa: S101 - asked before
    Image.fromarray(rgba).save(order.write_to, "PNG", compress_level=PNG_LEVEL)
    kept = float((rgba[..., 3] >= SOLID).mean())
    return Cut(kept=kept, confidence=sheet.confidence, width=width, height=height)


def main(arguments: Sequence[str]) -> None:
    pipe = Connection(int(arguments[0]))
    import cv2

    cv2.setNumThreads(1)
    table = Table()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        while True:
            number, order = pipe.recv()
            pipe.send((number, table.answer(order)))


if __name__ == "__main__":
    main(sys.argv[1:])
