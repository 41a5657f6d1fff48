"""The outlines a photo may have, each found in a way that fails on other photos than the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .grabcut import settle_edge
from .outline import fill_holes, main_parts, outline
from .salience import salience
from .shadow import LEAST_COVERAGE, coloured

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
# What makes an outline (H, W) of a small picture (H, W, 3) and its evidence.
Hypothesis = Callable[[Bytes, Evidence], Mask]

# The salience from which a pixel is taken for product.
SEEN: Final = 0.5
# How many times the difference from the backdrop is magnified, less before a restless one (Lab),
# and the lightness that it is set on.
GAIN, CALM = 2.0, 0.8
GREY: Final = 60.0


def unexplained(small: Bytes, evidence: Evidence) -> Mask:
    """What the backdrop's surfaces do not explain in `small` (H, W, 3)."""
    return _settled(outline(evidence), small, evidence)


def salient(_small: Bytes, evidence: Evidence) -> Mask:
    """What a learnt model sees in the photo: where its edges are is left for `snap` to find."""
    return _seen(evidence.salience, evidence)


def looked_at_again(small: Bytes, evidence: Evidence) -> Mask:
    """What the learnt model sees in the mirrored photo, after what is nearly the backdrop is made
    plain: the network is no mirror image of itself and was not trained on white before white.
    """
    smooth = evidence.backdrop.coverage >= LEAST_COVERAGE
    picture = _plainer(evidence) if smooth else small
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    return _seen(salience(mirrored)[:, ::-1], evidence)


def shadowless(small: Bytes, evidence: Evidence) -> Mask:
    """What stands out when the photo's shadows, and a table's planks, are taken away."""
    return _settled(coloured(evidence), small, evidence)


# The first two are enough where one of them is sure; the others are asked where neither is.
HYPOTHESES: Final[tuple[Hypothesis, ...]] = (
    unexplained,
    salient,
    looked_at_again,
    shadowless,
)
# The others know goods and not light, or have no shadow left.
WITH_SHADOWS: Final = (unexplained,)
LEARNT: Final = (salient, looked_at_again)


def _settled(mask: Mask, small: Bytes, evidence: Evidence) -> Mask:
    return settle_edge(small, mask, evidence) if mask.any() else mask


def _plainer(evidence: Evidence) -> Bytes:
    """Return the photo's difference from its backdrop, magnified, on grey; sRGB (H, W, 3)."""
    gain = GAIN / max(1.0, evidence.backdrop.sigma / CALM)
    lab = gain * (evidence.lab - evidence.backdrop.lab)
    lab[..., 0] = np.clip(lab[..., 0] + GREY, 0, 100)
    rgb = cv2.cvtColor(np.clip(lab, -100, 100), cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(255 * rgb, 0, 255), np.uint8)


def _seen(seen: Floats, evidence: Evidence) -> Mask:
    mask = seen > SEEN
    # The model saw the opening itself: a white handle on white shows no edges.
    return main_parts(fill_holes(mask, evidence, outlined=0)) if mask.any() else mask
