"""Are the two promises kept: the words of an ad are its copy's, the product is the photo's?

python -m bench proof                     # 380 copies x eight materials, then the products
python -m bench proof --sample 60         # every sixth copy or so
python -m bench proof --only metal        # one material
python -m bench proof --mutations 2000    # broken words as well
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2

from generation.pipeline.studio.materials import MATERIALS

from .broken_words import KINDS, Broken, break_words
from .copies import COPIES
from .product_core import product_ads
from .tables import percentile, show
from .words import FULL, Judged, judge

CORES = 2
# Tesseract takes longer than all the rest: it reads every tenth copy.
READ_EVERY = 10
# Margins of the broken words are told for the closest hundredth.
CLOSEST = 0.01


@dataclass(frozen=True)
class Scope:
    """What to prove: `sample` copies (0: all), one material `only`, `mutations` broken words."""

    sample: int = 0
    only: str = ""
    mutations: int = 0
    products: bool = True

    @property
    def styles(self) -> list[str]:
        return [entry.key for entry in MATERIALS if self.only in ("", entry.key)]

    @property
    def copies(self) -> Sequence[str]:
        if not 0 < self.sample < len(COPIES):
            return COPIES
        return [COPIES[index * len(COPIES) // self.sample] for index in range(self.sample)]


def bench(scope: Scope) -> None:
    """Print the tables; every line that failed is named under them."""
    # Forked children would share the threads of OpenCV and Mitsuba.
    with multiprocessing.get_context("spawn").Pool(CORES, _single_threaded) as pool:
        work = [
            (style, copy, number % READ_EVERY == 0)
            for style in scope.styles
            for number, copy in enumerate(scope.copies)
        ]
        words(pool.starmap(judge, work, chunksize=8))
        if scope.mutations:
            shares = [(style, scope.mutations // len(scope.styles)) for style in scope.styles]
            broken(case for cases in pool.starmap(break_words, shares) for case in cases)
        if scope.products:
            products(pool)


def _single_threaded() -> None:
    cv2.setNumThreads(1)


def words(judged: Sequence[Judged]) -> None:
    """Print the words' table: one row per material."""
    styles = list(dict.fromkeys(one.style for one in judged))
    show(
        f"Words against the font's own outlines, {len(judged)} copies in all",
        ("material", "copies", "chars", "wrong", "at 1080", "unswollen", "IoU", "defect",
         "read", "cpu s"),
        [_row(style, [one for one in judged if one.style == style]) for style in styles],
    )  # fmt: skip
    for one in judged:
        if not one.words.ok or not one.swollen:
            bad = [
                (cell.text, cell.iou, cell.defect) for cell in one.words.cells if not cell.passed
            ]
            print(f"{one.style} {one.copy!r} in {one.face}: {bad or 'passed unswollen'}")


def _row(style: str, judged: Sequence[Judged]) -> tuple[str, ...]:
    """`at 1080` counts the copies that had to be judged there too, `unswollen` those that passed
    only so; IoU and defect are the worst of all characters.
    """
    right = [one for one in judged if one.words.ok]
    reads = [one.read for one in judged if one.read is not None]
    return (
        style,
        str(len(judged)),
        str(sum(one.words.total for one in judged)),
        str(sum(one.words.total - one.words.passed for one in judged)),
        str(sum(one.side == FULL and one.swollen for one in right)),
        str(sum(not one.swollen for one in right)),
        f"{min(one.lowest for one in judged):.3f}",
        f"{max(one.worst for one in judged):.3f}",
        f"{sum(reads) / len(reads):.0%} of {len(reads)}" if reads else "",
        f"{sum(one.seconds for one in judged):.0f}",
    )


def broken(cases: Iterable[Broken]) -> None:
    """Print how many broken words were caught, by kind and by material."""
    every = list(cases)
    for title, names, of in (
        ("kind of fault", KINDS, lambda case: case.kind),
        ("material", [entry.key for entry in MATERIALS], lambda case: case.style),
    ):
        rows = []
        for name in names:
            mine = [case for case in every if of(case) == name]
            if mine:
                caught = sum(case.caught for case in mine)
                peaks = percentile([case.worst for case in mine], CLOSEST)
                rows.append((name, str(len(mine)), str(caught), f"{caught / len(mine):.1%}",
                             f"{peaks:.2f}"))  # fmt: skip
        show(
            f"Broken words, by {title}", (title, "cases", "caught", "", "defect, lowest 1 %"), rows
        )
    missed = Counter(case.label for case in every if not case.caught)
    print(f"{len(every)} broken words, {sum(missed.values())} missed: {dict(missed)}")


def products(pool: multiprocessing.pool.Pool) -> None:
    """Print the largest difference inside the product of whole small ads."""
    ads = product_ads(pool)
    show(
        "Product core in the finished ad (480 px; largest difference of 255)",
        ("set, photo", "material", "difference", "pixels", "visible"),
        [
            (f"{ad.background}, {ad.photo}", ad.style, str(ad.difference), str(ad.pixels),
             f"{ad.visible:.2f}")
            for ad in ads
        ],
    )  # fmt: skip
    exact = sum(ad.difference == 0 and ad.pixels > 0 for ad in ads)
    print(f"{exact} of {len(ads)} ads keep every pixel of the product")
