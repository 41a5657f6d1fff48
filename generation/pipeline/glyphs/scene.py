"""The lettering as a Mitsuba scene: its mesh in the set's space, its light, its crop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from generation.pipeline.layout import Box
from generation.pipeline.studio.camera import sensor
from generation.pipeline.studio.materials import Material, Setting
from generation.pipeline.studio.materials.material import Glow
from generation.pipeline.studio.render import use_variant
from generation.pipeline.studio.rig import Rig, headline_frame

from .mesh import TextMesh, front_of
from .surroundings import surroundings
from .verify import EmToPixel

Floats = npt.NDArray[np.float64]

# Pixels kept round the ink: the crop's edge must show no letter.
CROP_MARGIN: Final = 6

# Strength of the set's own lights against the letters' studio, whose radiances assume exposure 1.
SET_LIGHT: Final = 0.35


# Any surface: only coverage is looked at.
FLAT: Final = {"type": "diffuse"}


@dataclass(frozen=True)
class Placement:
    """Where the lettering stands: the block's place in the frame and the crop that holds it.

    `mapping` takes the outlines' em plane to full-frame pixels; `crop` is in full-frame pixels.
    """

    mapping: EmToPixel
    crop: Box
    to_world: Floats


def place(mesh: TextMesh, rig: Rig, headline: Box, margin: float = 0.0) -> Placement:
    """Fit the mesh, `margin` em wider all round, into the headline's box, parallel to the film."""
    width, height = mesh.width + 2 * margin, mesh.height + 2 * margin
    scale = min(headline.width / width, headline.height / height)
    half_width, half_height = scale * width / 2, scale * height / 2
    x, y = headline.center
    if rig.layout.align == "left":
        x = headline.x + half_width
    middle = (round(x), round(y))
    ink = _around(middle, half_width, half_height)
    frame = headline_frame(rig, ink)
    em = np.diag([scale, scale, scale, 1.0])
    em[2, 3] = -scale * mesh.outline_z
    mapping = EmToPixel(scale=scale, x0=float(middle[0]), y0=float(middle[1]))
    crop = _around(middle, half_width + CROP_MARGIN, half_height + CROP_MARGIN)
    return Placement(mapping, inside(crop, rig.camera.width, rig.camera.height), frame @ em)


def _around(middle: tuple[int, int], half_width: float, half_height: float) -> Box:
    across, down = int(np.ceil(half_width)), int(np.ceil(half_height))
    return Box(middle[0] - across, middle[1] - down, 2 * across, 2 * down)


def inside(box: Box, width: int, height: int) -> Box:
    """Return the part of the box that lies in a frame of that size."""
    left, top = max(box.x, 0), max(box.y, 0)
    return Box(left, top, min(box.right, width) - left, min(box.bottom, height) - top)


def lettering_scene(
    mesh: TextMesh,
    material: Material,
    rig: Rig,
    placement: Placement,
    setting: Setting,
    *,
    samples_per_pass: int,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return Mitsuba's dictionary of the letters alone, in the set's light, seen by its camera.

    `extra` shapes (plate, card) join them. Letters mirror each other: with their light cut off
    after the first mirror, folds and gaps go black. Two more bounces cost a third more time and
    make them amber, or grey.
    """
    use_variant()
    view = sensor(rig.camera, scale=1.0, crop=placement.crop, pinhole=True)
    return {
        "type": "scene",
        "integrator": {
            "type": "path",
            "max_depth": material.path_depth,
            "hide_emitters": True,
        },
        "sensor": view | {"sampler": {"type": "multijitter", "sample_count": samples_per_pass}},
        "studio": _environment(material, rig, setting),
        **_set_lights(rig),
        "letters": letters_shape(
            mesh,
            material.surface(setting),
            placement.to_world,
            painted=material.paint(mesh, setting) if material.paint else {},
            two_sided=material.two_sided,
        ),
        **(extra or {}),
    }


def shine_scene(
    mesh: TextMesh,
    glow: Glow,
    rig: Rig,
    placement: Placement,
    setting: Setting,
    *,
    samples_per_pass: int,
) -> dict[str, Any]:
    """Return the scene of the letters' own light alone; it adds to what falls on them."""
    use_variant()
    view = sensor(rig.camera, scale=1.0, crop=placement.crop, pinhole=True)
    shine = glow.shine(mesh, setting) / np.float32(rig.exposure)
    return {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 1},
        "sensor": view | {"sampler": {"type": "multijitter", "sample_count": samples_per_pass}},
        "letters": letters_shape(
            mesh,
            {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}},
            placement.to_world,
            painted={"vertex_shine": shine},
            emission={"type": "mesh_attribute", "name": "vertex_shine"},
            two_sided=False,
        ),
    }


