"""Colours of a set: chosen by hand, or from the product's own colours."""

from __future__ import annotations

import colorsys
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import UnknownChoice

Rgb = tuple[float, float, float]
Tone = Literal["dark", "mid", "light"]

# The wheel is cut into this many hues so that similar products share a cached plate.
HUE_STEPS: Final = 12
# Mean display lightness (0..1) below which a product counts as dark, above which as light.
DARK_PRODUCT: Final = 0.30
LIGHT_PRODUCT: Final = 0.72
# Mean saturation below which a product has no hue to answer to.
GREY_PRODUCT: Final = 0.12
# The warm clay that answers to no colour and to all: for grey, white and missing products.
NEUTRAL_HUE: Final = 1
# For grey and white things: sand for dark ones, clay for the middle, dusty blue behind white.
CALM_HUE: Final[dict[Tone, int]] = {"dark": 1, "mid": 1, "light": 7}
# How little a hue suits a wall behind goods, by wheel step: yellow-greens and magentas least.
UNBECOMING: Final = (1, 0, 3, 6, 7, 4, 2, 0, 3, 8, 9, 5)
# Split complement: this many steps from the product's hue (6 would be the full complement).
SPLIT_STEPS: Final = 5
# However grey the palette, leaves and sea keep this share of their own colour.
LEAST_OWN_CHROMA: Final = 0.5


@dataclass(frozen=True)
class Palette:
    """What a set is coloured with.

    `hue` 0..HUE_STEPS-1 on the colour wheel is the set's dominant hue; `product_tone` says how
    light the product is, so that the set can stand apart from it. `chroma` scales how colourful
    the set is: 1 as the set was designed, 0 all grey.
    """

    hue: int
    product_tone: Tone
    chroma: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict that `Palette(**...)` reads back."""
        return asdict(self)

    def shade(self, *, saturation: float, value: float, turn: float = 0.0) -> Rgb:
        """Return a linear RGB of this hue (turned by `turn` of the wheel), HSV in display space."""
        hue = (self.hue / HUE_STEPS + turn) % 1.0
        return to_linear(colorsys.hsv_to_rgb(hue, min(saturation * self.chroma, 1.0), value))

    def leaning(self, home: float, reach: float, *, saturation: float, value: float) -> Rgb:
        """Return a linear RGB whose hue is `home` (0..1) drawn at most `reach` towards this one's.

        For what has a colour of its own: the sea stays blue, leaves stay green.
        """
        away = (self.hue / HUE_STEPS - home + 0.5) % 1.0 - 0.5
        hue = (home + min(max(away, -reach), reach)) % 1.0
        own = max(self.chroma, LEAST_OWN_CHROMA)
        return to_linear(colorsys.hsv_to_rgb(hue, min(saturation * own, 1.0), value))


NEUTRAL_PALETTE: Final = Palette(NEUTRAL_HUE, "mid")


def to_linear(encoded: Rgb) -> Rgb:
    """Return linear RGB of a display (sRGB) colour, both 0..1."""
    red, green, blue = (
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in encoded
    )
    return red, green, blue


# The palettes of the catalogue: hue, chroma, and whether the set is as dark as behind white goods.
NAMED: Final[dict[str, tuple[int, float, bool]]] = {
    "warm": (1, 1.15, False),
    "sunny": (2, 0.95, False),
    "fresh": (4, 0.75, False),
    "cool": (7, 1.0, False),
    "pink": (11, 0.85, False),
    "violet": (9, 0.75, False),
    "calm": (1, 0.16, False),
    "deep": (5, 1.05, True),
}


def palette_for(key: str, product: NDArray[np.uint8] | None) -> Palette:
    """Return the palette the merchant chose, toned for the product (RGBA) or for none.

    `auto` answers to the product's own colours. Raises UnknownChoice.
    """
    own = NEUTRAL_PALETTE if product is None else auto_palette(product)
    if key == "auto":
        return own
    if key not in NAMED:
        raise UnknownChoice(f"no palette {key!r}", field="palette", value=key)
    hue, chroma, dark = NAMED[key]
    tone: Tone = "light" if dark and own.product_tone != "dark" else own.product_tone
    return Palette(hue, tone, chroma)


def auto_palette(product: NDArray[np.uint8]) -> Palette:
    """Return the palette that sets a cut-out product apart.

    `product` is RGBA, straight alpha. The set takes the split complement of the product's main hue
    (weighted by saturation, so that a label does not lose to shadows).
    """
    pixels = product[product[..., 3] > 200][:, :3].astype(np.float64) / 255.0
    if len(pixels) == 0:
        return NEUTRAL_PALETTE
    pixels = pixels[:: max(1, len(pixels) // 20000)]
    high, low = pixels.max(axis=1), pixels.min(axis=1)
    lightness = float(np.mean(pixels @ np.array([0.2126, 0.7152, 0.0722])))
    tone: Tone = "mid"
    if lightness < DARK_PRODUCT:
        tone = "dark"
    elif lightness > LIGHT_PRODUCT:
        tone = "light"
    chroma = high - low
    if float(np.mean(chroma)) < GREY_PRODUCT:
        return Palette(CALM_HUE[tone], tone)
    return Palette(_answer(_main_hue(pixels, chroma)), tone)


def _main_hue(pixels: NDArray[np.float64], chroma: NDArray[np.float64]) -> int:
    hues = np.array([colorsys.rgb_to_hsv(*pixel)[0] for pixel in pixels[:4000]])
    steps = np.round(hues * HUE_STEPS).astype(int) % HUE_STEPS
    return int(np.argmax(np.bincount(steps, weights=chroma[:4000], minlength=HUE_STEPS)))


def _answer(hue: int) -> int:
    """Return the split complement that is the more becoming wall: clay or blue before violet."""
    options = ((hue + SPLIT_STEPS) % HUE_STEPS, (hue - SPLIT_STEPS) % HUE_STEPS)
    return min(options, key=UNBECOMING.__getitem__)
