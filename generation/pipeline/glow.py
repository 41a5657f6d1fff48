"""Light that shining letters add to the picture, as the file that stage 2 hands to stage 3."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.float32]

# Glow is soft: stored at a quarter of the frame's resolution, square-rooted, in 16 bits.
SCALE: Final = 1 / 4
FULL: Final = 65535.0
# Linear light beyond which the picture is white anyway.
BRIGHTEST: Final = 4.0


def save_glow(light: Light, path: Path) -> None:
    """Write linear light (h, w, 3) as 16-bit RGB PNG: the root of its share of BRIGHTEST."""
    root = np.sqrt(np.clip(light / BRIGHTEST, 0, 1))
    stored = np.round(root * FULL).astype(np.uint16)
    cv2.imwrite(
        str(path), stored[..., ::-1], [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    )


def load_glow(path: Path, width: int, height: int) -> Light | None:
    """Return the light (height, width, 3), or None for a file that is none."""
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.ndim != 3 or stored.dtype != np.uint16:
        return None
    root = stored[..., ::-1].astype(np.float32) / np.float32(FULL)
    return enlarged(root * root * np.float32(BRIGHTEST), width, height)


def enlarged(light: Light, width: int, height: int) -> Light:
    """Return light at the frame's size."""
    sized = cv2.resize(light, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.maximum(sized, 0), np.float32)
