"""How well products are cut out, against exact alpha, and whether the confidence knows.

Rendered goods in groups, photographed as by a phone (`cutout_photos`), and drawn products for the
colours of the edge. Rendering takes minutes once; the photos are kept in `data/cache`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from generation.pipeline.cutout import cut_out
from generation.pipeline.errors import NoProductFound
from generation.pipeline.grounding import CARD_CONFIDENCE
from tests.pipeline.product_photos import Backdrop, Shape, product_photo

from . import cutout_touch_up
from .cutout_photos import PhotoPlan, plans, taken
from .tables import show

SHAPES: tuple[Shape, ...] = ("bottle", "box", "bowl", "bag", "fish", "mug")
BACKDROPS: tuple[Backdrop, ...] = ("plain", "gradient", "table")
EDGE_SIDE = 600
# From this overlap a merchant would show the cut-out; below it a part is missing or added.
GOOD_OVERLAP = 0.95
# The goal on calm backdrops.
EXCELLENT = 0.98
# How far an outline may be off and still be in place, px (Csurka et al., BMVC 2013, use 2-5).
BOUNDARY_REACH = 2
# The photos that the time is taken on: 12 megapixels, as phones make them.
LARGE = (4000, 3000)
LARGE_PHOTOS = ("gift_box, studio", "latte_cup, pale", "sesame_oil, market")
# The least of so many runs: other work on the machine only adds.
LARGE_RUNS = 3


@dataclass(frozen=True)
class Score:
    """One photo's cut-out against the truth; `overlap` is 0 when no product was found.

    `seconds` are of the processor, all threads together: other work on the machine counts little.
    """

    plan: PhotoPlan
    overlap: float
    error: float
    boundary: float
    confidence: float
    seconds: float

    @property
    def good(self) -> bool:
        return self.overlap >= GOOD_OVERLAP

    @property
    def shown(self) -> bool:
        return self.confidence >= CARD_CONFIDENCE


def bench() -> None:
    """Print the tables."""
    scores = [score(plan) for plan in plans()]
    rows = [
        (one.plan.group, one.plan.name, f"{one.overlap:.3f}", f"{one.error:.4f}",
         f"{one.boundary:.3f}", f"{one.confidence:.2f}", f"{one.seconds:.2f}",
         "" if one.good == one.shown else "wrong")
        for one in scores
    ]  # fmt: skip
    columns = ("group", "photo", "IoU", "MAE", f"F {BOUNDARY_REACH} px", "confidence", "cpu s",
               "card")  # fmt: skip
    show("Cut-outs against exact alpha", columns, rows)
    by_group(scores)
    for name, chosen in (
        ("all photos", scores),
        ("held out", [s for s in scores if s.plan.held_out]),
    ):
        print(verdict(name, chosen))
    edge_colours()
    large_photo()


def by_group(scores: Sequence[Score]) -> None:
    """Print one line for each group."""
    rows = []
    for group in dict.fromkeys(one.plan.group for one in scores):
        own = [one for one in scores if one.plan.group == group]
        overlaps = [one.overlap for one in own]
        shown = [one.overlap for one in own if one.shown]
        rows.append((
            group, str(len(own)), f"{np.mean(overlaps):.3f}", f"{np.median(overlaps):.3f}",
            f"{min(overlaps):.3f}",
            str(sum(value >= EXCELLENT for value in overlaps)),
            f"{np.mean([one.error for one in own]):.4f}",
            f"{np.mean([one.boundary for one in own]):.3f}",
            str(len(shown)), str(sum(value < GOOD_OVERLAP for value in shown)),
        ))  # fmt: skip
    columns = ("group", "photos", "IoU mean", "median", "least", f">= {EXCELLENT}", "MAE", "F",
               "shown", "broken shown")  # fmt: skip
    show("By group", columns, rows)


def verdict(name: str, scores: Sequence[Score]) -> str:
    """Say how well the confidence tells good cut-outs from broken ones."""
    good, bad = ([one for one in scores if one.good == wanted] for wanted in (True, False))
    kept, caught = sum(one.shown for one in good), sum(not one.shown for one in bad)
    return (f"{name}: {len(good)} of {len(scores)} good (IoU >= {GOOD_OVERLAP}); "
            f"ROC AUC {area(scores):.3f}; at {CARD_CONFIDENCE} {kept} of {len(good)} good ones are "
            f"shown and {caught} of {len(bad)} broken ones caught")  # fmt: skip


def score(plan: PhotoPlan) -> Score:
    """Cut one photo and compare."""
    path, truth = taken(plan)
    start = time.process_time()
    alpha, confidence = np.zeros_like(truth, np.float32), 0.0
    try:
        found = cut_out(path)
    except NoProductFound:
        pass
    else:
        left, top, right, bottom = found.box
        alpha[top:bottom, left:right] = found.rgba[..., 3] / np.float32(255)
        confidence = found.confidence
    seconds = time.process_time() - start
    one, other = alpha > 0.5, truth > 0.5
    overlap = float((one & other).sum() / max((one | other).sum(), 1))
    error = float(np.abs(alpha - truth).mean())
    return Score(plan, overlap, error, boundary_score(one, other), confidence, seconds)


def edge_colours() -> None:
    """Print how far the colours of half-covered pixels are from the product's own."""
    rows = []
    for backdrop in BACKDROPS:
        ours, raw = [], []
        for seed, shape in enumerate(SHAPES):
            photo = product_photo(shape, backdrop, seed=seed, side=EDGE_SIDE, ground=(40, 90, 200))
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "photo.png"
                Image.fromarray(photo.rgb).save(path)
                found = cut_out(path)
            left, top, right, bottom = found.box
            soft = (found.rgba[..., 3] > 25) & (found.rgba[..., 3] < 250)
            wanted = photo.product[top:bottom, left:right][soft]
            ours.append(np.abs(found.rgba[soft][:, :3] - wanted).mean())
            raw.append(np.abs(photo.rgb[top:bottom, left:right][soft] - wanted).mean())
        rows.append((backdrop, f"{np.mean(raw):.1f}", f"{np.mean(ours):.1f}"))
    show("Colour of the edge off the product's own, 0..255", ("backdrop", "photo", "cut-out"), rows)


