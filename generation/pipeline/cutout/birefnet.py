"""The cut-out by BiRefNet, a learnt model, where a server has its weights as an ONNX file.

Source: Zheng et al., "Bilateral Reference for High-Resolution Dichotomous Image Segmentation",
2024; its ONNX exports take one ImageNet-normalised picture and return one map of logits, last.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import NoProductFound

from . import LEAST_AREA, CutOut
from .matte import draw_edge

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Path of the weights; without it, or without the onnxruntime package, the model is not used.
WEIGHTS_VARIABLE: Final = "NANOCOCOA_BIREFNET_ONNX"
# What the published weights were trained at, for exports that leave the size open.
MODEL_SIDE: Final = 1024
IMAGENET_MEAN: Final = np.array((0.485, 0.456, 0.406), np.float32)
IMAGENET_SPREAD: Final = np.array((0.229, 0.224, 0.225), np.float32)
# A map is undecided where it lies between these; sure models leave a thin line of it.
UNDECIDED: Final = (0.1, 0.9)
# Undecided part over the product's own area: this much is no answer, this little a sure one.
NO_ANSWER, SURE = 0.5, 0.06


class BirefnetUnavailable(Exception):  # noqa: N818 - a state of the server, not a bug
    """The model cannot be used; the message says why."""


def weights() -> Path | None:
    """Return the configured weights, None when the server has none."""
    configured = os.environ.get(WEIGHTS_VARIABLE, "").strip()
    return Path(configured) if configured else None


def cut_out_by_birefnet(rgb: Bytes, path: Path) -> CutOut:
    """Cut the product out of `rgb` (H, W, 3) with the weights at `path`.

    Raises BirefnetUnavailable when the model fails in any way, NoProductFound when it sees none.
    """
    coverage = _coverage(rgb, path)
    if (coverage > 0.5).mean() < LEAST_AREA:
        raise NoProductFound("BiRefNet sees no product")
    rgba, box = draw_edge(rgb, coverage)
    return CutOut(rgba, box, decidedness(coverage), "birefnet")


def decidedness(coverage: Floats) -> float:
    """Return how sure a map (H, W) of 0..1 is of itself, 0..1: few pixels in between."""
    between = (coverage > UNDECIDED[0]) & (coverage < UNDECIDED[1])
    share = float(between.sum()) / max(float((coverage > 0.5).sum()), 1.0)
    return float(np.clip((NO_ANSWER - share) / (NO_ANSWER - SURE), 0, 1))


def _coverage(rgb: Bytes, path: Path) -> Floats:
    """Return the model's map (h, w) 0..1, at its own resolution in the photo's proportions."""
    session = _session(path)
    try:
        entry = session.get_inputs()[0]
        height, width = (n if isinstance(n, int) else MODEL_SIDE for n in entry.shape[2:4])
        small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
        pixels = (small.astype(np.float32) / 255 - IMAGENET_MEAN) / IMAGENET_SPREAD
        found = session.run(None, {entry.name: pixels.transpose(2, 0, 1)[None]})[-1]
        answer = np.asarray(found, np.float32).reshape(-1, *np.shape(found)[-2:])[-1]
    except Exception as error:
        # onnxruntime raises classes of its own for shapes, memory and broken graphs.
        raise BirefnetUnavailable(f"BiRefNet failed: {error}") from error
    if not np.isfinite(answer).all():
        raise BirefnetUnavailable("BiRefNet failed: its map is not finite")
    if answer.min() < 0 or answer.max() > 1:
        answer = 1 / (1 + np.exp(-np.clip(answer, -30, 30)))
    scale = max(answer.shape) / max(rgb.shape[:2])
    size = (max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1))
    return np.asarray(cv2.resize(answer, size, interpolation=cv2.INTER_AREA), np.float32)


@lru_cache(maxsize=1)
def _session(path: Path) -> Any:
    try:
        import onnxruntime

        return onnxruntime.InferenceSession(path, providers=onnxruntime.get_available_providers())
    except Exception as error:
        raise BirefnetUnavailable(f"BiRefNet cannot be loaded: {error}") from error
