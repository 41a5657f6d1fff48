"""The description of one photographed set: enough to rebuild the same camera, light and ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from generation.pipeline.layout import Box, Layout

from .camera import Array, Camera
from .lights import SoftBox
from .palette import Palette, Rgb

# Bump when a change of the sets alters pictures: cached plates of older versions are not used.
RIG_VERSION = 3

# The format of the rig whose picture holds those of all formats.
WHOLE = "whole"

Pose = Literal["stands", "lies"]


@dataclass(frozen=True, kw_only=True)
class Rig:
    """One set as it is photographed: frozen, and equal after a trip through JSON.

    `lights` and `ambient` light product, ground and lettering alike; `exposure` multiplies linear
    radiance before the tone curve; `seed` drives the props; `pose` chose the camera's height;
    a `draft` is small and rendered with few samples. `whole`, where there is one, is the rig of the
    photograph that this one's is a window of: its camera stands in the same place.
    """

    style: str
    format: str
    seed: int
    pose: Pose
    palette: Palette
    layout: Layout
    camera: Camera
    lights: tuple[SoftBox, ...]
    ambient: Rgb
    exposure: float = 1.0
    draft: bool = False
    version: int = RIG_VERSION
    whole: Rig | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict that `from_json` reads back unchanged."""
        return {
            "style": self.style,
            "format": self.format,
            "seed": self.seed,
            "pose": self.pose,
            "palette": self.palette.to_json(),
            "layout": self.layout.to_json(),
            "camera": self.camera.to_json(),
            "lights": [vars(light) for light in self.lights],
            "ambient": list(self.ambient),
            "exposure": self.exposure,
            "draft": self.draft,
            "version": self.version,
            **({"whole": self.whole.to_json()} if self.whole else {}),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Rig:
        """Rebuild a rig; raises KeyError or TypeError for something that is no rig."""
        return cls(
            **{
                **data,
                "palette": Palette(**data["palette"]),
                "layout": Layout.from_json(data["layout"]),
                "camera": Camera(**data["camera"]),
                "lights": tuple(_softbox(light) for light in data["lights"]),
                "ambient": _triple(data["ambient"]),
                "whole": cls.from_json(data["whole"]) if data.get("whole") else None,
            }
        )


def _softbox(data: dict[str, Any]) -> SoftBox:
    triples = {name: _triple(data[name]) for name in ("position", "target", "radiance")}
    return SoftBox(**{**data, **triples})


def _triple(values: list[float]) -> tuple[float, float, float]:
    first, second, third = values
    return first, second, third


def headline_frame(rig: Rig, box: Box, depth: float | None = None) -> Array:
    """Return the 4x4 matrix that places a flat mesh so that it projects on a pixel box.

    The mesh's own axes: x right, y up, z towards the camera, unit = one full-frame pixel, origin
    at the middle of `box`. It lies parallel to the film at `depth` decimetres from the lens, so
    it is not foreshortened. Without `depth` it stands just behind the product, or nearer where
    the ground would swallow its lower edge.
    """
    camera = rig.camera
    if depth is None:
        depth = min(camera.distance + BEHIND_PRODUCT, _clear_of_ground(camera, box))
    right, up, forward = camera.axes
    matrix = np.eye(4)
    scale = depth / camera.focal
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = right * scale, up * scale, -forward * scale
    matrix[:3, 3] = camera.at_depth(np.array([box.center]), depth)[0]
    return matrix


# The lettering's plane stands this many decimetres behind the product's.
BEHIND_PRODUCT = 0.4
# Lowest edge of the lettering above the ground, in decimetres.
GROUND_CLEARANCE = 0.05


def _clear_of_ground(camera: Camera, box: Box) -> float:
    """Return the largest depth at which the box's bottom edge is above the ground."""
    drop = camera.rays(np.array([[box.center[0], box.bottom]]))[0][2]
    if drop >= 0:
        return float("inf")
    return float((camera.position[2] - GROUND_CLEARANCE) / -drop)
