"""What the first two stages left for the third, read from their files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from .behind import Cell
from .catalog import FrameFormat
from .errors import InputMissing, PhotoUnreadable
from .glow import load_glow
from .types import Stage, StageOutput

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Window = tuple[slice, slice]

# `light` stores a ratio of 1.0 at half of the file's range.
UNCHANGED_LIGHT: Final = 0.5
# Lettering may not put out the sun, nor set fire to the set: limits of the light ratio.
LIGHT_RANGE: Final = (0.05, 4.0)


@dataclass(frozen=True)
class Layers:
    """What the two stages before left, all at the frame's size.

    `scene` (H, W, 3) sRGB; `text` and `product` (H, W, 4) sRGB straight alpha, or None; `light`
    (H, W, 3) linear ratio, or None; `cells` the ink box of each character of the headline, empty
    for an uploaded text layer. `glow` (H, W, 3) is the linear light that shining letters add;
    `front` (H, W) 0..1 the coverage of letters that stand on a board of their own; else None.
    """

    scene: Bytes
    text: Bytes | None
    light: Floats | None
    product: Bytes | None
    cells: tuple[Cell, ...] = ()
    glow: Floats | None = None
    front: Floats | None = None

    def within(self, window: Window) -> Layers:
        """Return the same layers inside a window of rows and columns."""
        return Layers(
            scene=self.scene[window],
            text=None if self.text is None else self.text[window],
            light=None if self.light is None else self.light[window],
            product=None if self.product is None else self.product[window],
            cells=self.cells,
            glow=None if self.glow is None else self.glow[window],
            front=None if self.front is None else self.front[window],
        )


def load_layers(earlier: Mapping[Stage, StageOutput], frame: FrameFormat) -> Layers:
    """Read the layers. A scene of another size is cover-cropped, and then has no product layer.

    Raises InputMissing without a scene, PhotoUnreadable for an image that cannot be read.
    """
    if Stage.BACKGROUND not in earlier:
        raise InputMissing("composition needs a scene", stage=Stage.BACKGROUND.value)
    background, lettering = earlier[Stage.BACKGROUND], earlier.get(Stage.TEXT)
    # Decoders let go of the interpreter: four files take little longer than one.
    with ThreadPoolExecutor(max_workers=3) as pool:
        text = pool.submit(_text_layer, lettering.image, frame) if lettering else None
        light = pool.submit(_light_ratio, lettering, frame) if lettering else None
        product = pool.submit(_product_layer, background, frame)
        scene, fits = _scene(background.image, frame)
        return Layers(
            scene=scene,
            text=text.result() if text else None,
            light=light.result() if light else None,
            product=product.result() if fits else None,
            cells=_cells(lettering) if lettering else (),
            glow=_glow(lettering, frame) if lettering else None,
            front=_front(lettering, frame) if lettering else None,
        )


def _scene(path: Path, frame: FrameFormat) -> tuple[Bytes, bool]:
    """Return the scene at the frame's size, and whether it had that size."""
    scene = _open(path, "RGB")
    if scene.size == (frame.width, frame.height):
        return np.asarray(scene), True
    fitted = ImageOps.fit(scene, (frame.width, frame.height), Image.Resampling.LANCZOS)
    return np.asarray(fitted), False


def _open(path: Path, mode: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert(mode)
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoUnreadable(f"cannot read {path.name}: {error}") from error


def _text_layer(path: Path, frame: FrameFormat) -> Bytes:
    """An uploaded layer of another size is fitted whole into the frame: words are never cut."""
    layer = _open(path, "RGBA")
    if layer.size != (frame.width, frame.height):
        layer = ImageOps.pad(layer, (frame.width, frame.height), Image.Resampling.LANCZOS, color=0)
    return np.asarray(layer)


def _product_layer(background: StageOutput, frame: FrameFormat) -> Bytes | None:
    path = background.extras.get("product")
    layer = _open(path, "RGBA") if path else None
    fits = layer is not None and layer.size == (frame.width, frame.height)
    return np.asarray(layer) if fits else None


def _light_ratio(lettering: StageOutput, frame: FrameFormat) -> Floats | None:
    path = lettering.extras.get("light")
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path else None
    if stored is None or stored.shape != (frame.height, frame.width, 3):
        return None
    ratio = stored[..., ::-1].astype(np.float32) / (UNCHANGED_LIGHT * np.iinfo(stored.dtype).max)
    return np.asarray(np.clip(ratio, *LIGHT_RANGE), np.float32)


def _glow(lettering: StageOutput, frame: FrameFormat) -> Floats | None:
    path = lettering.extras.get("glow")
    return load_glow(path, frame.width, frame.height) if path else None


def _front(lettering: StageOutput, frame: FrameFormat) -> Floats | None:
    path = lettering.extras.get("front")
    front = np.asarray(_open(path, "L"), np.float32) / np.float32(255) if path else None
    fits = front is not None and front.shape == (frame.height, frame.width)
    return front if fits else None


def _cells(lettering: StageOutput) -> tuple[Cell, ...]:
    path = lettering.extras.get("cells")
    if path is None or not path.exists():
        return ()
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple((row["x0"], row["y0"], row["x1"], row["y1"]) for row in rows)
