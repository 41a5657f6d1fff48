"""Fit the confidence of cut-outs: `python -m bench.cutout_fit` prints the constants to paste.

Rendered goods that are not held out, and drawn products in random colours. The label is soft: an
outline that is laid on the photo's edge with an IoU of 0.975 is right, one of 0.93 is not.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from generation.pipeline.cutout.colour_model import WORK_SIDE, shrunk
from generation.pipeline.cutout.confidence import MEASURED, variants, vectors
from generation.pipeline.cutout.evidence import gather_evidence
from generation.pipeline.cutout.features import overlap
from generation.pipeline.cutout.hypotheses import HYPOTHESES, WITH_SHADOWS
from generation.pipeline.cutout.snap import coverage, snapped
from tests.pipeline.product_photos import product_photo

from .cutout_photos import plans, taken

DRAWN = 60
WRONG, RIGHT = 0.93, 0.975
# Weight of the squared weights: some of the measurements say nearly the same.
RIDGE = 0.01
# The sign that each measurement may have, 0 for none: few photos must not teach nonsense.
SIGNS = np.array((1, -1, 1, 1, -1, -1, -1, -1, -1, 1, 1, 0, -1, -1, 1, 1))
STEPS = 4000


def samples() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield photos (H, W, 3) and exact masks."""
    for plan in plans():
        if not plan.held_out:
            path, alpha = taken(plan)
            yield np.ascontiguousarray(cv2.imread(str(path))[..., ::-1]), alpha > 0.5
    rng = np.random.default_rng(5)
    shapes, backdrops = ("bottle", "box", "bowl", "bag", "fish", "mug"), ("plain", "gradient", "table", "clutter", "clutter")  # fmt: skip # noqa: E501
    for seed in range(DRAWN):
        ground = rng.integers(20, 245, 3) if seed % 2 else np.repeat(rng.integers(20, 245), 3)
        colour = ground + rng.integers(-14, 15, 3) if seed % 4 == 0 else rng.integers(15, 245, 3)
        photo = product_photo(
            shapes[seed % 6], backdrops[seed % 5], seed=seed, side=420,
            colour=tuple(np.clip(colour, 0, 255).tolist()), ground=tuple(ground.tolist()),
            fill=float(rng.choice((0.12, 0.25, 0.5, 0.8, 1, 1.2, 2, 3))),
            noise=float(rng.uniform(1, 5)),
            shadow=float(rng.uniform(0, 0.6)),
        )  # fmt: skip
        yield photo.rgb, photo.alpha > 0.5


def measured() -> tuple[np.ndarray, np.ndarray]:
    """Return the evidence of every outline (N, 16) and its IoU (N)."""
    rows, overlaps = [], []
    for rgb, truth in samples():
        small = shrunk(rgb, WORK_SIDE)
        evidence = gather_evidence(small)
        found = [
            variants(hypothesis(small, evidence), evidence, shadows=hypothesis in WITH_SHADOWS)
            for hypothesis in HYPOTHESES
        ]
        for mask, vector in vectors(found):
            rows.append(vector)
            laid = coverage(snapped(rgb, mask), rgb.shape[:2]) > 127
            overlaps.append(overlap(laid, truth))
    return np.array(rows), np.array(overlaps)


def fit(rows: np.ndarray, overlaps: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights and bias of a ridge logistic regression, by gradient descent."""
    wanted = np.clip((overlaps - WRONG) / (RIGHT - WRONG), 0, 1)
    middle, spread = rows.mean(0), rows.std(0) + 1e-6
    scaled = (rows - middle) / spread
    weights, bias, speed = np.zeros(rows.shape[1]), 0.0, np.zeros(rows.shape[1])
    for _ in range(STEPS):
        off = 1 / (1 + np.exp(-(scaled @ weights + bias))) - wanted
        speed = 0.9 * speed + scaled.T @ off / len(off) + RIDGE * weights
        weights, bias = weights - 0.05 * speed, bias - 0.05 * off.mean()
        weights = np.where(SIGNS * weights > 0, weights, 0)
    weights = weights / spread
    return weights, float(bias - middle @ weights)


def main() -> None:
    """Print the constants of `confidence`."""
    weights, bias = fit(*measured())
    for name, weight in zip(MEASURED, weights, strict=True):
        print(f"    {weight:.3f},  # {name}")
    print(f"BIAS: Final = {bias:.3f}")


if __name__ == "__main__":
    main()
