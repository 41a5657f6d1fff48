"""The proof of the product sees what a merchant would see, and nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from generation.pipeline.product_proof import check_product, product_core

from .product_photos import product_photo

Bytes = NDArray[np.uint8]


@pytest.fixture(scope="module")
def layer() -> Bytes:
    photo = product_photo("bag", "plain", side=240)
    alpha = np.round(photo.alpha * 255).astype(np.uint8)
    return np.dstack([photo.product.round().astype(np.uint8), alpha])


@pytest.fixture
def final(layer: Bytes) -> Bytes:
    ground = np.full((*layer.shape[:2], 3), 90.0)
    share = layer[..., 3:] / 255
    return (layer[..., :3] * share + ground * (1 - share)).astype(np.uint8)


def test_an_untouched_product_is_exact(final: Bytes, layer: Bytes) -> None:
    check = check_product(final, layer, None)
    assert check.exact
    assert (check.largest_difference, check.delta_e, check.similarity) == (0, 0.0, 1.0)
    assert check.visible == 1.0


def test_one_changed_pixel_is_found(final: Bytes, layer: Bytes) -> None:
    final[140, 120] = (0, 255, 0)
    check = check_product(final, layer, None)
    assert not check.exact
    assert check.largest_difference > 100
    assert check.delta_e < 1


def test_the_light_wrap_of_the_edge_is_allowed(final: Bytes, layer: Bytes) -> None:
    final[~product_core(layer)] = 255
    assert check_product(final, layer, None).exact


def test_a_colour_cast_shows_in_delta_e_not_in_similarity(final: Bytes, layer: Bytes) -> None:
    cast = np.clip(final + np.array((0, 0, 18)), 0, 255).astype(np.uint8)
    check = check_product(cast, layer, None)
    assert check.delta_e > 3
    assert check.similarity > 0.95


def test_lost_detail_shows_in_similarity(final: Bytes, layer: Bytes) -> None:
    core = product_core(layer)
    final[core] = layer[core][:, :3].mean(0).astype(np.uint8)
    assert check_product(final, layer, None).similarity < 0.9


def test_what_lettering_covers_on_purpose_is_not_a_difference(final: Bytes, layer: Bytes) -> None:
    covered = np.zeros(final.shape[:2], bool)
    covered[100:140] = True
    final[covered] = 255
    check = check_product(final, layer, covered)
    assert check.exact
    assert 0.4 < check.visible < 0.95


def test_a_wholly_covered_product_proves_nothing(final: Bytes, layer: Bytes) -> None:
    check = check_product(final, layer, np.ones(final.shape[:2], bool))
    assert not check.exact
    assert check.pixels == 0


def test_the_check_is_json(final: Bytes, layer: Bytes) -> None:
    final[140, 120] = 0
    stored = json.loads(json.dumps(check_product(final, layer, None).to_json()))
    assert stored["exact"] is False
    assert set(stored) >= {"largest_difference", "delta_e", "similarity", "visible", "pixels"}
