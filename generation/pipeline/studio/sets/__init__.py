"""Background styles: each a real set in a file of its own, with one `SET` that describes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from generation.pipeline.layout import Layout
from generation.pipeline.studio.backdrops import Backdrop
from generation.pipeline.studio.lights import SoftBox
from generation.pipeline.studio.palette import Palette, Rgb, Tone
from generation.pipeline.studio.reflection import Gloss
from generation.pipeline.studio.rig import Pose, Rig
from generation.pipeline.studio.shapes import Shape


class Levels(NamedTuple):
    """A brightness for each tone of product: 1 is white, 0.18 middle grey."""

    dark: float
    mid: float
    light: float

    def against(self, tone: Tone) -> float:
        """Return the level that sets a product of that tone apart."""
        return float(getattr(self, tone))


EVEN: Final = Levels(0.18, 0.18, 0.18)


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
    would for `backdrop_depth` and exposed so that its median lands on `backdrop_level` (1 is white,
    0.18 middle grey) by the product's tone. The table is exposed to `key_level`,
    and the corners fall off by `vignette` (share of light lost). The near layer is rendered at
    `plate_scale` of the frame with `plate_samples` per pixel: smooth sets need fewer pixels and
    more samples than grained ones; `textured` sets are denoised with their albedo as a guide.
    `gloss`, where there is one, says where the ground is polished and mirrors standing goods.
    Elevations in degrees below the horizon; `aperture` is the lens radius; lengths in decimetres.
    """

    shapes: Callable[[Rig], dict[str, Shape]]
    backdrop: Callable[[Rig], Backdrop] | None
    lights: Callable[[Staging], tuple[SoftBox, ...]]
    ambient: Callable[[Staging], Rgb]
    elevation: float
    lying_elevation: float
    aperture: float
    vignette: float = 0.2
    plate_scale: float = 1.0
    plate_samples: int = 4
    textured: bool = True
    backdrop_depth: float = 50.0
    backdrop_level: Levels = EVEN
    key_level: Levels = EVEN
    gloss: Callable[[Rig], Gloss] | None = None
