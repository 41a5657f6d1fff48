"""The plate cache: a set photographed without a product is kept for the next ad in its style."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.array_store import UNREADABLE, store_arrays, trim_folder
from generation.pipeline.layout import Layout

from .near_layer import ALBEDO_SAMPLES
from .photograph import BACKDROP_SAMPLES, OnStep, Plate, plate_sampling, render_plate
from .render import Image, use_variant
from .rig import Rig

# Plates are about 5 MB each; the oldest unused go when the folder outgrows this.
CACHE_BYTES: Final = 400 * 1024 * 1024
PLATE_SUFFIX: Final = ".plate.npz"


def plate_for(rig: Rig, cache_dir: Path, on_step: OnStep) -> tuple[Plate, Rig, bool]:
    """Return the rig's plate, the rig with its exposure, and whether the plate was kept.

    A kept plate that cannot be read is rendered anew.
    """
    path = cache_dir / "plates" / (plate_key(rig) + PLATE_SUFFIX)
    kept = _load(path)
    plate = kept or _stored(render_plate(rig, on_step), path)
    return plate, replace(rig, exposure=plate.exposure), kept is not None


def kept_picture(rig: Rig, part: str, cache_dir: Path | None, render: Callable[[], Image]) -> Image:
    """Return a picture (height, width, 3) that depends on the rig alone, rendered once per plate.

    `part` names what it shows and how it is rendered. It is as exact as 16 bits are, kept or not.
    """
    if cache_dir is None:
        return render().astype(np.float16).astype(np.float32)
    path = cache_dir / "plates" / f"{plate_key(rig)}-{part}{PLATE_SUFFIX}"
    with contextlib.suppress(*UNREADABLE), np.load(path, allow_pickle=False) as stored:
        path.touch()
        return _linear(stored["picture"])
    picture = render().astype(np.float16)
    _keep(path, {"picture": picture})
    return _linear(picture)


def _linear(stored: NDArray[Any]) -> Image:
    return stored.astype(np.float32)


def plate_key(rig: Rig) -> str:
    """Return the name of a plate: by everything its pixels depend on."""
    facts = replace(rig, exposure=1.0).to_json() | {
        "layout": _seen_of(rig.layout),
        "near": plate_sampling(rig),
        "far": [BACKDROP_SAMPLES, ALBEDO_SAMPLES],
        "variant": use_variant(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _seen_of(layout: Layout) -> dict[str, Any]:
    """Return what a set knows of the layout: where words stand matters only beside the product.

    So a second line, or a headline moved on a wide frame, keeps the set.
    """
    facts = layout.to_json()
    del facts["headline"], facts["subline"]
    beside = layout.headline.right if layout.align == "left" else None
    return facts | {"words_beside": beside}


def _load(path: Path) -> Plate | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            plate = Plate(
                stored["picture"].astype(np.float32),
                _unit(stored["near"]),
                float(stored["exposure"]),
            )
        path.touch()
    except UNREADABLE:
        return None
    return plate


def _unit(levels: NDArray[Any]) -> Image:
    """Return 0..255 as 0..1."""
    return levels.astype(np.float32) / np.float32(255)


def _stored(plate: Plate, path: Path) -> Plate:
    """Keep the plate, whole or not at all, and return it as a later reading would."""
    arrays: dict[str, NDArray[Any]] = {
        "picture": plate.picture.astype(np.float16),
        "near": np.round(plate.near * 255).astype(np.uint8),
        "exposure": np.array(plate.exposure),
    }
    _keep(path, arrays)
    return Plate(_linear(arrays["picture"]), _unit(arrays["near"]), plate.exposure)


def _keep(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    store_arrays(path, arrays)
    trim_folder(path.parent, PLATE_SUFFIX, CACHE_BYTES)
