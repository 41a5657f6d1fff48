"""The product taken from its photo and placed in the frame: the same for both engines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .catalog import FrameFormat
from .compositing import core_difference
from .cutout import CutOut
from .cutout.birefnet import birefnet_account
from .cutout.kept import kept_cut_out
from .errors import NoProductFound, PhotoUnreadable
from .grounding import Rgba, Subject, place, shows_something, subject_of
from .layout import Box, Layout, plan_layout
from .together import is_together, plan_together
from .types import AdSpec


@dataclass(frozen=True)
class Placed:
    """The product in the frame, and where it came from. `layer` is RGBA at the frame's size."""

    cut: CutOut
    subject: Subject
    layer: Rgba
    box: Box


def place_product(spec: AdSpec, fmt: FrameFormat, cache_dir: Path) -> tuple[Placed | None, Layout]:
    """Return the product in the frame, None without a photo, and the frame's layout.

    Raises NoProductFound for a photo of nothing, PhotoUnreadable.
    """
    if spec.photo is None:
        return None, layout_for(spec, fmt, None)
    photo = _photo(spec.photo)
    cut = _cut_or_card(spec.photo, photo, cache_dir)
    subject = subject_of(cut, photo)
    layout = layout_for(spec, fmt, subject.aspect)
    layer, box = place(subject, layout.product, layout.frame)
    return Placed(cut, subject, layer, box), layout


def layout_for(spec: AdSpec, fmt: FrameFormat, aspect: float | None) -> Layout:
    """Return the frame's layout for a product of that width over height, None without one."""
    plan = plan_together if is_together(spec) else plan_layout
    return plan(fmt, spec.text_position, aspect, bool(spec.ad_text), bool(spec.subtext))


def _photo(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError) as error:
        raise PhotoUnreadable(str(error)) from error


def _cut_or_card(path: Path, photo: NDArray[np.uint8], cache_dir: Path) -> CutOut:
    """Return the cut-out, or the whole photo with no confidence when it shows something else.

    Raises NoProductFound for a photo of nothing.
    """
    try:
        return kept_cut_out(path, cache_dir)
    except NoProductFound:
        if not shows_something(photo):
            raise
    height, width = photo.shape[:2]
    opaque = np.dstack([photo, np.full((height, width), 255, np.uint8)])
    return CutOut(opaque, (0, 0, width, height), 0.0, "colour_model")


def product_checks(scene: NDArray[np.uint8], placed: Placed) -> dict[str, Any]:
    """Return the proof that the product survived in the scene, JSON-serialisable.

    And the `models` that cut it out, where one did.
    """
    cut_by = [birefnet_account()] if placed.cut.method == "birefnet" else []
    return ({"models": cut_by} if cut_by else {}) | {
        "cutout": {
            "confidence": round(float(placed.cut.confidence), 3),
            "method": placed.cut.method,
            **({"fell_back": placed.cut.note} if placed.cut.note else {}),
            "photo_card": placed.subject.is_card,
        },
        "pose": placed.subject.pose,
        "product": {
            "largest_difference": core_difference(scene, placed.layer),
            "height_share": round(placed.box.height / scene.shape[0], 3),
            "width_share": round(placed.box.width / scene.shape[1], 3),
        },
    }
