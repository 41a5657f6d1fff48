"""What a draft saves where no kernels are compiled: there every sample is dear.

Compiled variants trace four times as fast and pay for each launch instead; they save nothing.
"""

from __future__ import annotations

from typing import Final

from .render import use_variant
from .rig import Rig
from .wavefront import is_compiled

# A draft's near layer against its frame. Most of a set is out of focus: on a phone, or beside the
# form on a desk, the difference is not seen. The film's shifts are whole pixels at this size.
NEAR_SCALE: Final = 0.75
# Light that is blurred and seen as a ratio is taken from this share of a picture's samples.
LIGHT_SHARE: Final = 0.5


def is_thrifty(rig: Rig) -> bool:
    """Tell whether this rig's pictures are to be as cheap as a draft may look."""
    return rig.draft and not is_compiled(use_variant())


def near_scale(rig: Rig) -> float:
    """Return the near layer's size of a draft, against its frame."""
    return NEAR_SCALE if is_thrifty(rig) else 1.0


def light_samples(rig: Rig, samples: int) -> int:
    """Return how many of the samples a ratio of light takes."""
    return round(samples * LIGHT_SHARE) if is_thrifty(rig) else samples
