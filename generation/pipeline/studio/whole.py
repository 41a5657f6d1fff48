"""One photograph of a set for all formats: its camera, and the windows through which it is seen.

All formats made together have one camera: the same place, the same direction, the same lens. A
shift lens's picture of a set is the same picture wherever the film is moved, so that each format is
a window of one large plane, at its own scale. The whole is the smallest part of that plane that
holds them all; what is arranged by a frame (props at its edges) is arranged in the middle one's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from generation.pipeline.catalog import frame_format
from generation.pipeline.layout import Box, Layout, frame_class
from generation.pipeline.together import MIDDLE, moved

from .camera import SHIFT_GRID, Camera
from .palette import Palette
from .rig import WHOLE, Pose, Rig
from .sets import Staging
from .stage import camera_for, rig_of

# A banner is so wide that its window would be half of the whole: its set is seen from so near that
# it lies in the others' picture.
STRIP: Final = "banner"


class Window(NamedTuple):
    """A part of the whole, in its pixels: left, top, and its pixels for one of the frame's."""

    left: float
    top: float
    pixels: float


@dataclass(frozen=True)
class Wishes:
    """What a set is chosen by, whatever the format."""

    style: str
    palette: Palette
    seed: int
    pose: Pose


def window_rig(wishes: Wishes, key: str, layouts: Mapping[str, Layout]) -> Rig:
    """Return the rig of one format out of those made together, by all their layouts.

    Raises UnknownChoice.
    """
    middle = layouts[MIDDLE]
    first = camera_for(wishes.style, middle, wishes.pose)
    windows = {name: _window(middle, layout) for name, layout in layouts.items()}
    strips = {name for name in layouts if frame_class(frame_format(name)) == STRIP}
    open_ones = [_reach(windows[n], layouts[n]) for n in layouts if n not in strips]
    left, top, right, bottom = _around(open_ones)
    canvas = Box(left, top, right - left, bottom - top)
    own = windows[key]
    if key in strips:
        own = _nearer(own, layouts[key], middle, canvas)
    whole = _whole(wishes, first, middle, canvas)
    camera = _seen_through(whole.camera, first, own, layouts[key].frame)
    return replace(whole, format=key, layout=layouts[key], camera=camera, whole=whole)


def window_of(rig: Rig) -> Window:
    """Return where the rig's frame lies in the picture of its whole."""
    assert rig.whole is not None  # noqa: S101 - callers have a window
    pixels = rig.whole.camera.focal / rig.camera.focal
    (x, y), (own_x, own_y) = _contact(rig.whole.layout), _contact(rig.layout)
    return Window(x - own_x * pixels, y - own_y * pixels, pixels)


def box_of(rig: Rig) -> Box:
    """Return `window_of` in whole pixels, inside the whole's picture."""
    assert rig.whole is not None  # noqa: S101 - callers have a window
    window, camera = window_of(rig), rig.whole.camera
    width, height = (round(side * window.pixels) for side in (rig.camera.width, rig.camera.height))
    x, y = round(window.left), round(window.top)
    left, top = max(x, 0), max(y, 0)
    return Box(left, top, min(x + width, camera.width) - left, min(y + height, camera.height) - top)


def _contact(layout: Layout) -> tuple[float, float]:
    """Return the pixel in which the product stands."""
    return layout.product.center[0], float(layout.ground_y)


def _unit(layout: Layout) -> float:
    """Return the pixels of the side that the product is laid out by."""
    return layout.product.width if layout.wide else layout.product.height


def _window(middle: Layout, layout: Layout) -> Window:
    """Return the frame's window in the plane, in the middle frame's pixels."""
    pixels = _unit(middle) / _unit(layout)
    (x, y), (own_x, own_y) = _contact(middle), _contact(layout)
    return Window(x - own_x * pixels, y - own_y * pixels, pixels)


def _reach(window: Window, layout: Layout) -> tuple[float, float, float, float]:
    """Return a window's left, top, right and bottom."""
    right = window.left + layout.frame.width * window.pixels
    return window.left, window.top, right, window.top + layout.frame.height * window.pixels


def _around(parts: list[tuple[float, float, float, float]]) -> tuple[int, int, int, int]:
    """Return the edges on the camera's grid that hold all parts."""
    lefts, tops, rights, bottoms = zip(*parts, strict=True)
    left, top = (math.floor(min(edge) / SHIFT_GRID) * SHIFT_GRID for edge in (lefts, tops))
    right, bottom = (math.ceil(max(edge) / SHIFT_GRID) * SHIFT_GRID for edge in (rights, bottoms))
    return left, top, right, bottom


def _nearer(window: Window, layout: Layout, middle: Layout, canvas: Box) -> Window:
    """Return the window drawn together round the product's foot until it lies in the canvas."""
    x, y = _contact(middle)
    left, top, right, bottom = _reach(window, layout)
    wanted = (x - left, y - top, right - x, bottom - y)
    there = (x - canvas.x, y - canvas.y, canvas.right - x, canvas.bottom - y)
    pixels = window.pixels / max(1.0, *(a / b for a, b in zip(wanted, there, strict=True)))
    own_x, own_y = _contact(layout)
    return Window(x - own_x * pixels, y - own_y * pixels, pixels)


def _whole(wishes: Wishes, first: Camera, middle: Layout, canvas: Box) -> Rig:
    camera = replace(
        first,
        width=canvas.width,
        height=canvas.height,
        axis_x=first.axis_x - canvas.x,
        axis_y=first.axis_y - canvas.y,
    )
    layout = moved(middle, -canvas.x, -canvas.y)
    staging = Staging(WHOLE, layout, wishes.palette, wishes.seed, wishes.pose)
    return rig_of(wishes.style, staging, camera)


def _seen_through(whole: Camera, first: Camera, window: Window, frame: Box) -> Camera:
    """Return the camera whose film is the window: what it sees of the set is the same picture."""
    axis_x, axis_y = (
        round((axis - edge) / window.pixels / SHIFT_GRID) * SHIFT_GRID
        for axis, edge in ((first.axis_x, window.left), (first.axis_y, window.top))
    )
    return replace(
        whole,
        width=frame.width,
        height=frame.height,
        focal=whole.focal / window.pixels,
        axis_x=axis_x,
        axis_y=axis_y,
    )
