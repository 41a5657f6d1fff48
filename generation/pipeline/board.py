"""Letters on a board of their own, a sheet of paper or a sign: what they are read against."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# The board's light is carried on past its edge this far, as a part of the picture's shorter side,
# and from there on is the board's mean.
CARRIED: Final = 0.02
# So much of the board in a neighbourhood counts as much as its mean.
FAINT: Final = 1e-3
# A soft light is worked out in a picture this many times smaller.
COARSE: Final = 3


def board_behind(light: Floats, alpha: Floats, front: Floats) -> Floats:
    """Return the luminance (H, W) of the board, going on behind the letters and past its own edge.

    `light` is the layer's luminance, `alpha` its coverage 0..1, letters and board, and `front` the
    letters'. A narrow board is an outline to its letters, so the eye reads them by it: what lies
    beyond tells no stroke from another.
    """
    board = np.where(front > 0, 0, alpha).astype(np.float32)
    height, width = board.shape
    size = (max(width // COARSE, 1), max(height // COARSE, 1))
    share = cv2.resize(board, size, interpolation=cv2.INTER_AREA)
    lit = cv2.resize(board * light, size, interpolation=cv2.INTER_AREA)
    mean = float(lit.sum()) / max(float(share.sum()), FAINT)
    reach = max(CARRIED * min(size), 1.0)
    near = cv2.GaussianBlur(lit, (0, 0), reach) + FAINT * mean
    carried = near / (cv2.GaussianBlur(share, (0, 0), reach) + FAINT)
    beyond = cv2.resize(carried, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(board * light + (1 - board) * beyond, np.float32)
