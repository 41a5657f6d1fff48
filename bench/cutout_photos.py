"""The cut-out benchmark's photos: rendered goods in groups, taken as a phone takes them.

    python -m bench.cutout_photos     # render what is missing; minutes, once

They are kept in `data/cache/cutout-photos`; a photo's name holds all that it depends on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .product_photos import shoot

FOLDER = Path("data/cache/cutout-photos")
SIDE = 480
SAMPLES = 8
# Raised when goods, settings or the phone change: the photos are made anew.
EDITION = 1


@dataclass(frozen=True)
class PhotoPlan:
    """One photo: `group` is what is hard about it, `held_out` that no weight was fitted to it."""

    group: str
    product: str
    setting: str
    seed: int
    side: int = SIDE

    @property
    def held_out(self) -> bool:
        return self.product in HELD_OUT

    @property
    def name(self) -> str:
        return f"{self.product}, {self.setting}"


# The confidence's weights were fitted on the other goods only; the card's threshold is even odds.
# That is all: the methods were made with all photos in view, and the demo's cup decided two of
# their constants (WORK_SIDE and the preference for a closed off outline that holds the best one).
HELD_OUT = frozenset(
    ("latte_cup", "tangerines", "pears", "fish", "paper_bag", "dark_box", "white_bottle",
     "glass_cup", "bread")
)  # fmt: skip

_ANY = ("sesame_oil", "gift_box", "latte_cup", "tangerines", "jar_pair", "apple", "pears", "orange",
        "fish", "bread", "snack_bag", "paper_bag")  # fmt: skip
_GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "plain": (_ANY, ("studio", "blue")),
    "table-top": (_ANY, ("oak", "walnut")),
    "white on white": (("white_mug", "white_box", "white_bottle", "latte_cup"), ("white", "pale")),
    "dark on dark": (("sesame_oil", "black_jar", "dark_box"), ("dark", "black")),
    "glass": (("glass_bottle", "glass_cup", "clear_jar"), ("pale", "oak", "black")),
    "clutter": (_ANY, ("market", "kitchen", "cloth")),
    "many things": (("apple", "paper_bag", "jar_pair", "latte_cup"), ("heap",)),
}

# The settings of "plain" and "table-top" here are in none of the photos above.
_FRESH: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "plain": (_ANY[::3], ("pale",)),
    "table-top": (_ANY[1::2], ("wood", "tilted")),
    "white on white": (("white_mug", "latte_cup"), ("white", "pale")),
    "dark on dark": (("black_jar",), ("dark",)),
    "glass": (("glass_bottle", "glass_cup"), ("wood", "pale")),
    "clutter": (_ANY[1::4], ("kitchen", "cloth", "market")),
}
FRESH_SIDES = (480, 480, 480, 1100)

# What the confidence is fitted on beside the photos above: every product that is not held out, in
# every setting but those of `_FRESH`.
_PRACTICE = ("studio", "blue", "oak", "walnut", "white", "pale", "dark", "black", "market",
             "kitchen", "cloth", "heap")  # fmt: skip


def plans() -> list[PhotoPlan]:
    """Every photo; in clutter most products meet one setting, every third two."""
    found: list[PhotoPlan] = []
    for group, (products, settings) in _GROUPS.items():
        for number, product in enumerate(products):
            chosen = settings
            if group == "clutter":
                first = number % len(settings)
                chosen = (settings + settings)[first : first + 1 + (number % 3 == 0)]
            for setting in chosen:
                found.append(PhotoPlan(group, product, setting, len(found) + 1))
    return found


def fresh_plans() -> list[PhotoPlan]:
    """Photos that nothing was chosen on: settings of their own or other seeds, two sizes."""
    found: list[PhotoPlan] = []
    for group, (products, settings) in _FRESH.items():
        for number, product in enumerate(products):
            setting = settings[number % len(settings)]
            side = FRESH_SIDES[len(found) % len(FRESH_SIDES)]
            found.append(PhotoPlan(group, product, setting, 501 + len(found), side))
    return found


def practice_plans() -> list[PhotoPlan]:
    """Photos of the goods that are not held out, with seeds of their own."""
    goods = dict.fromkeys(one.product for one in plans() if not one.held_out)
    pairs = [(product, setting) for product in goods for setting in _PRACTICE]
    return [
        PhotoPlan("practice", product, setting, 1001 + number)
        for number, (product, setting) in enumerate(pairs)
    ]


def taken(plan: PhotoPlan, folder: Path = FOLDER) -> tuple[Path, np.ndarray]:
    """Return the photo's path and its exact alpha (H, W) 0..1, rendered if it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{EDITION}-{plan.product}-{plan.setting}-{plan.seed}"
    stem += "" if plan.side == SIDE else f"-{plan.side}"
    path, truth = folder / f"{stem}.jpg", folder / f"{stem}.alpha.png"
    if not truth.exists():
        picture, alpha = shoot(plan.product, plan.setting, side=plan.side, samples=SAMPLES,
                               seed=plan.seed)  # fmt: skip
        pixels = phone(picture, plan.seed)[..., ::-1]
        cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, 88])
        cv2.imwrite(str(truth), alpha)
    alpha = cv2.imread(str(truth), cv2.IMREAD_GRAYSCALE)
    return path, alpha / np.float32(255)


def phone(picture: np.ndarray, seed: int) -> np.ndarray:
    """A phone's picture: a tint, dark corners, a little blur, noise, sharpening. uint8."""
    rng = np.random.default_rng(seed)
    side = picture.shape[0]
    y, x = (np.linspace(-1, 1, n)[:, None] if i == 0 else np.linspace(-1, 1, n)[None]
            for i, n in enumerate(picture.shape[:2]))  # fmt: skip
    dimmed = picture * (1 - rng.uniform(0, 0.10) * (x * x + y * y))[..., None]
    tinted = dimmed * (1 + rng.uniform(-0.03, 0.03, 3))
    soft = cv2.GaussianBlur(tinted.astype(np.float32), (0, 0), rng.uniform(0.4, 0.9) * side / 480)
    noisy = soft + rng.normal(0, rng.uniform(0.004, 0.014), soft.shape)
    sharp = noisy + 0.35 * (noisy - cv2.GaussianBlur(noisy, (0, 0), 1.5))
    return np.clip(sharp * 255, 0, 255).round().astype(np.uint8)


def main() -> None:
    """Render what is missing."""
    for plan in [*plans(), *fresh_plans(), *practice_plans()]:
        print(plan.group, taken(plan)[0])


if __name__ == "__main__":
    main()
