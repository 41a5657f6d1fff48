"""Background styles: each a real set in a file of its own, with one `SET` that describes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from generation.pipeline.layout import Layout
from generation.pipeline.studio.lights import SoftBox
from generation.pipeline.studio.palette import Palette, Rgb
from generation.pipeline.studio.rig import Pose, Rig


@dataclass(frozen=True)
class Staging:
    """What a set is asked to be before its camera stands: all that lights may depend on."""

    format: str
    layout: Layout
    palette: Palette
    seed: int
    pose: Pose


@dataclass(frozen=True)
class StudioSet:
    """One background style.

    `shapes` builds everything near: ground, props, a seamless wall. `backdrop`, where there is
    one, builds what is far away and out of focus; it is rendered apart and blurred as the lens
    would. Elevations in degrees below the horizon; `aperture` is the lens radius in decimetres.
    """

    shapes: Callable[[Rig], dict[str, Any]]
    backdrop: Callable[[Rig], dict[str, Any]] | None
    lights: Callable[[Staging], tuple[SoftBox, ...]]
    ambient: Callable[[Staging], Rgb]
    elevation: float
    lying_elevation: float
    aperture: float
    backdrop_depth: float = 30.0
    glossy: bool = False
