"""Letters photographed once for all formats in which they look alike.

Made together, the tall formats see the set from one place, and their headlines are nearly as large
over nearly the same part of it: the letters of the whole's own layout (`studio/whole.py`) serve
them all, moved to each one's headline. So a headline has one tone in all of them. Which formats
take them depends on the ad's wishes alone, never on what was made before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.array_store import UNREADABLE, store_arrays, trim_folder
from generation.pipeline.studio.materials import Setting
from generation.pipeline.studio.palette import Rgb
from generation.pipeline.studio.plates import plate_for, plate_key
from generation.pipeline.studio.render import Image, develop
from generation.pipeline.types import AdSpec

from .plan import Lettering, mean_linear
from .scene import inside, place
from .setting import headline_box, set_copy
from .store import mesh_path

# Formats whose headlines are seen from one side; a wide frame's stand to the left.
ALIKE: Final = ("1:1", "3:4", "9:16")
# Letters whose sizes differ by less are shown as they are, pixel by pixel.
SAME_SIZE: Final = 0.01
# Letters that would be shrunk by more are photographed in their own size.
LEAST_SHRUNK: Final = 0.75
# The set behind the letters is averaged from a picture this wide.
GLIMPSE: Final = 96

# Kept letters are about 3 MB an ad.
CACHE_BYTES: Final = 60 * 1024 * 1024
SUFFIX: Final = ".letters.npz"

Layer = NDArray[Any]
Kept = Mapping[str, Layer]


@dataclass(frozen=True)
class CommonLetters:
    """The lettering in the whole's frame, which the formats share, and the file it is kept in."""

    lettering: Lettering
    path: Path


def common_letters(own: Lettering, spec: AdSpec, cache_dir: Path) -> CommonLetters | None:
    """Return the letters that a format made together with others takes, None for its own.

    Its own are those that are broken into other lines, much smaller or larger than the others', or
    through which the set is seen.
    """
    whole, made_of = own.rig.whole, own.material
    if whole is None or own.rig.format not in ALIKE or made_of.seen_through:
        return None
    choice, layout = set_copy(own.layout.copy, made_of, spec.font, whole.layout)
    as_ours = (choice, layout.lines, layout.stretch, whole.layout.align)
    if as_ours != (own.choice, own.layout.lines, own.layout.stretch, own.rig.layout.align):
        return None
    placement = place(own.mesh, whole, headline_box(layout, whole.layout), made_of.margin)
    size = own.placement.mapping.scale / placement.mapping.scale
    if not LEAST_SHRUNK <= size <= 1 + SAME_SIZE:
        return None
    facts = (
        plate_key(whole),
        mesh_path(layout, made_of.profile, own.mesh.swell, cache_dir).name,
        made_of.key,
        placement.crop,
        placement.mapping,
        spec.seed,
    )
    name = hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
    path = cache_dir / "letters" / (name + SUFFIX)
    common = replace(own, rig=whole, placement=placement)
    setting = _kept_setting(common, path) or _setting(common, cache_dir)
    return CommonLetters(replace(common, given=setting), path)


def with_common(own: Lettering, common: CommonLetters) -> Lettering:
    """Return a format's lettering in the common setting, as large as the others' if nearly so."""
    theirs, mapping = common.lettering.placement, own.placement.mapping
    placement = own.placement
    if abs(mapping.scale / theirs.mapping.scale - 1) <= SAME_SIZE:
        mapping = replace(mapping, scale=theirs.mapping.scale)
        right, down = round(mapping.x0 - theirs.mapping.x0), round(mapping.y0 - theirs.mapping.y0)
        crop = replace(theirs.crop, x=theirs.crop.x + right, y=theirs.crop.y + down)
        height, width = own.backdrop.shape[:2]
        placement = replace(placement, mapping=mapping, crop=inside(crop, width, height))
    return replace(own, placement=placement, given=common.lettering.given)


def letters_for_all(common: CommonLetters, photograph: Callable[[], Kept]) -> Kept:
    """Return the layers of the common letters' crop, kept or photographed now."""
    try:
        with np.load(common.path, allow_pickle=False) as stored:
            kept = {name: stored[name] for name in stored.files}
        common.path.touch()
    except UNREADABLE:
        setting = common.lettering.setting()
        kept = dict(photograph())
        light = {"behind": np.array(setting.backdrop), "ground": np.array(setting.ground)}
        store_arrays(common.path, kept | light)
        trim_folder(common.path.parent, SUFFIX, CACHE_BYTES)
    return {name: layer for name, layer in kept.items() if layer.ndim > 1}


def fitted(layer: Layer, common: CommonLetters, own: Lettering) -> Layer:
    """Return a layer of the common crop as the format's own crop sees it."""
    theirs, ours = common.lettering.placement, own.placement
    size = ours.mapping.scale / theirs.mapping.scale
    right = ours.mapping.x0 - ours.crop.x - size * (theirs.mapping.x0 - theirs.crop.x)
    down = ours.mapping.y0 - ours.crop.y - size * (theirs.mapping.y0 - theirs.crop.y)
    # Pixel centres lie at .5.
    move = np.array(
        [[size, 0, right + (size - 1) / 2], [0, size, down + (size - 1) / 2]], np.float64
    )
    how = cv2.INTER_NEAREST if size == 1 else cv2.INTER_CUBIC
    border = cv2.BORDER_REPLICATE if layer.ndim == 3 else cv2.BORDER_CONSTANT
    moved = cv2.warpAffine(
        layer, move, (ours.crop.width, ours.crop.height), flags=how, borderMode=border
    )
    return np.asarray(moved if layer.dtype == np.uint8 else np.clip(moved, 0, 1), layer.dtype)


def _kept_setting(common: Lettering, path: Path) -> Setting | None:
    """Return what the kept letters were lit by, None where there are none."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            behind, ground = (_rgb(stored[name]) for name in ("behind", "ground"))
    except UNREADABLE:
        return None
    return Setting(common.rig.palette, behind, ground)


def _setting(common: Lettering, cache_dir: Path) -> Setting:
    """Return the colours of the set behind the letters and below, as it was photographed."""
    plate, _, _ = plate_for(common.rig, cache_dir, lambda *_: None)
    crop, picture = common.placement.crop, plate.picture
    behind = picture[crop.y : crop.bottom, crop.x : crop.right]
    ground = picture[-picture.shape[0] // 4 :]
    return Setting(common.rig.palette, *(mean_linear(_glimpse(part)) for part in (behind, ground)))


def _glimpse(part: Image) -> NDArray[np.uint8]:
    """Return a small picture of a part of the plate."""
    scale = GLIMPSE / part.shape[1]
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return develop(np.ascontiguousarray(small, np.float32), 1.0)


def _rgb(stored: Layer) -> Rgb:
    red, green, blue = (float(level) for level in stored)
    return red, green, blue
