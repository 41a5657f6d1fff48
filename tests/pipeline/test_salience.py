"""The learnt model that is carried along: its weights, and that it sees things where they are."""

from __future__ import annotations

import hashlib

import numpy as np

from generation.pipeline.cutout.features import overlap
from generation.pipeline.cutout.salience import SHA256, WEIGHTS, salience

from .product_photos import product_photo

SIDE = 320


def test_the_weights_are_the_published_ones_and_bring_their_licence() -> None:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == SHA256
    assert "Apache License" in (WEIGHTS.parent / "LICENSE").read_text()


def test_a_product_off_the_middle_is_seen_where_it_is() -> None:
    photo = product_photo("bottle", "plain", side=SIDE)
    off = np.s_[:, : int(0.7 * SIDE)]
    seen = salience(np.ascontiguousarray(photo.rgb[off]))
    assert seen.shape == photo.alpha[off].shape
    assert 0 <= seen.min() <= seen.max() <= 1
    assert overlap(seen > 0.5, photo.alpha[off] > 0.5) > 0.9


def test_a_product_of_the_backdrops_colour_is_seen() -> None:
    photo = product_photo("mug", "plain", side=SIDE, colour=(238, 237, 234), ground=(232, 231, 229))
    assert overlap(salience(photo.rgb) > 0.5, photo.alpha > 0.5) > 0.9
