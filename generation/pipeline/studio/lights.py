"""Studio lights as real surfaces: soft boxes, strips and a dim surround."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .palette import Rgb


@dataclass(frozen=True)
class SoftBox:
    """A rectangle that shines from its front face towards `target`.

    Positions in decimetres, sizes edge to edge, `radiance` linear RGB. Light falls on the set and
    is mirrored by glossy things; the camera does not see it.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    width: float
    height: float
    radiance: Rgb

    def to_shape(self) -> dict[str, Any]:
        """Return Mitsuba's description of the light."""
        import mitsuba as mi

        transform = mi.ScalarTransform4f().look_at(
            origin=list(self.position), target=list(self.target), up=_upright(self)
        )
        size = mi.ScalarTransform4f().scale([self.width / 2, self.height / 2, 1.0])
        return {
            "type": "rectangle",
            "to_world": transform @ size,
            "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}},
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": list(self.radiance)}},
        }


def _upright(light: SoftBox) -> list[float]:
    """Choose an up vector that is not parallel to the light's axis."""
    axis = np.subtract(light.target, light.position)
    steep = abs(axis[2]) > 0.95 * float(np.linalg.norm(axis))
    return [0.0, 1.0, 0.0] if steep else [0.0, 0.0, 1.0]


def surround(radiance: Rgb) -> dict[str, Any]:
    """Return an even, dim light from everywhere: the room around the set."""
    return {"type": "constant", "radiance": {"type": "rgb", "value": list(radiance)}}


def light_shapes(lights: tuple[SoftBox, ...], ambient: Rgb) -> dict[str, Any]:
    """Return every light of a rig, keyed for Mitsuba's scene dictionary."""
    shapes = {f"light_{index}": light.to_shape() for index, light in enumerate(lights)}
    return {"surround": surround(ambient)} | shapes


def blackbody(kelvin: float, strength: float) -> Rgb:
    """Return linear sRGB of a glowing body at that temperature, its brightest channel `strength`.

    A fit to Planck's locus after Tanner Helland (2012), good from 1,500 to 10,000 K, linearised.
    """
    t = kelvin / 100.0
    red = 255.0 if t <= 66 else 329.7 * (t - 60) ** -0.1332
    green = 99.47 * np.log(t) - 161.12 if t <= 66 else 288.12 * (t - 60) ** -0.0755
    blue = 255.0 if t >= 66 else 138.52 * np.log(max(t - 10, 1.0)) - 305.04
    encoded = np.clip([red, green, blue], 0, 255) / 255.0
    linear = encoded**2.2
    red, green, blue = (float(v) for v in strength * linear / linear.max())
    return red, green, blue
