"""Where the benchmark's random weights lie, and how they come there."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil
import torch

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.memory import Chip
from generation.pipeline.diffusion.store import Store
from generation.pipeline.errors import StageFailed
from tests.pipeline.diffusion import tiny

# A folder in memory: files there are what a page cache holds, without waiting for a disk.
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - not for secrets
# Files, page-locked copies of them, and what else a process takes.
RAM_OVER_WEIGHTS: Final = 2.5
MARGIN: Final = 2**30


def weights_folder(wished: Path | None, sets: Sequence[Sequence[str]], *, tiny_ones: bool) -> Path:
    """Make and return a folder for the weights: in memory, where there is enough of it."""
    largest = max(sum(map(catalog.bytes_with_parts, names)) for names in sets)
    there = wished
    if there is None and not tiny_ones and IN_MEMORY.is_dir():
        enough = shutil.disk_usage(IN_MEMORY).free > largest + MARGIN
        if enough and psutil.virtual_memory().available > RAM_OVER_WEIGHTS * largest:
            there = IN_MEMORY
    return Path(tempfile.mkdtemp(prefix="nc-bench-", dir=there))


def ensure(store: Store, keys: Sequence[str], chip: Chip) -> float:
    """Write the weights of these models and of their parts that are not there.

    Return the seconds that it took. Where the folder has too little room, other models' weights are
    removed first.
    """
    wanted = list(dict.fromkeys(one.key for key in keys for one in catalog.with_parts(key)))
    missing = [key for key in wanted if not _is_whole(store, key)]
    if not missing:
        return 0.0
    started = time.perf_counter()
    if chip.device != "cpu":
        _make_room(store, missing, wanted)
    for key in missing:
        shutil.rmtree(store.folder(key), ignore_errors=True)
        _write(store, key, chip)
    return time.perf_counter() - started


def _is_whole(store: Store, key: str) -> bool:
    try:
        store.look_at(key)
    except StageFailed:
        return False
    return True


def _make_room(store: Store, missing: Sequence[str], wanted: Sequence[str]) -> None:
    needed = sum(catalog.model(key).bytes_in_memory for key in missing) + MARGIN
    others = [one for one in store.root.iterdir() if one.is_dir() and one.name not in wanted]
    for folder in others:
        if shutil.disk_usage(store.root).free >= needed:
            return
        shutil.rmtree(folder)


def _write(store: Store, key: str, chip: Chip) -> None:
    if chip.device == "cpu":
        tiny.save_model(key, store.folder(key))
        tiny.pin(store, key)
        return
    from . import gpu_models

    gpu_models.build(store, key, chip.device)
    torch.cuda.empty_cache()
