"""Fit the confidence of cut-outs: `python -m bench.cutout_fit` prints the constants to paste.

    python -m bench.cutout_fit           # WEIGHTS and BIAS: which outline is right
    python -m bench.cutout_fit nearby    # then ODDS_COUNT and the rest: whether the chosen one is

Rendered goods that are not held out, and drawn products in random colours. The label is soft: an
outline that is laid on the photo's edge with an IoU of 0.975 is right, one of 0.93 is not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import cv2
import numpy as np

from generation.pipeline.cutout import choice, margin_box
from generation.pipeline.cutout.colour_model import WORK_SIDE, find_product, shrunk
from generation.pipeline.cutout.confidence import MEASURED, vectors
from generation.pipeline.cutout.evidence import Evidence, gather_evidence
from generation.pipeline.cutout.features import overlap
from generation.pipeline.cutout.hypotheses import first_hypotheses, later_hypotheses
from generation.pipeline.cutout.snap import coverage, snapped
from generation.pipeline.errors import NoProductFound
from tests.pipeline.product_photos import product_photo

from .cutout_photos import PhotoPlan, plans, practice_plans, taken

DRAWN = 60
# Every so many rendered photos a close-up: a product that fills the frame, whose label must not be
# taken for it. This part of its sides is left of the product's box.
CLOSE_UPS, CLOSE = 3, 0.6
# How much larger than the frame a drawn product is at most.
FILLS = (0.12, 0.25, 0.5, 0.8, 1, 1.2, 2, 3, 4)
WRONG, RIGHT = 0.93, 0.975
# Weight of the squared weights: some of the measurements say nearly the same.
RIDGE = 0.01
# The sign that each measurement may have, 0 for none: few photos must not teach nonsense.
SIGNS = np.array((1, -1, 1, 1, -1, -1, -1, -1, -1, 1, 1, 0, -1, -1, 1, 1))
NEARBY = ("ODDS_COUNT", "NEARBY_COUNTS 1", "NEARBY_COUNTS 2", "SURROUND_COUNT")
STEPS = 4000
PROCESSES = 2

# What is measured of a photo's outlines (N, F), and their IoU (N).
Measured = tuple[np.ndarray, np.ndarray]


def photo(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo (H, W, 3) and its exact mask: drawn, then rendered, then close-ups."""
    if number >= DRAWN + len(rendered()):
        return close_up(rendered()[::CLOSE_UPS][number - DRAWN - len(rendered())])
    if number >= DRAWN:
        path, alpha = taken(rendered()[number - DRAWN])
        return np.ascontiguousarray(cv2.imread(str(path))[..., ::-1]), alpha > 0.5
    rng = np.random.default_rng(5 + 1000 * number)
    shapes, backdrops = ("bottle", "box", "bowl", "bag", "fish", "mug"), ("plain", "gradient", "table", "clutter", "clutter")  # fmt: skip # noqa: E501
    ground = rng.integers(20, 245, 3) if number % 2 else np.repeat(rng.integers(20, 245), 3)
    near = number % 4 == 0
    colour = ground + rng.integers(-14, 15, 3) if near else rng.integers(15, 245, 3)
    made = product_photo(
        shapes[number % 6], backdrops[number % 5], seed=number, side=420,
        colour=tuple(np.clip(colour, 0, 255).tolist()), ground=tuple(ground.tolist()),
        fill=float(rng.choice(FILLS)),
        noise=float(rng.uniform(1, 5)),
        shadow=float(rng.uniform(0, 0.6)),
    )  # fmt: skip
    return made.rgb, made.alpha > 0.5


def close_up(plan: PhotoPlan) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of a photo's product, as large as the photo, and its mask."""
    path, alpha = taken(plan)
    left, top, right, bottom = margin_box(alpha > 0.5, margin=0)
    sides = ((top, bottom), (left, right))
    rows, columns = (
        slice(*(round((a + b + way * CLOSE * (b - a)) / 2) for way in (-1, 1))) for a, b in sides
    )
    layers = (cv2.imread(str(path))[..., ::-1], alpha)
    rgb, mask = (cv2.resize(one[rows, columns], alpha.shape[::-1]) for one in layers)
    return np.ascontiguousarray(rgb), mask > 0.5


def rendered() -> list[PhotoPlan]:
    """Every rendered photo of goods that are not held out."""
    return [plan for plan in plans() if not plan.held_out] + practice_plans()


def evidence_of(rgb: np.ndarray) -> tuple[np.ndarray, Evidence]:
    """Return the photo at the working size and its evidence."""
    small = shrunk(rgb, WORK_SIDE)
    return small, gather_evidence(small, rgb)


def outlines(number: int) -> Measured:
    """Return the evidence of every outline of a photo, and how right it is."""
    rgb, truth = photo(number)
    small, evidence = evidence_of(rgb)
    asked = first_hypotheses(small, evidence) + later_hypotheses(small, evidence)
    found = vectors([choice.measured(one, evidence) for one in asked])
    laid = [coverage(snapped(rgb, mask), rgb.shape[:2]) > 127 for mask, _ in found]
    rows = np.array([vector for _, vector in found]).reshape(-1, len(MEASURED))
    return rows, np.array([overlap(one, truth) for one in laid])


def chosen(number: int) -> Measured:
    """Return what the confidence of a photo's chosen outline is made of, and how right it is."""
    rgb, truth = photo(number)
    try:
        found = find_product(*evidence_of(rgb))
    except NoProductFound:
        return np.zeros((0, len(NEARBY))), np.zeros(0)
    odds = np.log(found.chance / max(1 - found.chance, 1e-9) + 1e-9)
    laid = coverage(snapped(rgb, found.mask, found.seen), rgb.shape[:2]) > 127
    row = (odds, *np.power(found.nearby, 4), found.surround)
    return np.array([row]), np.array([overlap(laid, truth)])


def measured(ask: Callable[[int], Measured]) -> Measured:
    """Ask every photo."""
    cv2.setNumThreads(1)
    with ProcessPoolExecutor(PROCESSES) as pool:
        answers = list(
            pool.map(
                ask, range(DRAWN + len(rendered()) + len(rendered()[::CLOSE_UPS])), chunksize=4
            )
        )
    return np.concatenate([rows for rows, _ in answers]), np.concatenate([o for _, o in answers])


def fit(rows: np.ndarray, overlaps: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights and bias of a ridge logistic regression, by gradient descent."""
    wanted = np.clip((overlaps - WRONG) / (RIGHT - WRONG), 0, 1)
    middle, spread = rows.mean(0), rows.std(0) + 1e-6
    scaled = (rows - middle) / spread
    weights, bias, speed = np.zeros(rows.shape[1]), 0.0, np.zeros(rows.shape[1])
    for _ in range(STEPS):
        off = 1 / (1 + np.exp(-(scaled @ weights + bias))) - wanted
        speed = 0.9 * speed + scaled.T @ off / len(off) + RIDGE * weights
        weights, bias = weights - 0.05 * speed, bias - 0.05 * off.mean()
        weights = np.where(signs * weights > 0, weights, 0)
    weights = weights / spread
    return weights, float(bias - middle @ weights)


def main() -> None:
    """Print the constants of `confidence`."""
    nearby = sys.argv[1:] == ["nearby"]
    names, signs = (NEARBY, np.ones(len(NEARBY))) if nearby else (MEASURED, SIGNS)
    weights, bias = fit(*measured(chosen if nearby else outlines), signs)
    for name, weight in zip(names, weights, strict=True):
        print(f"    {weight:.3f},  # {name}")
    print(f"BIAS: Final = {bias:.3f}")


if __name__ == "__main__":
    main()
