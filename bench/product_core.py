"""Whole small ads of every set, and by how much the product in them differs from the photo's."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.pool import Pool
from pathlib import Path

from generation.pipeline.catalog import BACKGROUND_STYLES, TEXT_STYLES
from generation.pipeline.run import run_stage
from generation.pipeline.types import (
    STAGES,
    AdSpec,
    CompositionMode,
    Stage,
    StageOutput,
    StageRequest,
)

ROOT = Path(__file__).resolve().parents[1]
PHOTOS = ("gift_box.jpg", "sesame_oil.jpg", "latte_cup.jpg")
COPY = "떡볶이 세일"
# All ways of putting words on the picture are met, in turn.
MODES: tuple[CompositionMode, ...] = ("overlay", "blend", "behind")


@dataclass(frozen=True)
class ProductAd:
    """One ad's proof: `difference` 0..255 in `pixels` of the product, `visible` 0..1 of it."""

    background: str
    photo: str
    style: str
    difference: int
    pixels: int
    visible: float


def product_ads(pool: Pool) -> list[ProductAd]:
    """Make an ad of every set with every photo, materials and modes in turn."""
    styles, modes = cycle(TEXT_STYLES), cycle(MODES)
    with tempfile.TemporaryDirectory() as cache:
        work = [
            (spec_of(background.key, next(styles).key, photo, next(modes)), Path(cache))
            for background in BACKGROUND_STYLES
            for photo in PHOTOS
        ]
        return pool.starmap(product_ad, work, chunksize=len(PHOTOS))


def spec_of(background: str, style: str, photo: str, mode: CompositionMode) -> AdSpec:
    """Return a small ad as merchants order it."""
    return AdSpec(
        photo=ROOT / "campaigns/demo" / photo, ad_text=COPY, background_style=background,
        text_style=style, composition_mode=mode, subtext="9,900원", draft=True,
    )  # fmt: skip


def product_ad(spec: AdSpec, cache: Path) -> ProductAd:
    """Run all three stages and return what the last one proves of the product."""
    earlier: dict[Stage, StageOutput] = {}
    with tempfile.TemporaryDirectory() as folder:
        for stage in STAGES:
            out = Path(folder) / stage.value
            out.mkdir()
            request = StageRequest(
                stage=stage, spec=spec, earlier=dict(earlier), out_dir=out, cache_dir=cache
            )
            earlier[stage] = run_stage(request, lambda _: None)
        product = earlier[STAGES[-1]].checks["product"]
    assert spec.photo is not None
    photo = f"{spec.photo.stem}, {spec.composition_mode}"
    return ProductAd(
        spec.background_style, photo, spec.text_style, product["largest_difference"],
        product["pixels"], product["visible"],
    )  # fmt: skip
