"""The plate cache: a set photographed without a product is kept for the next ad in its style."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .photograph import ALBEDO_SAMPLES, BACKDROP_SAMPLES, OnStep, Plate, render_plate
from .render import Image, use_variant
from .rig import Rig
from .stage import studio_set

# Plates are about 5 MB each; the oldest unused go when the folder outgrows this.
CACHE_BYTES: Final = 400 * 1024 * 1024
PLATE_SUFFIX: Final = ".plate.npz"


def plate_for(rig: Rig, cache_dir: Path, on_step: OnStep) -> tuple[Plate, Rig, bool]:
    """Return the rig's plate, the rig with its exposure, and whether the plate was kept.

    A kept plate that cannot be read is rendered anew.
    """
    path = cache_dir / "plates" / (_key(rig) + PLATE_SUFFIX)
    kept = _load(path)
    plate = kept or _stored(render_plate(rig, on_step), path)
    return plate, replace(rig, exposure=plate.exposure), kept is not None


def _key(rig: Rig) -> str:
    """Name a plate by everything its pixels depend on."""
    chosen = studio_set(rig.style)
    facts = replace(rig, exposure=1.0).to_json() | {
        "near": [chosen.plate_scale, chosen.plate_samples],
        "far": [BACKDROP_SAMPLES, ALBEDO_SAMPLES],
        "variant": use_variant(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _load(path: Path) -> Plate | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            plate = Plate(
                stored["picture"].astype(np.float32),
                _unit(stored["near"]),
                float(stored["exposure"]),
            )
        path.touch()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return plate


def _unit(levels: NDArray[Any]) -> Image:
    """Return 0..255 as 0..1."""
    return levels.astype(np.float32) / np.float32(255)


def _stored(plate: Plate, path: Path) -> Plate:
    """Keep the plate, whole or not at all, and return it as a later reading would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {
        "picture": plate.picture.astype(np.float16),
        "near": np.round(plate.near * 255).astype(np.uint8),
        "exposure": np.array(plate.exposure),
    }
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).replace(path)
    trim_cache(path.parent, CACHE_BYTES)
    return Plate(
        arrays["picture"].astype(np.float32),
        _unit(arrays["near"]),
        plate.exposure,
    )


def trim_cache(folder: Path, limit: int) -> None:
    """Delete the plates not used for longest until the folder holds at most `limit` bytes."""
    plates = sorted(folder.glob("*" + PLATE_SUFFIX), key=_last_used)
    total = sum(_size(plate) for plate in plates)
    for plate in plates[:-1]:
        if total <= limit:
            return
        total -= _size(plate)
        plate.unlink(missing_ok=True)


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - one call, tolerant of a vanished file
    except OSError:
        return 0
