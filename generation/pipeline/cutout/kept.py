"""Cut-outs kept by their photo's bytes: one photo in eight formats or styles is cut out once."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

from generation.pipeline.array_store import UNREADABLE, store_arrays, trim_folder
from generation.pipeline.errors import PhotoUnreadable

from . import CutOut, Method, cut_out
from .birefnet import weights

# Raise it when a method would cut differently.
CUT_VERSION: Final = 9
# A photo of 12 MP takes up to 48 MB; the oldest unused go when the folder outgrows this.
CACHE_BYTES: Final = 400 * 1024 * 1024
SUFFIX: Final = ".cut.npz"


def kept_cut_out(photo: Path, cache_dir: Path) -> CutOut:
    """Return the photo's cut-out, from the cache if it was made before. Raises as `cut_out`."""
    path = cache_dir / "cutouts" / (_key(photo) + SUFFIX)
    with contextlib.suppress(*UNREADABLE):
        return _load(path)
    cut = cut_out(photo)
    _store(cut, path)
    return cut


def _key(photo: Path) -> str:
    """Name a cut-out by the photo's bytes and by what cuts it. Raises PhotoUnreadable."""
    model = weights()
    facts = [CUT_VERSION, str(model), model.stat().st_mtime_ns if model else 0]
    try:
        digest = hashlib.sha256(photo.read_bytes())
    except OSError as error:
        raise PhotoUnreadable(f"cannot read {photo.name}: {error}") from error
    digest.update(repr(facts).encode())
    return digest.hexdigest()[:32]


def _load(path: Path) -> CutOut:
    """Return a stored cut-out; raises what reading a missing or broken file raises."""
    with np.load(path, allow_pickle=False) as stored:
        left, top, right, bottom = (int(edge) for edge in stored["box"])
        method = cast("Method", str(stored["method"]))
        cut = CutOut(
            stored["rgba"], (left, top, right, bottom), float(stored["confidence"]), method
        )
    path.touch()
    return cut


def _store(cut: CutOut, path: Path) -> None:
    """Keep a cut-out, whole or not at all; one that a missing model made worse is not kept."""
    if cut.note:
        return
    arrays: dict[str, Any] = {
        "rgba": cut.rgba,
        "box": np.array(cut.box),
        "confidence": np.array(cut.confidence),
        "method": np.array(cut.method),
    }
    store_arrays(path, arrays)
    trim_folder(path.parent, SUFFIX, CACHE_BYTES)
