"""The words' proof of a format that is a window of another's picture: in its own pixels."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .array_store import store_arrays
from .errors import WordsWrong
from .glyphs.setting import set_copy
from .glyphs.verify import EmToPixel, WordsCheck, check_words
from .layout import Box
from .letters import Proven
from .studio.materials import material
from .studio.rig import Rig
from .types import AdSpec

# Pixels round the ink in which foreign ink is looked for too.
ROOM: Final = 12


def keep_front(letters: Proven, folder: Path) -> Path:
    """Store what was proven of the whole picture's letters, and where the font put them."""
    placement, path = letters.lettering.placement, folder / "proven.npz"
    crop, mapping = placement.crop, placement.mapping
    front = np.round(letters.front * 255).astype(np.uint8)
    place = np.array([mapping.scale, mapping.x0, mapping.y0, letters.lettering.mesh.swell])
    store_arrays(path, {"front": front, "corner": np.array([crop.x, crop.y]), "place": place})
    return path


def prove_window(
    spec: AdSpec,
    files: Mapping[str, Path],
    size: tuple[int, int],
    cut: Callable[[NDArray[Any]], NDArray[Any]],
    window: Box,
) -> WordsCheck:
    """Judge the words of a window again.

    `files` are the whole's `proven` and `rig`, `size` its width and height; `cut` returns the
    window, of the whole's pixels `window`, of a picture of that size. Raises WordsWrong when a
    character is wrong or cut off.
    """
    with np.load(files["proven"], allow_pickle=False) as stored:
        front, (x, y), place = stored["front"], stored["corner"], stored["place"]
    whole = np.zeros(size[::-1], np.uint8)
    whole[y : y + front.shape[0], x : x + front.shape[1]] = front
    part = whole[window.y : window.bottom, window.x : window.right]
    if np.count_nonzero(part) != np.count_nonzero(whole):
        raise WordsWrong("the window cuts the words off", passed=0, total=len(spec.ad_text))
    seen = cut(whole)
    scale = seen.shape[1] / window.width
    rows, columns = (np.flatnonzero((seen > 0).any(axis)) for axis in (1, 0))
    top, left = max(int(rows[0]) - ROOM, 0), max(int(columns[0]) - ROOM, 0)
    seen = seen[top : int(rows[-1]) + ROOM, left : int(columns[-1]) + ROOM]
    rig = Rig.from_json(json.loads(files["rig"].read_text(encoding="utf-8")))
    _, layout = set_copy(spec.ad_text, material(spec.text_style), spec.font, rig.layout)
    em, x0, y0, swell = (float(value) for value in place)
    mapping = EmToPixel(em * scale, (x0 - window.x) * scale, (y0 - window.y) * scale)
    alpha = seen.astype(np.float32) / np.float32(255)
    words = check_words(alpha, layout, mapping.shifted(left, top), swell=swell)
    if not words.ok:
        raise WordsWrong(
            f"{words.passed} of {words.total} characters match in the window: {words.cells}",
            passed=words.passed,
            total=words.total,
        )
    return words
