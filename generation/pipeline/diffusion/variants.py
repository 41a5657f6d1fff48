"""Scenes of an ad's other takes, painted in one pass with the first and kept until they are asked.

Each take is a job of its own and comes to this process one by one; what was painted ahead for it is
what it would have painted alone, from its own seed (but for the rounding of larger products).
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.types import AdSpec

from .faults import is_out_of_memory
from .residency import Residency

Picture = NDArray[np.uint8]

logger = logging.getLogger(__name__)

# 3.5 MB each at 1080 x 1080: more than the takes of one order, so that two can overlap.
KEPT_SCENES: Final = 12

_kept: OrderedDict[AdSpec, Picture] = OrderedDict()


def keep(spec: AdSpec, scene: Picture) -> None:
    """Keep a scene for the take that will ask for exactly this."""
    _kept[spec] = scene
    while len(_kept) > KEPT_SCENES:
        _kept.popitem(last=False)


def painted_ahead(spec: AdSpec) -> Picture | None:
    """Return and forget what was painted ahead for this; None when nothing was."""
    return _kept.pop(spec, None)


def at_once(
    paint: Callable[[Sequence[int]], list[Picture]], seeds: Sequence[int], owner: Residency
) -> list[Picture]:
    """Return the scenes of these seeds, painted in one pass; none where memory runs out."""
    try:
        return paint(seeds)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
    logger.warning("%d takes are too many for one pass, one by one: %s", len(seeds), first)
    owner.free()
    return []
