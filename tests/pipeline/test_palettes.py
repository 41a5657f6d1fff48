"""The merchant's palettes: each is made of something, and stays apart from the product."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from numpy.typing import NDArray

from generation.pipeline.catalog import PALETTES, palette
from generation.pipeline.errors import UnknownChoice
from generation.pipeline.studio.palette import NAMED, Palette, auto_palette, palette_for


def goods(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((20, 20, 4), (*colour, 255), np.uint8)


def test_every_palette_of_the_catalogue_is_made_of_something() -> None:
    assert {choice.key for choice in PALETTES} == {"auto", *NAMED}
    assert len({choice.label_ko for choice in PALETTES}) == len(PALETTES)


def test_auto_answers_to_the_product() -> None:
    red = goods((200, 30, 30))
    assert palette_for("auto", red) == auto_palette(red)
    assert palette_for("auto", None).chroma == 1


@pytest.mark.parametrize("key", NAMED)
def test_a_named_palette_keeps_its_hue_and_takes_the_products_tone(key: str) -> None:
    dark, light = (palette_for(key, goods(colour)) for colour in ((20, 20, 24), (245, 244, 240)))
    assert dark.hue == light.hue
    assert dark.product_tone != light.product_tone
    assert Palette(**dark.to_json()) == dark


def test_the_calm_palette_is_nearly_grey() -> None:
    calm, warm = palette_for("calm", None), palette_for("warm", None)
    tones = [p.shade(saturation=0.5, value=0.8) for p in (calm, warm)]
    saturations = [colorsys.rgb_to_hsv(*tone)[1] for tone in tones]
    assert saturations[0] < 0.25 < saturations[1]


def test_the_deep_palette_darkens_the_set_behind_all_but_dark_goods() -> None:
    assert palette_for("deep", goods((120, 120, 120))).product_tone == "light"
    assert palette_for("deep", goods((20, 20, 24))).product_tone == "dark"


def test_an_unknown_palette_is_refused_by_name() -> None:
    for refuse in (palette, lambda key: palette_for(key, None)):
        with pytest.raises(UnknownChoice) as unknown:
            refuse("rainbow")
        assert unknown.value.params == {"field": "palette", "value": "rainbow"}
