"""Any frame fits a model's canvas: nothing is stretched, and everything comes back to its place."""

from __future__ import annotations

import numpy as np
import pytest

from generation.pipeline.catalog import FORMATS
from generation.pipeline.diffusion.sizes import (
    LEAST_PIXELS,
    MOST_PIXELS,
    Canvas,
    canvas_for,
)

ODD = [(333, 777), (1029, 258), (641, 479), (1919, 1079), (2048, 200), (97, 1201), (33, 31)]
SIZES = [(frame.width, frame.height) for frame in FORMATS] + ODD


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("grid", [16, 32])
def test_a_canvas_suits_the_model_and_keeps_the_frames_proportions(size, grid) -> None:
    canvas = canvas_for(*size, grid)
    assert canvas.width % grid == canvas.height % grid == 0
    assert canvas.width * canvas.height <= MOST_PIXELS
    assert 0 <= canvas.width - canvas.inner_width < 2 * grid
    assert 0 <= canvas.height - canvas.inner_height < 2 * grid
    stretch = (canvas.inner_width / canvas.inner_height) / (size[0] / size[1])
    assert stretch == pytest.approx(1, abs=1 / min(canvas.inner_width, canvas.inner_height))


@pytest.mark.parametrize("size", SIZES)
def test_what_enters_a_canvas_leaves_it_where_it_was(size) -> None:
    x, y = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    picture = np.dstack([x, y, (x + y) / 2]).round().astype(np.uint8)
    canvas = canvas_for(*size, 16)
    entered = canvas.enter(picture)
    assert entered.shape == (canvas.height, canvas.width, 3)
    back = canvas.leave(entered)
    assert back.shape == picture.shape
    assert np.abs(back.astype(int) - picture).mean() < 2


def test_small_banners_are_painted_larger_and_large_frames_smaller() -> None:
    banner, story = canvas_for(1029, 258, 16), canvas_for(1080, 1920, 16)
    assert banner.width * banner.height >= 0.95 * LEAST_PIXELS
    assert story.width * story.height >= 0.9 * MOST_PIXELS


def test_less_memory_means_a_smaller_canvas() -> None:
    whole, less = canvas_for(1080, 1080, 16), canvas_for(1080, 1080, 16, share=0.75)
    assert less.width == less.height == 768
    assert whole.width == 1024
    whole, less = canvas_for(1029, 258, 16), canvas_for(1029, 258, 16, share=0.75)
    assert 0.5 < less.width * less.height / (whole.width * whole.height) < 0.62


def test_masks_go_through_like_pictures() -> None:
    mask = np.zeros((258, 1029), np.uint8)
    mask[100:150, 700:900] = 255
    canvas = canvas_for(1029, 258, 16)
    back = canvas.leave(canvas.enter(mask))
    assert back[125, 800] == 255
    assert back[20, 100] == 0
    assert abs(float(back.mean()) - float(mask.mean())) < 0.5


def test_a_small_picture_of_the_canvas_loses_its_border_too() -> None:
    canvas = Canvas(100, 100, 160, 128, 120, 120)
    small = canvas.leave_small(np.zeros((64, 80, 3), np.uint8))
    assert small.shape == (60, 60, 3)
