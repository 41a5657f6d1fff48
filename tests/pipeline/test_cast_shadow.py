"""A shadow without a set: it falls away from the light, and never on what is in front of it."""

from __future__ import annotations

import numpy as np
import pytest

from generation.pipeline.cast_shadow import balanced, cast_shade, light_side, shaded
from generation.pipeline.layout import Box

HEIGHT, WIDTH = 300, 400


@pytest.fixture
def standing() -> tuple[np.ndarray, Box]:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[80:240, 170:230] = 1
    return alpha, Box(170, 80, 60, 160)


@pytest.mark.parametrize("light", [-1, 1])
@pytest.mark.parametrize("footing", ["round", "edges"])
def test_a_standing_product_throws_its_shadow_away_from_the_light(
    standing, light: int, footing: str
) -> None:
    shade = cast_shade(*standing, footing, light)
    sides = {-1: 1 - shade[:, :165], 1: 1 - shade[:, 235:]}
    assert sides[-light].sum() > 20 * max(sides[light].sum(), 1e-3)
    assert shade.shape == (HEIGHT, WIDTH)
    assert 0.4 < shade.min() < 0.8
    assert shade.max() <= 1


def test_the_shadow_is_darkest_at_the_foot_and_leaves_the_sky_alone(standing) -> None:
    dark = 1 - cast_shade(*standing, "round", -1)
    assert dark[:150].max() < 0.02
    foot, far = dark[232:240, 228:240].max(), dark[210:225, 300:].max()
    assert foot > 2 * far


def test_a_lying_products_shadow_is_soft_and_close() -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[180:240, 80:320] = 1
    dark = 1 - cast_shade(alpha, Box(80, 180, 240, 60), "flat", -1)
    assert dark[242:246, 150:300].min() > 0.1
    assert dark[290:].max() < 0.02


def test_light_comes_from_the_brighter_side_and_from_the_left_when_nothing_says() -> None:
    even = np.full((90, 120, 3), 128, np.uint8)
    assert light_side(even) == -1
    right = even.copy()
    right[:60, 70:] = 220
    assert light_side(right) == 1
    assert light_side(right[:, ::-1]) == -1


def test_shade_multiplies_light_and_nothing_else() -> None:
    scene = np.full((10, 10, 3), 128, np.uint8)
    assert (shaded(scene, np.ones((10, 10), np.float32), 3) == scene).all()
    assert shaded(scene, np.full((10, 10), 0.25, np.float32), 3).max() < 80


def test_the_scenes_white_comes_to_meet_the_products(standing) -> None:
    scene = np.full((60, 60, 3), (150, 150, 150), np.uint8)
    product = np.zeros((60, 60, 4), np.uint8)
    product[20:40, 20:40] = (170, 160, 150, 255)
    warm = balanced(scene, product, 0).astype(int).mean((0, 1))
    assert warm[0] > 151
    assert warm[2] < 149
    assert np.abs(warm - 150).max() < 8


def test_a_colourful_product_says_nothing_of_its_light() -> None:
    scene = np.full((60, 60, 3), (150, 150, 150), np.uint8)
    product = np.zeros((60, 60, 4), np.uint8)
    product[20:40, 20:40] = (220, 30, 20, 255)
    assert balanced(scene, product, 0) is scene
