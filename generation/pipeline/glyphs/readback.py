"""What an optical reader makes of the letters: Tesseract on the flat alpha, where installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

# A line takes 0.3-0.6 s; longer means that something is wrong, and the reading only informs.
TIMEOUT_SECONDS: Final = 8

# Tesseract reads best when a line is about this high, with this much white around it.
LINE_HEIGHT: Final = 64
BORDER: Final = 40


def read_back(alpha: npt.NDArray[np.float32], lines: int = 1, *, latin: bool = True) -> str | None:
    """Return what Tesseract (`kor`) reads in `alpha` (H, W) 0..1; None without Tesseract.

    Dark on white, cropped, scaled and padded. Any failure of the program is also None. Without
    `latin` it is not asked for Latin words, which halves its time; `kor` knows digits too.
    """
    program = shutil.which("tesseract")
    rows, columns = np.where(alpha.max(axis=1) > 0.5)[0], np.where(alpha.max(axis=0) > 0.5)[0]
    if program is None or len(rows) == 0:
        return None
    crop = alpha[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = LINE_HEIGHT * lines / crop.shape[0]
    small = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    paper = cv2.copyMakeBorder(
        np.uint8(255) - np.round(small * 255).astype(np.uint8),
        BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=255,
    )  # fmt: skip
    _, png = cv2.imencode(".png", paper)
    language, mode = "kor+eng" if latin else "kor", "7" if lines == 1 else "6"
    try:
        done = subprocess.run(
            [program, "-", "-", "-l", language, "--psm", mode],
            input=png.tobytes(),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # two threads take longer for a line
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return " ".join(done.stdout.decode("utf-8", "replace").split())
