"""Solid sides for letters that the set would swallow."""

from __future__ import annotations

import numpy as np
import pytest

from generation.pipeline.ad_layers import Layers
from generation.pipeline.composition import compose
from generation.pipeline.keyline import edged
from generation.pipeline.legibility import ENOUGH
from generation.pipeline.linear_light import luminance, to_linear

SIDE = 200
GOLD = (226, 170, 60)


def _letters(colour: tuple[int, int, int]) -> np.ndarray:
    text = np.zeros((SIDE, SIDE, 4), np.uint8)
    text[60:100, 30:170] = (*colour, 255)
    text[72:88, 60:140] = 0
    return text


def _scene(grey: int) -> np.ndarray:
    return np.full((SIDE, SIDE, 3), grey, np.uint8)


@pytest.mark.parametrize(
    ("colour", "grey"), [(GOLD, 190), ((240, 240, 240), 200), ((30, 30, 30), 40)]
)
def test_it_parts_letters_from_a_set_as_bright_as_they_are(
    colour: tuple[int, int, int], grey: int
) -> None:
    composed = compose(Layers(_scene(grey), _letters(colour), None, None), "overlay")

    assert composed.backing is not None
    assert composed.backing.edged
    assert composed.backing.before < ENOUGH <= composed.backing.after
    # The set itself is left alone, a letter's height away.
    far = composed.picture[10:20].astype(int)
    assert abs(far - grey).max() <= 6


def test_it_leaves_faces_as_they_are_and_keeps_off_what_is_not_free() -> None:
    text = to_linear(_letters(GOLD)[..., :3])
    alpha = np.asarray(_letters(GOLD)[..., 3] / 255, np.float32)
    free = np.ones((SIDE, SIDE), np.float32)
    free[:, :100] = 0

    letters, covered, parted, serves, tone = edged(
        text, alpha, to_linear(_scene(190)), letter=40, free=free, side=SIDE
    )

    assert np.allclose(letters[alpha == 1], text[alpha == 1])
    assert np.array_equal(covered[:, :100], alpha[:, :100])
    side = (covered > 0.9) & (alpha == 0)
    assert side[100:104, 110:160].all()
    assert luminance(letters)[side].mean() < 0.1
    assert 1 <= parted <= serves <= 21
    assert tone == 1


def test_letters_that_their_own_sides_part_need_no_glow() -> None:
    # Too dark a set for dark sides to stand out from, too bright for these letters.
    composed = compose(Layers(_scene(116), _letters((190, 150, 100)), None, None), "overlay")

    assert composed.backing is not None
    assert composed.backing.edged
    assert composed.backing.strength == 0
    assert composed.backing.after >= ENOUGH


def test_chrome_that_its_sides_alone_cannot_part_is_brightened_instead_of_the_set() -> None:
    letters = _letters((230, 230, 230))
    letters[60:100, 30:80, :3] = 85  # what it mirrors of the dark
    composed = compose(Layers(_scene(90), letters, None, None), "overlay")

    assert composed.backing is not None
    assert composed.backing.edged
    assert composed.backing.tone > 1
    assert composed.backing.strength == 0
    assert composed.backing.after >= ENOUGH
