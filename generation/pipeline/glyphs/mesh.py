"""Distance field -> mesh: letters blown up like foil balloons, or sawn with a bevelled edge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from generation.pipeline.studio.materials.profile import Bevel, Cushion, Profile

from .bevel import bevelled
from .cushion import inflated
from .field import DistanceField, distance_field
from .marching import Solid, sample, slopes, unit
from .round import rounded
from .shaping import TextLayout

Floats = npt.NDArray[np.float32]
Triangles = npt.NDArray[np.int32]

# Field samples per em: what an em of 60-600 px needs, and no more than memory and time allow.
LEAST_DETAIL: Final = 56
MOST_DETAIL: Final = 160
SAMPLES_IN_ALL: Final = 150_000
# The same for a draft, which is less than half as wide.
DRAFT_SAMPLES_IN_ALL: Final = 40_000

# Width (em) over which the direction of a stroke is averaged: about a stroke.
STROKE: Final = 0.035

# Which way a mesh's faces turn is seen by one in so many.
TRIED_FACE: Final = 101


@dataclass(frozen=True)
class TextMesh:
    """A triangle mesh, 1 unit = 1 em: x right, y up, z to the viewer, block centred on x, y.

    `vertices`, `normals` float32 (N, 3); `faces` int32 (M, 3), counter-clockwise from outside;
    `front` float32 (N,): 1 on what faces the viewer inside the outline, 0 on sides and back;
    `plane` the distance to the outline. `outline_z` is the height at which the silhouette equals
    the swollen outline, `swell` is what the field was swollen by. Solid letters are open at their
    back, which nobody sees; what light passes through is closed.
    """

    vertices: Floats
    normals: Floats
    faces: Triangles
    front: Floats
    plane: DistanceField
    outline_z: float
    swell: float = 0.0

    @property
    def inset(self) -> Floats:
        """Distance (N,) to the outline, in em; 0 outside it."""
        return np.maximum(sample(self.plane.distance, self.plane, self.vertices), 0)

    @property
    def along(self) -> Floats:
        """Unit direction (N, 2) of the stroke, sign arbitrary."""
        return _along(self.plane, self.vertices)

    @property
    def outward(self) -> Floats:
        """Unit direction (N, 2) to the nearest outline."""
        return _outward(self.plane, self.vertices)

    @property
    def width(self) -> float:
        """Extent in x, in em."""
        return float(np.ptp(self.vertices[:, 0]))

    @property
    def height(self) -> float:
        """Extent in y, in em."""
        return float(np.ptp(self.vertices[:, 1]))

    @property
    def depth(self) -> float:
        """Extent in z, in em."""
        return float(np.ptp(self.vertices[:, 2]))


def front_of(mesh: TextMesh) -> TextMesh:
    """Return the part of the mesh that faces the viewer inside the outline."""
    faces = mesh.faces[(mesh.front > 0)[mesh.faces].any(axis=1)]
    used = np.zeros(len(mesh.vertices), bool)
    used[faces.ravel()] = True
    number = np.cumsum(used, dtype=np.int32) - 1
    return replace(
        mesh,
        vertices=mesh.vertices[used],
        normals=mesh.normals[used],
        faces=number[faces],
        front=mesh.front[used],
    )


def build_mesh(
    layout: TextLayout,
    profile: Profile,
    *,
    swell: float,
    detail: float | None = None,
    draft: bool = False,
) -> TextMesh:
    """Build the mesh: fields in the plane, marching cubes on their extrusion.

    `swell` (em) is by how much strokes are widened on each side where there is room; `detail` the
    field's samples per em, as many as the picture, or a `draft` of it, needs unless given.
    """
    if detail is None:
        area = (layout.width + 0.1) * (layout.height + 0.1)
        samples = DRAFT_SAMPLES_IN_ALL if draft else SAMPLES_IN_ALL
        detail = float(np.clip(np.sqrt(samples / area), LEAST_DETAIL, MOST_DETAIL))
    return mesh_on(distance_field(layout, detail, swell), layout, profile, swell=swell)


def mesh_on(
    field: DistanceField, layout: TextLayout, profile: Profile, *, swell: float
) -> TextMesh:
    """Build the mesh on the field of the layout, swollen by `swell` em."""
    if isinstance(profile, Bevel):
        solid = bevelled(field, layout, profile)
    elif isinstance(profile, Cushion):
        solid = inflated(field, profile)
    else:
        solid = rounded(field, layout, profile)
    return _mesh(solid, field, swell)


def _mesh(solid: Solid, field: DistanceField, swell: float) -> TextMesh:
    """Make the faces' turn agree with the normals."""
    vertices, normals, faces = solid.vertices, solid.normals, solid.faces
    tried = faces[::TRIED_FACE]
    a, b, c = (vertices[tried[:, k]] for k in range(3))
    agreeing = np.einsum("ij,ij->i", np.cross(b - a, c - a), normals[tried].sum(axis=1)).sum()
    turned = faces if agreeing >= 0 else np.ascontiguousarray(faces[:, ::-1])
    return TextMesh(vertices, normals, turned, solid.front, field, solid.outline_z, swell)


def _along(field: DistanceField, vertices: Floats) -> Floats:
    """Return the direction in which the distance changes least near each vertex: the stroke's.

    From the doubled angle of the slope, averaged over a stroke's width, so that both flanks of a
    stroke agree.
    """
    across, down = slopes(field.distance, field.step)
    sigma = STROKE / field.step
    cosine, sine = (
        cv2.GaussianBlur(part, (0, 0), sigma)
        for part in (across * across - down * down, 2 * across * down)
    )
    angle = np.arctan2(sample(sine, field, vertices), sample(cosine, field, vertices)) / 2
    return np.column_stack([-np.sin(angle), np.cos(angle)]).astype(np.float32)


def _outward(field: DistanceField, vertices: Floats) -> Floats:
    across, down = (sample(part, field, vertices) for part in slopes(field.distance, field.step))
    return unit(-across, -down, np.zeros_like(across))[:, :2]
