"""A format's plate cut out of the photograph that all formats share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from generation.pipeline.layout import Box

from .backdrops import add_bokeh
from .photograph import OnStep, Plate, vignette
from .plates import plate_for
from .render import Image
from .rig import Rig
from .stage import studio_set
from .whole import box_of

# Softness of the near layer's edge before the lamps, in pixels: few samples leave noise there.
EDGE: Final = 1.0
# Less of the frame than this shows what is far: lamps there would be cut in half.
LEAST_FAR: Final = 0.08


def plate_of(rig: Rig, cache_dir: Path, on_step: OnStep) -> tuple[Plate, Rig]:
    """Return the rig's plate, its own photograph or a window of the whole, and the rig exposed.

    `on_step` is shown the frame's part of the whole.
    """
    if rig.whole is None:
        plate, exposed, _ = plate_for(rig, cache_dir, on_step)
        return plate, exposed
    box, (width, height) = box_of(rig), (rig.whole.camera.width, rig.whole.camera.height)

    def seen(done: int, total: int, picture: Image | None) -> None:
        if picture is not None:
            scale = picture.shape[1] / width, picture.shape[0] / height
            picture = picture[_part(box, scale)]
        on_step(done, total, picture)

    whole, exposed, _ = plate_for(rig.whole, cache_dir, seen)
    picture, near = window(whole.picture, rig), window(whole.near, rig)
    chosen = studio_set(rig.style)
    if chosen.backdrop is not None and float((1 - near).mean()) > LEAST_FAR:
        lamps = add_bokeh(np.zeros_like(picture), rig.camera, chosen.backdrop(rig).lamps)
        picture += lamps * (1 - cv2.GaussianBlur(near, (0, 0), EDGE))[..., None]
    picture *= vignette(rig, near.shape, chosen.vignette)[..., None]
    plate = Plate(np.ascontiguousarray(picture, np.float32), near, whole.exposure)
    return plate, replace(rig, exposure=whole.exposure, whole=exposed)


def window(picture: Image, rig: Rig) -> Image:
    """Return the frame's part of a picture of the whole, at the frame's size."""
    size = (rig.camera.width, rig.camera.height)
    part = picture[_part(box_of(rig), (1.0, 1.0))]
    smaller = part.shape[1] > size[0]
    cut = cv2.resize(part, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.asarray(np.maximum(cut, 0), np.float32)


def _part(box: Box, scale: tuple[float, float]) -> tuple[slice, slice]:
    """Return the rows and columns of a box at that scale (across, down)."""
    across, down = scale
    rows = slice(round(box.y * down), max(round(box.bottom * down), round(box.y * down) + 1))
    first = round(box.x * across)
    return rows, slice(first, max(round(box.right * across), first + 1))