def large_photo() -> None:
    """Print the time for photos of 12 megapixels, without reading them from the disk.

    One plain, one where all outlines are asked, one in clutter; then the touch-up of the first.
    """
    from generation.pipeline.cutout.colour_model import cut_out_by_colour

    cv2.setNumThreads(1)
    for name in LARGE_PHOTOS:
        plan = next(plan for plan in plans() if plan.name == name)
        photo = cv2.cvtColor(cv2.imread(str(taken(plan)[0])), cv2.COLOR_BGR2RGB)
        large = np.asarray(cv2.resize(photo, LARGE, interpolation=cv2.INTER_CUBIC))
        times = []
        for _ in range(LARGE_RUNS):
            wall, processor = time.perf_counter(), time.process_time()
            cut_out_by_colour(large)
            times.append((time.perf_counter() - wall, time.process_time() - processor))
        wall, processor = min(times, key=lambda both: both[1])
        print(f"12 MP, {name}: {wall:.2f} s, {processor:.2f} s of processor")
        if name == LARGE_PHOTOS[0]:
            cutout_touch_up.measure(large)


def boundary_score(one: np.ndarray, other: np.ndarray) -> float:
    """F measure of two outlines: what of each lies within reach of the other."""
    edges = [
        mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3))) == 0) for mask in (one, other)
    ]
    size = 2 * BOUNDARY_REACH + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    near = [cv2.dilate(edge.astype(np.uint8), disc).astype(bool) for edge in edges]
    precision = (edges[0] & near[1]).sum() / max(edges[0].sum(), 1)
    recall = (edges[1] & near[0]).sum() / max(edges[1].sum(), 1)
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def area(scores: Sequence[Score]) -> float:
    """ROC AUC: how often a good cut-out has more confidence than a bad one (ties count half)."""
    good = np.array([one.confidence for one in scores if one.good])
    bad = np.array([one.confidence for one in scores if not one.good])
    if not (good.size and bad.size):
        return 1.0
    step = good[:, None] - bad[None]
    return float(((step > 0) + 0.5 * (step == 0)).mean())
