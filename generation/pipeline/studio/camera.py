"""A thin-lens camera with a shifted film, and the projections between pixels and the set.

World units are decimetres. z points up, the ground is z = 0, the camera looks along +y. The
product's contact point with the ground is the world's origin.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.layout import Box

Array = NDArray[np.float64]

# Film shifts are whole pixels at every render scale down to a quarter when they divide by this.
SHIFT_GRID: Final = 4


# Soft things need as many pixels in a large frame as in one of this many.
COMMON_PIXELS: Final = 1080 * 1080


@dataclass(frozen=True)
class Camera:
    """Where the camera stands and how it projects, in pixels of the full frame.

    `distance` is from the lens to the origin along the optical axis; `elevation` how far the axis
    looks down, in degrees; `focal` the focal length in pixels; (`axis_x`, `axis_y`) the pixel the
    optical axis goes through (a shift lens keeps the product undistorted anywhere in the frame);
    `aim_z` the height at which the axis crosses the plane y = 0; `aperture` the lens radius.
    """

    width: int
    height: int
    distance: float
    elevation: float
    focal: float
    axis_x: int
    axis_y: int
    aim_z: float
    aperture: float

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict that `Camera(**...)` reads back."""
        return asdict(self)

    @property
    def axes(self) -> tuple[Array, Array, Array]:
        """Unit vectors right, up and forward in world space."""
        tilt = math.radians(self.elevation)
        right = np.array([1.0, 0.0, 0.0])
        forward = np.array([0.0, math.cos(tilt), -math.sin(tilt)])
        return right, np.cross(right, forward), forward

    @property
    def position(self) -> Array:
        """Centre of the lens in world space."""
        return np.array([0.0, 0.0, self.aim_z]) - self.distance * self.axes[2]

    @property
    def eye(self) -> tuple[float, float, float]:
        """The same as plain numbers."""
        x, y, z = (float(value) for value in self.position)
        return x, y, z

    @property
    def pixels_per_unit(self) -> float:
        """Pixels that one decimetre takes on the plane through the aim point."""
        return self.focal / self.distance

    def soft_scale(self, share: float) -> float:
        """Return the scale for what is soft: `share` of the frame, less of a large one."""
        return share * min(1.0, math.sqrt(COMMON_PIXELS / (self.width * self.height)))

    def rays(self, pixels: Array) -> Array:
        """Directions (n, 3) through pixel positions (n, 2); forward component is 1."""
        right, up, forward = self.axes
        across = (pixels[:, :1] - self.axis_x) / self.focal
        down = (pixels[:, 1:2] - self.axis_y) / self.focal
        directions: Array = forward + across * right - down * up
        return directions

    def project(self, points: Array) -> Array:
        """Pixel positions (n, 2) of world points (n, 3)."""
        right, up, forward = self.axes
        offsets = points - self.position
        depth = offsets @ forward
        x = self.axis_x + self.focal * (offsets @ right) / depth
        y = self.axis_y - self.focal * (offsets @ up) / depth
        return np.stack([x, y], axis=1)

    def on_ground(self, pixels: Array, height: float = 0.0) -> Array:
        """World points (n, 3) where the pixels (n, 2) see the plane z = `height`."""
        rays = self.rays(pixels)
        reach = (height - self.position[2]) / rays[:, 2]
        points: Array = self.position + rays * reach[:, None]
        return points

    def at_depth(self, pixels: Array, depth: float) -> Array:
        """World points (n, 3) seen by the pixels at `depth` along the optical axis."""
        return self.position + self.rays(pixels) * depth


