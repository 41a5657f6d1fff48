"""What is far behind the product: rendered small, blurred as the lens would, with bokeh lamps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from .camera import Camera
from .palette import Rgb
from .render import Image

# The blurred backdrop is rendered at this fraction of the frame: nothing in it is sharp.
BACKDROP_SCALE: Final = 0.25
# A fast lens's disc is a little brighter at its rim.
RIM_GAIN: Final = 0.35
# Softness of the disc's edge, as a share of its radius.
EDGE: Final = 0.10
# Light scattered in the lens around a lamp: part of its light, over this many disc radii.
GLOW_SHARE: Final = 0.16
GLOW_RADII: Final = 3.0


@dataclass(frozen=True)
class Lamp:
    """A bare bulb far behind: world position and radius in decimetres, linear radiance.

    `level` is how bright its disc is developed: 1 is white, 0 keeps it out of sight.
    """

    position: tuple[float, float, float]
    radius: float
    radiance: Rgb
    level: float = 1.0


# Far below all floors.
DARK_LAMP: Final = Lamp((0.0, 0.0, -900.0), 0.01, (1e-6, 1e-6, 1e-6), level=0.0)
# Every set's own number of lamps, whatever the seed, rounds up to one multiple of this.
LAMPS_BY: Final = 16


@dataclass(frozen=True)
class Backdrop:
    """Far shapes (Mitsuba dictionary entries), the lamps among them, and the light they get."""

    shapes: dict[str, Any]
    lamps: tuple[Lamp, ...]
    ambient: Rgb


def blur_radius(camera: Camera, depth: float) -> float:
    """Return the radius in pixels of the circle of confusion at `depth` along the axis."""
    return abs(camera.aperture * camera.focal * (1 / camera.distance - 1 / depth))


def disc_blur(picture: Image, radius: float) -> Image:
    """Return the picture convolved with a disc of `radius` pixels (its own edge repeated)."""
    reach = math.ceil(radius) + 1
    grid = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.hypot(grid[:, None], grid[None, :])
    kernel = np.clip(radius + 0.5 - distance, 0, 1)
    kernel /= kernel.sum()
    blurred = cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return cast("Image", np.ascontiguousarray(blurred, np.float32))


def lamp_shapes(lamps: tuple[Lamp, ...]) -> dict[str, Any]:
    """Return the lamps as glowing spheres, to light the backdrop.

    Their number is part of a compiled kernel: dark ones out of sight round it up to LAMPS_BY.
    """
    spare = -len(lamps) % LAMPS_BY
    return {
        f"lamp_{index}": {
            "type": "sphere",
            "center": list(lamp.position),
            "radius": lamp.radius,
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": list(lamp.radiance)}},
        }
        for index, lamp in enumerate((*lamps, *(DARK_LAMP,) * spare))
    }


def add_bokeh(picture: Image, camera: Camera, lamps: tuple[Lamp, ...]) -> Image:
    """Return the picture (the frame at any scale, linear, exposed) with every lamp as a disc."""
    out = picture.copy()
    scale = picture.shape[1] / camera.width
    for lamp in (lamp for lamp in lamps if lamp.level > 0):
        x, y = camera.project(np.array([lamp.position]))[0] * scale
        depth = float((np.array(lamp.position) - camera.position) @ camera.axes[2])
        own = lamp.radius * camera.focal / depth
        disc = math.hypot(blur_radius(camera, depth), own) * scale
        hue = np.array(lamp.radiance, np.float32) / max(lamp.radiance)
        strength = np.float32(lamp.level) * hue
        _add_disc(out, (float(x), float(y)), disc, strength)
    return out


def _add_disc(
    picture: Image, center: tuple[float, float], radius: float, colour: NDArray[np.float32]
) -> None:
    """Add one disc with a brighter rim and a soft glow around it, in place."""
    height, width = picture.shape[:2]
    reach = radius * GLOW_RADII
    x0, x1 = max(int(center[0] - reach), 0), min(int(center[0] + reach) + 1, width)
    y0, y1 = max(int(center[1] - reach), 0), min(int(center[1] + reach) + 1, height)
    if x0 >= x1 or y0 >= y1:
        return
    columns = np.arange(x0, x1, dtype=np.float32) - center[0]
    rows = np.arange(y0, y1, dtype=np.float32) - center[1]
    away = np.hypot(rows[:, None], columns[None, :]) / radius
    soft = max(EDGE, 1.0 / radius)
    disc = np.clip((1 - away) / soft, 0, 1) * (1 + RIM_GAIN * np.clip(away, 0, 1) ** 6)
    fade = np.clip(1 - away / GLOW_RADII, 0, 1)
    glow = GLOW_SHARE * fade**3
    picture[y0:y1, x0:x1] += (disc + glow)[..., None] * colour