def front_scene(mesh: TextMesh, rig: Rig, placement: Placement, samples: int) -> dict[str, Any]:
    """Return the scene of the letters' front alone: its alpha is what the proof reads.

    The sides of deep letters fill the gaps between strokes in the whole alpha, and with them the
    difference between two syllables.
    """
    use_variant()
    view = sensor(rig.camera, scale=1.0, crop=placement.crop, pinhole=True)
    return {
        "type": "scene",
        "integrator": {"type": "depth"},
        "sensor": view | {"sampler": {"type": "multijitter", "sample_count": samples}},
        "front": letters_shape(front_of(mesh), FLAT, placement.to_world),
    }


def _environment(material: Material, rig: Rig, setting: Setting) -> dict[str, Any]:
    import mitsuba as mi

    right, up, forward = rig.camera.axes
    turn = np.eye(4)
    turn[:3, 0], turn[:3, 1], turn[:3, 2] = right, up, -forward
    radiance = surroundings(material.mirrored, setting) / np.float32(rig.exposure)
    return {
        "type": "envmap",
        "bitmap": mi.Bitmap(radiance),
        "to_world": mi.ScalarTransform4f(turn.tolist()),
    }


def _set_lights(rig: Rig) -> dict[str, Any]:
    dimmed = [
        replace(light, radiance=(SET_LIGHT * red, SET_LIGHT * green, SET_LIGHT * blue))
        for light in rig.lights
        for red, green, blue in [light.radiance]
    ]
    return {f"light_{index}": light.to_shape() for index, light in enumerate(dimmed)}


def letters_shape(
    mesh: TextMesh,
    surface: Mapping[str, Any],
    to_world: Floats,
    *,
    painted: Mapping[str, npt.NDArray[np.float32]] | None = None,
    two_sided: bool = True,
    emission: Mapping[str, Any] | None = None,
) -> Any:
    """Return the mesh as a Mitsuba shape in world space.

    `painted` is what a material's `paint` returned; `two_sided` puts the BSDF on both sides;
    `emission` is the radiance it shines with.
    """
    import mitsuba as mi

    properties = mi.Properties()
    bsdf = {"type": "twosided", "inner": dict(surface)} if two_sided else dict(surface)
    properties["bsdf"] = mi.load_dict(bsdf)
    if emission:
        properties["emitter"] = mi.load_dict({"type": "area", "radiance": dict(emission)})
    shape = mi.Mesh(
        "letters",
        len(mesh.vertices),
        len(mesh.faces),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    for name, values in (painted or {}).items():
        shape.add_attribute(name, values.shape[1], [0.0] * values.size)
    _fill(mi.traverse(shape), mesh, to_world, painted or {})
    return shape


def _fill(
    parameters: Any,
    mesh: TextMesh,
    to_world: Floats,
    painted: Mapping[str, npt.NDArray[np.float32]],
) -> None:
    """Write the mesh and its paint into a shape's parameters, in world space."""
    rotation = to_world[:3, :3] / np.linalg.norm(to_world[:3, 0])
    points = mesh.vertices @ to_world[:3, :3].T + to_world[:3, 3]
    parameters["vertex_positions"] = np.ravel(points).astype(np.float32)
    parameters["vertex_normals"] = np.ravel(mesh.normals @ rotation.T).astype(np.float32)
    # Unused: with normals and coordinates all meshes share one piece of compiled code.
    parameters["vertex_texcoords"] = np.zeros(2 * len(mesh.vertices), np.float32)
    parameters["faces"] = np.ravel(mesh.faces).astype(np.uint32)
    for name, values in painted.items():
        parameters[name] = np.ravel(values).astype(np.float32)
    parameters.update()
