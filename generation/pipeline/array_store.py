"""Arrays kept in the cache folder: written whole or not at all, the oldest unused deleted first."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

# What reading a missing or broken file raises.
UNREADABLE: Final = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def store_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays as an uncompressed .npz that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            np.savez(file, **arrays)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).replace(path)


def trim_folder(folder: Path, suffix: str, limit: int) -> None:
    """Delete the files not used for longest until the folder's hold at most `limit` bytes."""
    files = sorted(folder.glob("*" + suffix), key=_last_used)
    total = sum(_size(file) for file in files)
    for file in files[:-1]:
        if total <= limit:
            return
        total -= _size(file)
        file.unlink(missing_ok=True)


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
