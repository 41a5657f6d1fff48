"""A set's near shapes as Mitsuba takes them: as they are, in their colours alone, or plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from .shapes import Mesh, Shape, two_sided

# Linear colour of textured things in a plain set.
PLAIN: Final = (0.4, 0.4, 0.4)


def mitsuba_shapes(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Return the shapes as Mitsuba takes them."""
    return {
        name: shape.to_mitsuba() if isinstance(shape, Mesh) else shape
        for name, shape in shapes.items()
    }


def albedo_shapes(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Return the shapes shining in their own colour: a picture of them is their exact albedo."""
    glowing: dict[str, Any] = {}
    for name, shape in shapes.items():
        if isinstance(shape, Mesh):
            glowing[name] = shape.to_mitsuba(glow=base_colour(shape.bsdf))
        else:
            bare = {key: value for key, value in shape.items() if key != "bsdf"}
            glow = {"type": "area", "radiance": base_colour(shape["bsdf"])}
            glowing[name] = bare | {"emitter": glow}
    return glowing


def plain_shapes(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Return the shapes matt and without textures: what light falls on them is seen by itself."""
    plain: dict[str, Any] = {}
    for name, shape in shapes.items():
        bsdf = shape.bsdf if isinstance(shape, Mesh) else shape["bsdf"]
        colour = base_colour(bsdf)
        own = colour if colour["type"] == "rgb" else {"type": "rgb", "value": list(PLAIN)}
        surface = two_sided({"type": "diffuse", "reflectance": own})
        if isinstance(shape, Mesh):
            plain[name] = replace(shape, bsdf=surface).to_mitsuba()
        else:
            plain[name] = shape | {"bsdf": surface}
    return plain


def base_colour(bsdf: dict[str, Any]) -> dict[str, Any]:
    """Return the texture or colour at the bottom of a surface's description; grey for metals."""
    for key in ("base_color", "reflectance", "diffuse_reflectance"):
        if key in bsdf:
            return cast("dict[str, Any]", bsdf[key])
    for inner in bsdf.values():
        if isinstance(inner, dict) and inner.get("type") != "bitmap":
            return base_colour(inner)
    return {"type": "rgb", "value": [0.8, 0.8, 0.8]}
