"""The outlines a photo may have, each found in a way that fails on other photos than the rest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence
from .features import smoothness
from .grabcut import settle_edge
from .nearby import Nearby, most_central
from .outline import fill_holes, main_parts, outline
from .salience import SEEN
from .shadow import coloured

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
# The salience below which a pixel is no product for sure.
UNSEEN: Final = 0.1
# The middle of the photo, where something is looked for whatever was seen: parts of its sides.
MIDDLE: Final = (0.25, 0.75)


@dataclass(frozen=True)
class Hypothesis:
    """The outlines (H, W) that one way of looking at a photo gives, some of them empty.

    They are near relations: that they agree says nothing, as it does where hypotheses do. `shaded`:
    the shadow may be in them. `learnt`: from the learnt model, which knows goods and not light.
    """

    masks: tuple[Mask, ...]
    shaded: bool = False
    learnt: bool = False


def first_hypotheses(small: Bytes, evidence: Evidence) -> list[Hypothesis]:
    """Return the outlines that are enough where one of them is sure, of `small` (H, W, 3).

    Colour is asked while the learnt model still looks.
    """
    explained = unexplained(small, evidence)
    seen = salient(evidence)
    # Two looks at once take as long as one: this one is for the later hypotheses.
    _ = evidence.second_look
    nearer = seen_nearer(most_central(seen), evidence.near, evidence)
    return [Hypothesis((explained,), shaded=True), Hypothesis((seen, nearer), learnt=True)]


def later_hypotheses(small: Bytes, evidence: Evidence) -> list[Hypothesis]:
    """Return the outlines that are asked where none of the first is sure, made side by side."""
    middle = np.zeros(small.shape[:2], bool)
    # Before a smooth backdrop what is there has been found.
    if smoothness(evidence) < 1:
        height, width = small.shape[:2]
        start, end = MIDDLE
        rows = slice(round(start * height), round(end * height))
        middle[rows, round(start * width) : round(end * width)] = True
    with ThreadPoolExecutor(2) as aside:
        plain = aside.submit(shadowless, small, evidence)
        there = aside.submit(evidence.near.at, middle, afresh=True)
        again = looked_at_again(evidence)
        mirrored = aside.submit(seen_nearer, again, evidence.again, evidence)
        nearer = seen_nearer(again, evidence.near, evidence)
        return [
            Hypothesis((again, mirrored.result()), learnt=True),
            Hypothesis((nearer, made_out(there.result(), evidence)), learnt=True),
            Hypothesis((plain.result(),)),
        ]


def unexplained(small: Bytes, evidence: Evidence) -> Mask:
    """What the backdrop's surfaces do not explain in `small` (H, W, 3)."""
    return _settled(outline(evidence), small, evidence)


def salient(evidence: Evidence) -> Mask:
    """What a learnt model sees in the photo: where its edges are is left for `snap` to find."""
    return made_out(evidence.salience, evidence)


def looked_at_again(evidence: Evidence) -> Mask:
    """What the learnt model sees in the photo's mirrored and plainer picture."""
    return made_out(evidence.second_look.result(), evidence)


def shadowless(small: Bytes, evidence: Evidence) -> Mask:
    """What stands out when the photo's shadows, and a table's planks, are taken away."""
    return _settled(coloured(evidence), small, evidence)


def seen_nearer(mask: Mask, near: Nearby, evidence: Evidence) -> Mask:
    """Return what the learnt model sees where `mask` (H, W) is."""
    return made_out(near.at(mask), evidence)


def _settled(mask: Mask, small: Bytes, evidence: Evidence) -> Mask:
    return settle_edge(small, mask, evidence) if mask.any() else mask


def made_out(seen: Floats | None, evidence: Evidence) -> Mask:
    """Return what is product in a salience map (H, W) 0..1: nothing where there was no look."""
    if seen is None:
        return np.zeros(evidence.edges.shape, bool)
    mask = seen > SEEN
    if not mask.any():
        return mask
    # The model saw the opening itself: a white handle on white shows no edges.
    return main_parts(fill_holes(mask, evidence, outlined=0, seen_through=seen < UNSEEN))
