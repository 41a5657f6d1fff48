"""The product's place in a painted scene: cleared in the latents, and judged in the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.flux import Brush, Telling, paint
from generation.pipeline.diffusion.reserved import (
    SHAPED,
    TAKEN,
    Reserved,
    reserved_on,
    share_taken,
)
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.sizes import canvas_for
from generation.pipeline.layout import Box
from generation.pipeline.stopwatch import Stopwatch
from generation.pipeline.types import SubStep

SAMPLES = Path(__file__).parents[3] / "static" / "samples"
ROWS, COLUMNS, CHANNELS = 20, 24, 6
PLACE = Box(8, 6, 9, 10)


def horizon(*, with_thing: bool) -> torch.Tensor:
    """A clean picture (1, ROWS * COLUMNS, CHANNELS): wall, light from the left, table, a thing."""
    clean = torch.zeros(1, ROWS, COLUMNS, CHANNELS)
    clean[:, 12:] = 1.0
    clean += torch.linspace(0.3, 0.0, COLUMNS).view(1, 1, -1, 1)
    if with_thing:
        clean[:, 7:14, 10:15] = 3.0
    return clean.reshape(1, ROWS * COLUMNS, CHANNELS)


@pytest.mark.parametrize("level", [0.95, 0.6])
def test_what_takes_shape_in_the_place_goes_and_the_horizon_stays(level: float) -> None:
    noise = torch.randn(1, ROWS * COLUMNS, CHANNELS, generator=torch.Generator().manual_seed(0))
    clean, empty = horizon(with_thing=True), horizon(with_thing=False)
    latents = (1 - level) * clean + level * noise
    kept = Reserved(ROWS, COLUMNS, PLACE).keep_free(latents, clean, level)
    found = ((kept - level * noise) / (1 - level)).reshape(ROWS, COLUMNS, CHANNELS)
    wanted = empty.reshape(ROWS, COLUMNS, CHANNELS)
    inside = (slice(8, 14), slice(10, 15))
    assert torch.allclose(found[inside], wanted[inside], atol=0.03)
    outside = torch.ones(ROWS, COLUMNS, dtype=torch.bool)
    outside[PLACE.y : PLACE.bottom, PLACE.x : PLACE.right] = False
    assert torch.equal(kept.view_as(latents)[0][outside.flatten()], latents[0][outside.flatten()])


def test_once_the_scene_has_its_shape_nothing_is_touched() -> None:
    latents = torch.randn(1, ROWS * COLUMNS, CHANNELS)
    kept = Reserved(ROWS, COLUMNS, PLACE).keep_free(latents, latents * 2, SHAPED - 0.01)
    assert kept is latents


@pytest.mark.parametrize("place", [Box(0, 0, 9, 10), Box(18, 12, 6, 8), Box(0, 3, COLUMNS, 5)])
def test_a_place_at_the_frames_edge_goes_on_from_what_there_is(place: Box) -> None:
    clean = torch.randn(1, ROWS * COLUMNS, CHANNELS)
    kept = Reserved(ROWS, COLUMNS, place).keep_free(clean, clean, 0.9)
    assert torch.isfinite(kept).all()
    assert not torch.equal(kept, clean)


def test_a_box_of_the_frame_lies_in_tokens_of_the_canvas_with_air_round_it() -> None:
    canvas = canvas_for(1080, 1080, 16)
    place = reserved_on(canvas, Box(270, 540, 540, 432)).place
    side = canvas.width / 16
    assert (place.x, place.right) == pytest.approx((side * 0.19, side * 0.81), abs=1)
    assert (place.y, place.bottom) == pytest.approx((side * 0.452, side * 0.948), abs=1)
    whole = reserved_on(canvas, Box(0, 0, 1080, 1080)).place
    assert (whole.width, whole.height) == (side, side)


def test_the_pipeline_paints_on_from_the_cleared_latents(residency: Residency) -> None:
    canvas = canvas_for(160, 160, 16, draft=True)
    telling = Telling(report=lambda _: None, sub_step=SubStep.BACKGROUND, span=(0.0, 1.0))
    with residency.use("flux2-klein-4b") as pipeline:
        brush = Brush(
            entry=catalog.model("flux2-klein-4b"),
            pipeline=pipeline,
            prompt="a table",
            guidance=None,
            seed=1,
            canvas=canvas,
            watch=Stopwatch(),
        )
        free = paint(brush, telling)
        kept = paint(replace(brush, reserved=reserved_on(canvas, Box(40, 40, 80, 80))), telling)
    far = np.abs(free.astype(int) - kept).mean(axis=2)
    inside = np.zeros(far.shape, bool)
    inside[56:104, 56:104] = True
    # Attention carries some of the change everywhere, how much differs by processor.
    assert far[inside].mean() > 1.5 * far[~inside].mean() > 0


@pytest.mark.parametrize("style", ["beach", "cafe", "holiday", "luxury", "market", "minimal"])
def test_a_bottle_takes_its_place_and_an_empty_set_does_not(style: str) -> None:
    with Image.open(SAMPLES / f"set-{style}.webp") as image:
        picture = np.asarray(image.convert("RGB"))
    assert picture.shape == (480, 480, 3)
    assert share_taken(picture, Box(170, 100, 160, 300)) > TAKEN
    for empty in (Box(5, 230, 140, 220), Box(330, 180, 140, 220)):
        assert share_taken(picture, empty) < TAKEN