def aimed_camera(
    *,
    frame: Box,
    contact: tuple[float, float],
    pixels_per_unit: float,
    elevation: float,
    distance: float,
    aperture: float,
) -> Camera:
    """Return the camera that sees the origin at pixel `contact` with that scale there.

    The optical axis goes through the column of the contact and the row half-way between it and
    the frame's middle, so that verticals stay upright near the product.
    """
    axis_x = _on_grid(contact[0])
    axis_y = _on_grid((contact[1] + frame.height / 2) / 2)
    focal = pixels_per_unit * distance
    tilt = math.radians(elevation)
    # Solve for the height where the axis crosses y = 0 so that z = 0 there is seen at the contact.
    rise = (contact[1] - axis_y) / focal
    aim_z = distance * rise / (math.cos(tilt) - rise * math.sin(tilt))
    return Camera(
        frame.width,
        frame.height,
        distance,
        elevation,
        focal,
        axis_x,
        axis_y,
        aim_z,
        aperture,
    )


def _on_grid(value: float) -> int:
    return round(value / SHIFT_GRID) * SHIFT_GRID


def sensor(
    camera: Camera,
    *,
    scale: float,
    crop: Box | None,
    pinhole: bool = False,
    rows: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Return Mitsuba's description of the camera, rendering `crop` at `scale`.

    `rows` (first, end) limits it further to a band of the scaled picture's rows. Samples are
    multijittered: with four or more in a pass their noise is a fifth of independent ones'.

    `crop` is in pixels of the full frame, None for all of it. The film is centred on the optical
    axis and larger than the frame; Mitsuba's crop window cuts the frame out of it.
    """
    import mitsuba as mi

    half_w, half_h = _half_film(camera, scale, crop)
    _, _, forward = camera.axes
    position = camera.position
    lens: dict[str, Any] = {"type": "perspective"}
    if not pinhole and camera.aperture > 0:
        lens = {"type": "thinlens", "aperture_radius": camera.aperture}
        lens["focus_distance"] = camera.distance
    return lens | {
        "fov_axis": "x",
        "fov": math.degrees(2 * math.atan(half_w / (camera.focal * scale))),
        "near_clip": 0.05,
        "far_clip": 500.0,
        "to_world": mi.ScalarTransform4f().look_at(
            origin=position.tolist(), target=(position + forward).tolist(), up=[0, 0, 1]
        ),
        "film": _film(camera, scale, crop or Box(0, 0, camera.width, camera.height), rows)
        | {"width": 2 * half_w, "height": 2 * half_h},
        "sampler": {"type": "multijitter"},
    }


def _half_film(camera: Camera, scale: float, crop: Box | None) -> tuple[int, int]:
    """Return half the film's size: the farther edges, from the optical axis, of the frame and of
    a crop that reaches out of it.
    """
    left, top = min(0, crop.x if crop else 0), min(0, crop.y if crop else 0)
    right = max(camera.width, crop.right if crop else 0)
    bottom = max(camera.height, crop.bottom if crop else 0)
    half_w = math.ceil(max(camera.axis_x - left, right - camera.axis_x) * scale)
    half_h = math.ceil(max(camera.axis_y - top, bottom - camera.axis_y) * scale)
    if crop:
        # Its corner and its size are rounded apart: together up to a pixel past the exact edge.
        half_w = max(half_w, round((crop.x - camera.axis_x) * scale) + round(crop.width * scale))
        half_h = max(half_h, round((crop.y - camera.axis_y) * scale) + round(crop.height * scale))
    return half_w, half_h


def _film(camera: Camera, scale: float, crop: Box, rows: tuple[int, int] | None) -> dict[str, Any]:
    """Return the part of the film that is exposed."""
    half_w, half_h = _half_film(camera, scale, crop)
    first, end = rows or (0, max(round(crop.height * scale), 1))
    return {
        "type": "hdrfilm",
        "crop_offset_x": half_w + round((crop.x - camera.axis_x) * scale),
        "crop_offset_y": half_h + round((crop.y - camera.axis_y) * scale) + first,
        "crop_width": max(round(crop.width * scale), 1),
        "crop_height": end - first,
        "pixel_format": "rgba",
        "component_format": "float32",
        "rfilter": {"type": "box"},
    }
