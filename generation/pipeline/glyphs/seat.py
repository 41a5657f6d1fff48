"""Where the letters stand in the set when they throw their shadow, and the camera that sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.layout import Box
from generation.pipeline.studio.camera import Camera, sensor
from generation.pipeline.studio.render import render_passes
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.stage import build_scene

from .mesh import TextMesh
from .mounting import with_plate
from .plan import Lettering

Plane = NDArray[np.float32]

# Shadows are soft: a quarter of the frame's resolution is enough.
SCALE: Final = 1 / 4
# Gap between the letters' back and the wall they are mounted on, in em.
GAP: Final = 0.16
# Share of the set that must be seen close behind the letters to mount them on it.
MOUNTED: Final = 0.98
# A wall farther behind the product than this (decimetres) is scenery: nothing hangs on it.
FARTHEST_WALL: Final = 9.0
# The near plane moves by these steps, in decimetres, on a wall and afar: other copy finds the set
# without letters as it was left.
CLIP_STEP, CLIP_STEP_AFAR = 0.02, 0.1
# The level camera's film is this many frames wide and high: it must hold what the other one sees.
ROOM: Final = 4


@dataclass(frozen=True)
class Seat:
    """Where the letters stand in the set: upright, all in one plane, as their picture wants it.

    `distance` from the lens to the plane of their outlines and `clip` to the near plane just behind
    them, both along +y in decimetres; `em` is the letters' em there. `mounted`: they hang
    on a wall.
    """

    distance: float
    clip: float
    em: float
    mounted: bool


def shadow_scale(rig: Rig) -> float:
    """Return the size of the pictures in which the letters' shadow is looked for."""
    return rig.camera.soft_scale(SCALE)


def level_camera(camera: Camera) -> Camera:
    """Return the camera at the same place that looks straight along +y, its film ample."""
    width, height = ROOM * camera.width, ROOM * camera.height
    return replace(
        camera,
        width=width,
        height=height,
        distance=float(-camera.position[1]),
        elevation=0.0,
        axis_x=width // 2,
        axis_y=height // 2,
        aim_z=float(camera.position[2]),
        aperture=0.0,
    )


def seen_by(level: Camera, camera: Camera, window: Box) -> Box:
    """Return the level camera's box of a window of the other camera."""
    x, y = (window.x, window.right), (window.y, window.bottom)
    corners = level.project(camera.at_depth(np.array([(a, b) for a in x for b in y], float), 1.0))
    (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    return Box(int(left), int(top), int(right - left), int(bottom - top))


def set_depth(rig: Rig, near: dict[str, Any], level: Camera, crop: Box) -> Plane:
    """Return how far the near set is (h, w), decimetres along +y; inf for none."""
    scale = shadow_scale(rig)
    view = sensor(level, scale=scale, crop=crop, pinhole=True)
    scene = build_scene(rig, near=near) | {"sensor": view, "integrator": {"type": "depth"}}
    reach = render_passes(scene, seed=rig.seed, samples=1).radiance[..., 0]
    rows, columns = np.mgrid[: reach.shape[0], : reach.shape[1]]
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=1) + 0.5
    rays = level.rays(pixels / scale + np.array([crop.x, crop.y]))
    along = reach / np.linalg.norm(rays, axis=1).reshape(reach.shape)
    return np.where(reach > 0, along, np.inf).astype(np.float32)


def seated(lettering: Lettering, level: Camera, crop: Box, depth: Plane) -> Seat:
    """Mount the letters on the wall behind them; over an open set they stand by the product."""
    rig, placement = lettering.rig, lettering.placement
    mesh = with_sheet(lettering.mesh, lettering)
    ink = seen_by(level, rig.camera, placement.crop)
    scale = shadow_scale(rig)
    rows = _span(ink.y - crop.y, ink.height, scale)
    behind = depth[rows, _span(ink.x - crop.x, ink.width, scale)]
    wall = behind < level.distance + FARTHEST_WALL
    mounted = bool(wall.mean() >= MOUNTED)
    back = float(mesh.outline_z - mesh.vertices[:, 2].min()) + GAP
    per_em = placement.mapping.scale / rig.camera.focal
    if mounted:
        distance = float(behind[wall].min()) / (1 + back * per_em)
    else:
        distance = float(placement.to_world[1, 3] - rig.camera.position[1])
    em = distance * per_em
    clip, room = distance + em * (back - GAP / 2), em * GAP / 2
    if not mounted:
        clip = CLIP_STEP_AFAR * math.ceil(clip / CLIP_STEP_AFAR)
    elif room > CLIP_STEP:  # still behind the letters
        clip = CLIP_STEP * math.floor(clip / CLIP_STEP)
    return Seat(distance, clip, em, mounted)


def _span(start: int, length: int, scale: float) -> slice:
    return slice(int(start * scale), int((start + length) * scale) + 1)


def with_sheet(mesh: TextMesh, lettering: Lettering) -> TextMesh:
    """Return the letters with the paper that they are written on, if any: it throws the shadow."""
    plate = lettering.material.plate
    return with_plate(mesh, plate, lettering.layout) if plate and plate.sheet else mesh


def stand_up(mesh: TextMesh, lettering: Lettering, seat: Seat) -> TextMesh:
    """Return the mesh in world space, every vertex moved along its own ray into the seat's plane.

    Its picture stays as it is: only the shadow learns where the letters are.
    """
    placement, lens = lettering.placement, lettering.rig.camera.position
    points = mesh.vertices @ placement.to_world[:3, :3].T + placement.to_world[:3, 3]
    rays = points - lens
    reach = seat.distance - seat.em * (mesh.vertices[:, 2] - mesh.outline_z)
    moved = lens + rays * (reach / rays[:, 1])[:, None]
    return replace(mesh, vertices=moved.astype(np.float32))
