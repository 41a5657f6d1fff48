"""The letters' geometry as pictures: what ControlNets hold a model to.

Rendered by the camera that sees the letters, so that they lie on each other to the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.glyphs.plan import Lettering
from generation.pipeline.glyphs.scene import FLAT, letters_shape
from generation.pipeline.layout import Box
from generation.pipeline.studio.camera import sensor
from generation.pipeline.studio.render import Layers, load_scene, render_passes, use_variant

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

# Samples per pixel of depth and normals: edges need some, flats none.
SAMPLES: Final = 4
# Brightness of the letters' nearest and farthest points in the depth map; nothing is 0.
NEAREST, FARTHEST = 1.0, 0.45
# Coverage from which a pixel's depth and normal are the letters' own.
COVERED: Final = 0.5
# Coverage of a pixel that is all letter, and how far (px, sigma) its depth reaches over the edge.
WHOLE: Final = 0.99
EDGE_REACH: Final = 1.5
# Canny's thresholds (of 255) on the outline and on the normals: bevels' creases, not their curves.
OUTLINE_EDGES: Final = (80, 160)
CREASE_EDGES: Final = (60, 120)
# A normal that faces the viewer, as a colour: what a normal map shows where there is nothing.
FACING: Final = (128, 128, 255)


@dataclass(frozen=True)
class Maps:
    """The letters in a window of the frame, all (H, W, 3) uint8.

    `depth`: near is bright, nothing is black. `normal`: camera space, x right in red, y up in
    green, towards the viewer in blue. `canny`: white lines at outlines and creases.
    """

    depth: Picture
    normal: Picture
    canny: Picture

    def of_kind(self, name: str) -> Picture:
        """Return the map that a ControlNet of this catalogue key wants. Raises KeyError."""
        for kind in ("depth", "normal", "canny"):
            if kind in name:
                return np.asarray(getattr(self, kind), np.uint8)
        raise KeyError(name)


def letter_maps(lettering: Lettering, window: Box, seed: int) -> Maps:
    """Return the maps of the letters in a window of the frame."""
    layers = _guides(lettering, window, seed)
    covered = layers.alpha >= COVERED
    normal = _normals(layers, lettering, covered)
    return Maps(
        depth=_grey(_nearness(layers, covered)),
        normal=normal,
        canny=_lines(layers.alpha, normal),
    )


def _guides(lettering: Lettering, window: Box, seed: int) -> Layers:
    use_variant()
    rig = lettering.rig
    view = sensor(rig.camera, scale=1.0, crop=window, pinhole=True)
    scene: dict[str, Any] = {
        "type": "scene",
        "integrator": {"type": "depth"},
        "sensor": view | {"sampler": {"type": "multijitter", "sample_count": SAMPLES}},
        "letters": letters_shape(lettering.mesh, FLAT, lettering.placement.to_world),
    }
    return render_passes(
        load_scene(scene),
        seed=seed,
        samples=SAMPLES,
        samples_per_pass=SAMPLES,
        guide_samples=SAMPLES,
    )


def _nearness(layers: Layers, covered: NDArray[np.bool_]) -> Plane:
    """Return 0 where nothing is, FARTHEST..NEAREST on the letters."""
    solid = layers.alpha >= WHOLE
    if not solid.any():
        return np.zeros(layers.alpha.shape, np.float32)
    low, high = (float(edge) for edge in np.percentile(layers.depth[solid], (1, 99)))
    share = np.clip((high - layers.depth) / max(high - low, 1e-6), 0, 1)
    near = np.where(solid, FARTHEST + (NEAREST - FARTHEST) * share, 0).astype(np.float32)
    # An edge pixel's mean depth counts its empty samples as 0; it takes its neighbours'.
    weight = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), EDGE_REACH)
    carried = cv2.GaussianBlur(near, (0, 0), EDGE_REACH) / np.maximum(weight, 1e-3)
    near[covered & ~solid] = carried[covered & ~solid]
    return np.clip(near, 0, 1)


def _normals(layers: Layers, lettering: Lettering, covered: NDArray[np.bool_]) -> Picture:
    axes = np.stack([axis * sign for axis, sign in _viewer(lettering)])
    seen = layers.normal @ axes.T.astype(np.float32)
    seen = seen / np.maximum(np.linalg.norm(seen, axis=2, keepdims=True), 1e-6)
    colours = np.clip(np.round(127.5 + 127.5 * seen), 0, 255).astype(np.uint8)
    colours[~covered] = FACING
    return np.asarray(colours, np.uint8)


def _viewer(lettering: Lettering) -> list[tuple[NDArray[np.float64], float]]:
    """Return the camera's right, up and backward axes with their signs."""
    right, up, forward = lettering.rig.camera.axes
    return [(right, 1.0), (up, 1.0), (forward, -1.0)]


def _lines(alpha: Plane, normal: Picture) -> Picture:
    outline = cv2.Canny(_grey(alpha)[..., 0], *OUTLINE_EDGES)
    creases = [cv2.Canny(cv2.medianBlur(part, 3), *CREASE_EDGES) for part in cv2.split(normal)]
    lines = np.maximum.reduce([outline, *creases])
    return np.repeat(lines[..., None], 3, axis=2)


def _grey(plane: Plane) -> Picture:
    values = np.clip(np.round(plane * 255), 0, 255).astype(np.uint8)
    return np.repeat(values[..., None], 3, axis=2)
