"""What the letters do to the set's light: the shadow they throw and the colour they return.

Differential rendering as for the product (after Debevec, "Rendering synthetic objects into real
scenes", 1998): the set with and without the letters, same noise, low resolution. It is seen by a
level camera at the lens's place whose near plane lies between the letters and the wall, so that the
letters hide nothing; its picture is then turned into the set's camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.beside import Beside
from generation.pipeline.layout import Box
from generation.pipeline.studio.camera import Camera, sensor
from generation.pipeline.studio.materials.material import rgb
from generation.pipeline.studio.plates import kept_picture
from generation.pipeline.studio.render import (
    Image,
    Layers,
    denoise,
    render_passes,
    samples_of_pass,
    use_variant,
)
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.stage import build_scene, plain_set_shapes
from generation.pipeline.studio.thrift import light_samples

from .field import coarser
from .mesh import TextMesh, mesh_on
from .plan import Lettering
from .scene import letters_shape
from .seat import (
    Seat,
    level_camera,
    seated,
    seen_by,
    set_depth,
    shadow_scale,
    stand_up,
    with_sheet,
)

Plane = NDArray[np.float32]
Floats = NDArray[np.float64]

# What a ratio of 1.0 is stored as in 16 bits.
HALF: Final = 32767.5
SAMPLES: Final = 8
PASSES: Final = 2
# Shadows are soft: three bounces are enough.
BOUNCES: Final = 3
# Field samples per em of the mesh that throws the shadow.
DETAIL: Final = 40
# How far the shadow is looked for around the headline's box, in em: the key stands up on the left.
REACH_LEFT, REACH_RIGHT, REACH_UP, REACH_DOWN = 1.0, 2.0, 0.8, 2.0
# The window grows by this step, in headline heights: other copy finds the set without letters as it
# was left.
EM_STEP: Final = 1 / 8
# Radiance below which the ratio is not trusted: deep blacks stay as they are.
DARKEST: Final = 0.004
# Limits of the ratio, and the change below which it is noise.
DEEPEST, BRIGHTEST, UNSEEN = 0.12, 1.4, 0.012
# The same limit for letters that shine.
SHINING: Final = 24.0
# Shadows are lightened by this power: the letters' own studio, which lights them, fills them too.
FILL: Final = 0.7
# Blur of the ratio in its own pixels, on a wall and on a far, textured ground; fade to 1 at its
# window's edges, as a share of the window, and, in its own pixels, where something stands before
# the letters.
SMOOTHING, SMOOTHING_AFAR = 0.8, 6.0
FEATHER: Final = 0.12
SOFT_END: Final = 5.0


def cast_light(
    lettering: Lettering, on_pass: Callable[[int, int], None], *, cache_dir: Path | None = None
) -> Image:
    """Return the factor (height, width, 3) by which the letters change the set's light.

    Linear, 1 where nothing changes. `on_pass` is told (done, total) and may raise. The set without
    letters is kept in `cache_dir`.
    """
    use_variant()
    rig = lettering.rig
    level, window = level_camera(rig.camera), shadow_window(lettering)
    crop = seen_by(level, rig.camera, window)
    with Beside() as beside:
        built = beside.begin(_coarse_mesh, lettering)
        near = plain_set_shapes(rig)
        depth = set_depth(rig, near, level, crop)
        mesh = built.result()
    seat = seated(lettering, level, crop, depth)
    upright = stand_up(mesh, lettering, seat)
    letters = letters_shape(upright, _matt(lettering), np.eye(4), emission=_emission(lettering))
    view = sensor(level, scale=shadow_scale(rig), crop=crop, pinhole=True)
    view["near_clip"] = seat.clip
    with_letters = _picture(rig, view, near | {"letters": letters}, _counted(0, on_pass))
    without = kept_picture(
        rig,
        _facts(crop, seat.clip, light_samples(rig, SAMPLES)),
        cache_dir,
        lambda: _picture(rig, view, near, _counted(PASSES, on_pass)),
    )
    ratio = ((with_letters + DARKEST) / (without + DARKEST)) ** np.float32(FILL)
    turned = _turned(_calm(ratio, depth, seat), level, crop, rig, window)
    brightest = SHINING if _emission(lettering) else BRIGHTEST
    return _in_frame(turned, rig.layout.frame, window, brightest)


def _coarse_mesh(lettering: Lettering) -> TextMesh:
    """Return what throws the shadow: the letters, and the sheet that they are written on."""
    mesh = lettering.mesh
    field = coarser(mesh.plane, DETAIL)
    fewer = mesh_on(field, lettering.layout, lettering.material.profile, swell=mesh.swell)
    return with_sheet(fewer, lettering)


def _calm(ratio: Image, depth: Plane, seat: Seat) -> Image:
    """Return the ratio without noise, 1 where something of the set stands before the letters."""
    before = cv2.dilate((depth <= seat.clip).astype(np.float32), np.ones((5, 5)))
    open_set = 1 - cv2.GaussianBlur(before, (0, 0), SOFT_END)
    blur = SMOOTHING if seat.mounted else SMOOTHING_AFAR
    calm = cv2.GaussianBlur(1 + (ratio - 1) * open_set[..., None], (0, 0), blur)
    return np.asarray(calm, np.float32)


def _facts(crop: Box, clip: float, samples: int) -> str:
    """Name the picture of the set without letters by all that is in it besides the rig."""
    return f"unlettered-{crop.x}-{crop.y}-{crop.width}-{crop.height}-{clip:.4f}-{samples}-{PASSES}"


def save_light(ratio: Image, path: Path) -> None:
    """Write a ratio (H, W, 3) as 16-bit RGB PNG in which 1.0 is half of the range."""
    stored = np.round(np.clip(ratio * np.float32(HALF), 0, 2 * HALF)).astype(np.uint16)
    cv2.imwrite(
        str(path), stored[..., ::-1], [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    )


def _picture(
    rig: Rig, view: dict[str, Any], shapes: dict[str, Any], on_pass: Callable[..., None]
) -> Image:
    scene = build_scene(rig, near=shapes, max_depth=BOUNCES) | {"sensor": view}
    samples = light_samples(rig, SAMPLES)
    layers = render_passes(
        scene,
        seed=rig.seed,
        samples=samples,
        samples_per_pass=samples_of_pass(samples, PASSES),
        on_pass=on_pass,
    )
    return denoise(layers.radiance, fast=True) * np.float32(rig.exposure)


def _counted(
    before: int, on_pass: Callable[[int, int], None]
) -> Callable[[int, int, Layers], None]:
    return lambda done, _total, _layers: on_pass(before + done, 2 * PASSES)


def shadow_window(lettering: Lettering) -> Box:
    """Return the part of the frame that the shadow of such letters in the headline may reach."""
    layout = lettering.rig.layout
    frame, box, step = layout.frame, layout.headline, EM_STEP * layout.headline.height
    em = step * math.ceil(lettering.placement.mapping.scale / step)
    left = max(0, round(box.x - REACH_LEFT * em))
    top = max(0, round(box.y - REACH_UP * em))
    right = min(frame.width, round(box.right + REACH_RIGHT * em))
    bottom = min(frame.height, round(box.bottom + REACH_DOWN * em))
    return Box(left, top, right - left, bottom - top)


def _matt(lettering: Lettering) -> dict[str, Any]:
    """Return the surface as the set sees it: its colour, without caustics."""
    return {"type": "diffuse", "reflectance": rgb(*lettering.material.tone(lettering.setting()))}


def _emission(lettering: Lettering) -> dict[str, Any] | None:
    """Return the radiance of letters that light the set."""
    glow = lettering.material.glow
    if glow is None or glow.spill == 0:
        return None
    strength = glow.spill / lettering.rig.exposure
    red, green, blue = glow.colour(lettering.setting())
    return rgb(strength * red, strength * green, strength * blue)


def _turned(ratio: Image, level: Camera, crop: Box, rig: Rig, window: Box) -> Image:
    """Return the level camera's picture as the set's camera sees it, as small as it was taken."""
    camera, scale = rig.camera, shadow_scale(rig)
    height, width = (max(round(side * scale), 1) for side in (window.height, window.width))
    rows, columns = np.mgrid[:height, :width]
    pixels = (np.stack([columns.ravel(), rows.ravel()], axis=1) + 0.5) / scale
    seen = level.project(camera.at_depth(pixels + np.array([window.x, window.y]), 1.0))
    places = ((seen - np.array([crop.x, crop.y])) * scale - 0.5).astype(np.float32)
    x, y = (np.ascontiguousarray(part).reshape(height, width) for part in places.T)
    turned = cv2.remap(ratio, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.float32)


def _in_frame(ratio: Image, frame: Box, window: Box, brightest: float) -> Image:
    """Drop what is noise, fade at the window's inner edges, enlarge, put in the frame."""
    change = ratio - 1
    change = np.sign(change) * np.maximum(np.abs(change) - UNSEEN, 0)
    faded = 1 + change * _feather(ratio.shape[:2], frame, window)[..., None]
    enlarged = cv2.resize(faded, (window.width, window.height), interpolation=cv2.INTER_CUBIC)
    full = np.ones((frame.height, frame.width, 3), np.float32)
    full[window.y : window.bottom, window.x : window.right] = np.clip(enlarged, DEEPEST, brightest)
    return full


def _feather(shape: tuple[int, ...], frame: Box, window: Box) -> Plane:
    """Return 1 inside, falling to 0 at the window's edges that are not the frame's."""
    inner = (
        (window.y > 0, window.bottom < frame.height),
        (window.x > 0, window.right < frame.width),
    )
    ramps = []
    for length, (first, last) in zip(shape, inner, strict=True):
        place = np.arange(length, dtype=np.float32) + 0.5
        fade = max(FEATHER * length, 1.0)
        ramp = np.minimum(place / fade if first else 1.0, (length - place) / fade if last else 1.0)
        ramps.append(np.minimum(ramp, 1.0) * np.ones(length, np.float32))
    edge = ramps[0][:, None] * ramps[1][None, :]
    return np.asarray(edge * edge * (3 - 2 * edge), np.float32)
