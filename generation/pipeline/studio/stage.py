"""From a choice of style to a rig, and from a rig to Mitsuba's scene."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from generation.pipeline.catalog import FrameFormat
from generation.pipeline.errors import UnknownChoice
from generation.pipeline.layout import Box, Layout

from .camera import Camera, aimed_camera, sensor
from .guises import albedo_shapes, mitsuba_shapes, plain_shapes
from .lights import light_shapes
from .palette import Palette
from .render import MAX_DEPTH, integrator, use_variant
from .rig import Pose, Rig
from .sets import Staging, StudioSet, beach, cafe, forest, holiday, luxury, market, minimal, neon
from .shapes import Shape

SETS: Final[dict[str, StudioSet]] = {
    "market": market.SET,
    "minimal": minimal.SET,
    "luxury": luxury.SET,
    "cafe": cafe.SET,
    "holiday": holiday.SET,
    "beach": beach.SET,
    "forest": forest.SET,
    "neon": neon.SET,
}

# The product's box is this many decimetres high (or wide, for goods laid out by their width).
BOX_HEIGHT: Final = 2.6
BOX_WIDTH: Final = 3.2
# Lens to product in decimetres: about an 85 mm lens on full frame for a square picture.
LENS_DISTANCE: Final = 11.0
# Sets whose meshes and textures stay in memory, some 40 MB each: an ad's, a draft's and one more.
KEPT_SETS: Final = 3


def studio_set(style: str) -> StudioSet:
    """Return the set of a background style; raises UnknownChoice."""
    try:
        return SETS[style]
    except KeyError as missing:
        raise UnknownChoice(
            f"no set for {style!r}", field="background_style", value=style
        ) from missing


def rig_for(
    style: str,
    fmt: FrameFormat,
    layout: Layout,
    palette: Palette,
    seed: int,
    *,
    pose: Pose = "stands",
    draft: bool = False,
) -> Rig:
    """Return the rig of a style in a format: camera, lights, palette. Raises UnknownChoice.

    Depends on the layout's class (position, wide or not) and the pose, never on the very product,
    so that products share plates.
    """
    camera = camera_for(style, layout, pose)
    staging = Staging(fmt.key, layout, palette, seed, pose)
    return rig_of(style, staging, camera, draft=draft)


def rig_of(style: str, staging: Staging, camera: Camera, *, draft: bool = False) -> Rig:
    """Return the rig of a style with a camera that stands already. Raises UnknownChoice."""
    chosen = studio_set(style)
    return Rig(
        style=style,
        format=staging.format,
        seed=staging.seed,
        pose=staging.pose,
        palette=staging.palette,
        layout=staging.layout,
        camera=camera,
        lights=chosen.lights(staging),
        ambient=chosen.ambient(staging),
        draft=draft,
    )


def camera_for(style: str, layout: Layout, pose: Pose) -> Camera:
    """Return the camera by which the product stands in its box. Raises UnknownChoice."""
    chosen, box = studio_set(style), layout.product
    scale = box.width / BOX_WIDTH if layout.wide else box.height / BOX_HEIGHT
    return aimed_camera(
        frame=layout.frame,
        contact=(box.center[0], layout.ground_y),
        pixels_per_unit=scale,
        elevation=chosen.lying_elevation if pose == "lies" else chosen.elevation,
        distance=LENS_DISTANCE,
        aperture=chosen.aperture,
    )


def near_shapes(rig: Rig) -> dict[str, Shape]:
    """Return the set's near shapes; kept, because an ad's stages render them again and again.

    A window's are those of the whole.
    """
    return _unexposed_shapes(replace(rig.whole or rig, exposure=1.0))


@lru_cache(maxsize=KEPT_SETS)
def _unexposed_shapes(rig: Rig) -> dict[str, Shape]:
    use_variant()
    return studio_set(rig.style).shapes(rig)


def plain_set_shapes(rig: Rig) -> dict[str, Any]:
    """Return the near shapes matt and without textures, for ratios of the light on them."""
    use_variant()
    return plain_shapes(near_shapes(rig))


def build_albedo_scene(rig: Rig, *, scale: float = 1.0, crop: Box | None = None) -> dict[str, Any]:
    """Return the scene whose picture is the near set's albedo, depth of field included.

    Every surface shines in its own colour and one camera ray is enough: clean after a few samples,
    at a fraction of the `aov` integrator's price.
    """
    use_variant()
    return {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 1},
        "sensor": sensor(rig.camera, scale=scale, crop=crop),
        **albedo_shapes(near_shapes(rig)),
    }


def build_scene(
    rig: Rig,
    *,
    extra_shapes: dict[str, Any] | None = None,
    crop: Box | None = None,
    scale: float = 1.0,
    pinhole: bool = False,
    near: dict[str, Any] | None = None,
    max_depth: int = MAX_DEPTH,
) -> dict[str, Any]:
    """Return Mitsuba's dictionary of the set with its camera and lights, ready to load.

    `extra_shapes` (product proxy, lettering) join the set under their own keys. `crop` is in
    full-frame pixels, `scale` the size of the picture against the frame. `near` is the set's
    shapes where they are not its own, such as `plain_set_shapes`. The blurred backdrop is not part
    of this scene: where nothing near is hit, alpha is 0.
    """
    use_variant()
    return {
        "type": "scene",
        "integrator": integrator(max_depth),
        "sensor": sensor(rig.camera, scale=scale, crop=crop, pinhole=pinhole),
        **light_shapes(rig.lights, rig.ambient),
        **(mitsuba_shapes(near_shapes(rig)) if near is None else near),
        **(extra_shapes or {}),
    }
