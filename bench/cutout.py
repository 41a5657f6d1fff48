"""How well products are cut out, against exact alpha, and whether the confidence knows.

Rendered goods in several settings and drawn products, the impossible ones (clutter, products that
fill the photo) included. Rendering takes minutes once; the photos are kept in the temporary folder.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from generation.pipeline.cutout import cut_out
from generation.pipeline.errors import NoProductFound
from generation.pipeline.grounding import CARD_CONFIDENCE
from tests.pipeline.product_photos import Backdrop, Shape, product_photo

from .goods import PRODUCTS
from .product_photos import photograph
from .tables import show

PHOTO_SIDE = 600
FOLDER = Path(tempfile.gettempdir()) / "nanococoa-cutout-photos"
# Every product on the pale table; the others only where they are hard.
RENDERED = [(name, "pale") for name in PRODUCTS] + [
    ("latte_cup", "white"), ("white_mug", "white"), ("gift_box", "white"),
    ("sesame_oil", "dark"), ("latte_cup", "dark"), ("jar_pair", "dark"), ("sesame_oil", "wood"),
    ("gift_box", "wood"), ("tangerines", "tilted"), ("latte_cup", "tilted"), ("jar_pair", "wood"),
]  # fmt: skip
SHAPES: tuple[Shape, ...] = ("bottle", "box", "bowl", "bag", "fish", "mug")
BACKDROPS: tuple[Backdrop, ...] = ("plain", "gradient", "table", "clutter")
WHITE = (244, 243, 240)
# From this overlap a merchant would show the cut-out; below it a part is missing or added.
GOOD_OVERLAP = 0.95
# How far an outline may be off and still be in place, px (Csurka et al., BMVC 2013, use 2-5).
BOUNDARY_REACH = 2


@dataclass(frozen=True)
class Score:
    """One photo's cut-out against the truth; `overlap` is 0 when no product was found."""

    name: str
    overlap: float
    error: float
    boundary: float
    confidence: float
    seconds: float

    @property
    def good(self) -> bool:
        return self.overlap >= GOOD_OVERLAP

    @property
    def judged_rightly(self) -> bool:
        """A broken cut-out becomes a framed photo, a good one does not."""
        return self.good == (self.confidence >= CARD_CONFIDENCE)


def bench(folder: Path = FOLDER) -> None:
    """Print the table."""
    scores = [score(*photo) for photo in photos(folder)]
    rows = [
        (one.name, f"{one.overlap:.3f}", f"{one.error:.4f}", f"{one.boundary:.3f}",
         f"{one.confidence:.2f}", f"{one.seconds:.2f}", "" if one.judged_rightly else "wrong")
        for one in scores
    ]  # fmt: skip
    columns = ("photo", "IoU", "MAE", f"F {BOUNDARY_REACH} px", "confidence", "s", "card")
    show("Cut-outs against exact alpha", columns, rows)
    right = sum(one.judged_rightly for one in scores)
    good = sum(one.good for one in scores)
    print(f"{good} of {len(scores)} good (IoU >= {GOOD_OVERLAP}); ROC AUC {area(scores):.3f}; "
          f"card decided rightly {right} of {len(scores)} at {CARD_CONFIDENCE}")  # fmt: skip


def photos(folder: Path) -> list[tuple[str, Path, np.ndarray]]:
    """Make what is missing in the folder; return names, photos and alpha (H, W) 0..1."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, setting in RENDERED:
        path = folder / (f"{name}.jpg" if setting == "pale" else f"{name}.{setting}.jpg")
        if not path.with_suffix(".alpha.png").exists():
            photograph(name, folder, setting, PHOTO_SIDE)
        truth = cv2.imread(str(path.with_suffix(".alpha.png")), cv2.IMREAD_GRAYSCALE)
        found.append((f"{name}, {setting}", path, truth / np.float32(255)))
    return found + drawn(folder)


def drawn(folder: Path) -> list[tuple[str, Path, np.ndarray]]:
    """Draw the simple products: calm, cluttered, white on white, filling the photo."""
    kinds = [(shape, kind, {}) for shape in SHAPES for kind in BACKDROPS]
    kinds += [(shape, "plain", {"colour": WHITE, "ground": (236, 236, 234)}) for shape in SHAPES]
    kinds += [("box", "plain", {"fill": 3.2}), ("bag", "table", {"fill": 1.9})]
    found = []
    for number, (shape, kind, more) in enumerate(kinds):
        photo = product_photo(shape, kind, seed=number, side=PHOTO_SIDE, **more)
        path = folder / f"drawn{number}.png"
        Image.fromarray(photo.rgb).save(path)
        found.append((" ".join((shape, kind, *more)), path, photo.alpha))
    return found


def score(name: str, path: Path, truth: np.ndarray) -> Score:
    """Cut one photo and compare."""
    start = time.perf_counter()
    alpha, confidence = np.zeros_like(truth, np.float32), 0.0
    try:
        found = cut_out(path)
    except NoProductFound:
        pass
    else:
        left, top, right, bottom = found.box
        alpha[top:bottom, left:right] = found.rgba[..., 3] / np.float32(255)
        confidence = found.confidence
    seconds = time.perf_counter() - start
    one, other = alpha > 0.5, truth > 0.5
    overlap = float((one & other).sum() / max((one | other).sum(), 1))
    error = float(np.abs(alpha - truth).mean())
    return Score(name, overlap, error, boundary_score(one, other), confidence, seconds)


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


def area(scores: list[Score]) -> float:
    """ROC AUC: how often a good cut-out has more confidence than a bad one (ties count half)."""
    good = np.array([one.confidence for one in scores if one.good])
    bad = np.array([one.confidence for one in scores if not one.good])
    if not (good.size and bad.size):
        return 1.0
    step = good[:, None] - bad[None]
    return float(((step > 0) + 0.5 * (step == 0)).mean())
