"""The learnt model's looks from nearby, and what they are for."""

from __future__ import annotations

import numpy as np
import pytest

from generation.pipeline.cutout.colour_model import find_product
from generation.pipeline.cutout.evidence import gather_evidence
from generation.pipeline.cutout.features import overlap
from generation.pipeline.cutout.nearby import Nearby, most_central
from generation.pipeline.cutout.outline import fill_holes

from .product_photos import product_photo

SIDE = 320


def square(left: int, top: int, side: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top : top + side, left : left + side] = True
    return mask


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_small_product_is_drawn_finer_from_nearby(mirrored: bool) -> None:
    photo = product_photo("fish", "plain", side=SIDE, fill=0.25)
    truth = photo.alpha > 0.5
    near = Nearby(photo.rgb, mirrored=mirrored)
    seen = near.at(truth)
    assert seen is not None
    assert overlap(seen > 0.5, truth) > max(0.9, overlap(near.whole(truth.shape) > 0.5, truth))


def test_the_picture_looked_at_may_be_larger_than_the_mask() -> None:
    photo = product_photo("bottle", "plain", side=2 * SIDE, fill=0.3)
    truth = photo.alpha[::2, ::2] > 0.5
    seen = Nearby(photo.rgb).at(truth)
    assert seen is not None
    assert seen.shape == truth.shape
    assert overlap(seen > 0.5, truth) > 0.93


def test_a_look_is_remembered_for_nearly_the_same_view_alone() -> None:
    near = Nearby(product_photo("box", "plain", side=SIDE, fill=0.4).rgb)
    first = near.at(square(100, 100, 100))
    assert near.at(square(102, 101, 99)) is first
    assert near.at(square(100, 100, 60)) is not first
    assert near.at(square(100, 100, 100), afresh=True) is not first
    assert len(near.looks) == 2


def test_there_is_no_look_where_nothing_new_is_to_be_seen() -> None:
    near = Nearby(product_photo("box", "plain", side=SIDE).rgb)
    assert near.at(square(0, 0, 0)) is None
    assert near.at(square(10, 10, SIDE - 20)) is None
    assert near.looks == []


def test_the_middle_thing_is_chosen_before_a_larger_one_at_the_rim() -> None:
    middle, rim = square(130, 130, 60), square(0, 0, 75)
    assert (most_central(middle | rim) == middle).all()
    assert (most_central(rim) == rim).all()


@pytest.mark.parametrize(("sure", "open_"), [(True, True), (False, False)])
def test_an_opening_that_the_model_is_sure_of_stays_open_whatever_shows_in_it(
    sure: bool, open_: bool
) -> None:
    photo = np.full((SIDE, SIDE, 3), 215, np.uint8)
    ring, hole = square(100, 100, 60), square(112, 112, 36)
    photo[ring], photo[hole] = (40, 60, 150), (30, 140, 60)
    found = fill_holes(ring & ~hole, gather_evidence(photo), outlined=0, seen_through=hole & sure)
    assert bool((found == (ring & ~hole)).all()) == open_


def test_a_label_is_filled_though_the_model_leaves_it_out() -> None:
    photo = np.full((SIDE, SIDE, 3), 215, np.uint8)
    body, label = square(80, 80, 160), square(140, 140, 40)
    photo[body], photo[label] = (40, 60, 150), 240
    found = fill_holes(body & ~label, gather_evidence(photo), outlined=0, seen_through=label)
    assert (found == body).all()


def test_a_white_mugs_handle_is_open_before_a_coloured_wall() -> None:
    photo = product_photo("mug", "plain", side=SIDE, colour=(240, 240, 238), ground=(90, 120, 160))
    found = find_product(photo.rgb, gather_evidence(photo.rgb))
    assert overlap(found.mask, photo.alpha > 0.5) > 0.97


def test_what_goes_on_beyond_the_view_is_not_taken_from_it() -> None:
    photo = product_photo("bag", "plain", side=SIDE)
    seen = Nearby(photo.rgb).at(square(130, 130, 60))
    assert seen is not None
    assert not seen.any()
