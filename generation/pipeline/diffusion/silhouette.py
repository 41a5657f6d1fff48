"""BiRefNet's view of painted letters: does it cut the shape out that they have?

The letters' outline is the render's own alpha whatever a model paints; this tells whether the model
painted the same shape below it. Off unless it is asked for: a deployment's own doubt costs a pass.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.cutout.birefnet import BirefnetUnavailable, answer_of, weights

Picture = NDArray[np.uint8]

SILHOUETTE_VARIABLE: Final = "NANOCOCOA_SILHOUETTE_CHECK"
# Intersection over union from which two outlines are of one shape. Thin strokes and counters differ
# by a pixel all along; a letter that was lost, or stuff painted beside them, costs far more.
SAME_SHAPE: Final = 0.6


def is_wished(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether painted letters are looked at by BiRefNet here."""
    return environment.get(SILHOUETTE_VARIABLE, "").strip().lower() in ("1", "true")


def silhouette_of(picture: Picture, alpha: Picture) -> dict[str, Any]:
    """Return what BiRefNet makes of painted letters (H, W, 3), for the ad's checks.

    `alpha` (H, W) is the letters' own. `iou` 0..1 of both outlines and whether they are the `same`;
    or the `reason` why it could not look, which counts against nobody.
    """
    path = weights()
    if path is None:
        return {"reason": "no weights of BiRefNet are here"}
    try:
        answer = answer_of(picture, path)
    except BirefnetUnavailable as unavailable:
        return {"reason": str(unavailable)}
    size = (alpha.shape[1], alpha.shape[0])
    seen = cv2.resize(answer, size, interpolation=cv2.INTER_LINEAR) > 0.5
    wanted = alpha >= 128
    iou = float((seen & wanted).sum() / max((seen | wanted).sum(), 1))
    return {"iou": round(iou, 3), "same": iou >= SAME_SHAPE}
