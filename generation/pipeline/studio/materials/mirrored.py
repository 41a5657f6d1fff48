"""What letters mirror: softboxes around them, the dark between, and how much of the set."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Softbox:
    """A bright rectangle on the sphere around the letters.

    Angles in degrees as seen from the letters: `azimuth` 0 is the viewer, 90 is the right;
    `elevation` 90 is up. `soft` is the width of the rim over which it fades. `warmth` 0 is
    neutral, 1 is lamp light.
    """

    azimuth: float
    elevation: float
    width: float
    height: float
    radiance: float
    soft: float = 6.0
    warmth: float = 0.0


@dataclass(frozen=True)
class Mirrored:
    """A studio around the letters.

    `dark` is the linear colour left between the softboxes, `set_share` how much of the set's own
    colour is mirrored; `rim_warmth` how much redder a softbox is at its fading rim than in its
    middle (highlights of gold run from pale to amber).
    """

    boxes: tuple[Softbox, ...]
    dark: Rgb = (0.02, 0.02, 0.02)
    set_share: float = 0.3
    rim_warmth: float = 0.6
