"""What is measured on a GPU, in which order: what matters most comes first, for time may run out.

Each measure stands for itself: it needs no other one to have been taken, and its failure costs no
other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DEFAULT: Final = ("flux2-klein-4b", "sdxl")
LARGE: Final = ("flux1-dev", "sdxl")


@dataclass(frozen=True)
class Measure:
    """One thing to measure. `cap_gb`: GB of the GPU that may be used, 0 for all of it.

    `models`: keys of the catalogue; where there are two, the first paints scenes and the second
    letters. `guess`: seconds it may take on an H200, weights not yet loaded.
    """

    name: str
    models: tuple[str, ...]
    cap_gb: float
    compiled: bool
    guess: float

    @property
    def key(self) -> str:
        """What tells it from the others."""
        words = (self.name, "+".join(self.models), f"{self.cap_gb:g}")
        return " ".join((*words, "compiled" if self.compiled else "plain"))


def plan(
    caps: Sequence[float], *, sets: str = "klein,flux1", compiled: bool = True
) -> list[Measure]:
    """Return the measures in their order.

    The first of the `caps` is the small GPU that is meant, the last the one there is.
    """
    small, large = caps[0], caps[-1]
    chosen = [one for one in (DEFAULT, LARGE) if any(part in one[0] for part in sets.split(","))]
    whole = [*_default(small, large), *_large(small, large)]
    found = [
        one
        for one in whole
        if any(set(one.models) <= set(names) for names in chosen) and (compiled or not one.compiled)
    ]
    return list({one.key: one for one in found}.values())


def _default(small: float, large: float) -> list[Measure]:
    scene, letters = DEFAULT
    return [
        Measure("model", (scene,), small, False, 30),
        Measure("model", (letters,), small, False, 40),
        Measure("interrupted", (scene,), small, False, 15),
        Measure("ad", DEFAULT, small, False, 45),
        Measure("compiled", (scene,), large, True, 60),
        Measure("compiled", (letters,), large, True, 90),
        Measure("ad", DEFAULT, large, True, 60),
        Measure("takes", (scene,), large, False, 25),
    ]


def _large(small: float, large: float) -> list[Measure]:
    scene, letters = LARGE
    default_scene, _ = DEFAULT
    return [
        Measure("model", (scene,), large, False, 45),
        Measure("compiled", (scene,), large, True, 60),
        Measure("ad", LARGE, large, True, 90),
        Measure("model", (scene,), small, False, 90),
        Measure("ad", LARGE, small, False, 120),
        Measure("model", (default_scene,), large, False, 30),
        Measure("model", (letters,), large, False, 40),
        Measure("ad", DEFAULT, large, False, 45),
        Measure("ad", DEFAULT, small, True, 90),
        Measure("compiled", (default_scene,), small, True, 60),
        Measure("interrupted", (scene,), large, False, 60),
    ]
