"""What belongs behind the letters: a board in their shape, and the picture seen through glass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from generation.pipeline.studio.camera import Camera
from generation.pipeline.studio.materials import Setting
from generation.pipeline.studio.materials.material import Plate, Rgb
from generation.pipeline.studio.materials.profile import Bevel
from generation.pipeline.studio.rig import Rig

from .bevel import bevelled
from .field import distance_field
from .layer import undeveloped
from .mesh import TextMesh
from .paper import torn_sheet
from .scene import Placement, letters_shape
from .shaping import TextLayout

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

# Field samples per em of the board: its outline is soft.
PLATE_DETAIL: Final = 64
# Reach of the bevel on the board's edge, in em: the line of light that draws it on a dark set.
PLATE_EDGE: Final = 0.014
# How far behind the letters' plane the picture hangs, in em: glass bends it a little.
CARD_BEHIND: Final = 0.9
# The picture goes on beyond the frame by this share of it, for rays that glass bends outwards.
CARD_BORDER: Final = 0.25
# Columns of the picture on the card: through glass nothing is sharp.
CARD_WIDTH: Final = 540


def plate_shape(
    plate: Plate, layout: TextLayout, mesh: TextMesh, placement: Placement, setting: Setting
) -> Any:
    """Return the board behind the letters as a Mitsuba shape."""
    board = plate_mesh(plate, layout, mesh)
    painted = plate.paint(board, setting) if plate.paint else {}
    return letters_shape(board, plate.surface(setting), placement.to_world, painted=painted)


def plate_mesh(plate: Plate, layout: TextLayout, mesh: TextMesh) -> TextMesh:
    """Return the board behind the letters' `mesh`, in the same space."""
    if plate.sheet:
        board, field = torn_sheet(mesh, plate.margin, plate.depth)
    else:
        field = distance_field(layout, PLATE_DETAIL, room=plate.margin)
        field = replace(field, distance=field.distance + np.float32(plate.margin))
        board = bevelled(field, layout, Bevel(plate.depth, PLATE_EDGE))
    vertices = board.vertices.copy()
    vertices[:, 2] += float(mesh.vertices[:, 2].min()) - plate.gap
    return replace(
        mesh,
        vertices=vertices,
        normals=board.normals,
        faces=board.faces,
        front=board.front,
        plane=field,
    )


def with_plate(mesh: TextMesh, plate: Plate | None, layout: TextLayout) -> TextMesh:
    """Return the letters and their board as one mesh: what throws a shadow."""
    if plate is None:
        return mesh
    board = plate_mesh(plate, layout, mesh)
    return replace(
        mesh,
        vertices=np.concatenate([mesh.vertices, board.vertices]),
        normals=np.concatenate([mesh.normals, board.normals]),
        faces=np.concatenate([mesh.faces, board.faces + np.int32(len(mesh.vertices))]),
        front=np.concatenate([mesh.front, board.front]),
    )


def card_shape(
    backdrop: Picture, rig: Rig, placement: Placement, gain: Rgb, lift: Rgb
) -> dict[str, Any]:
    """Return stage 1's picture (H, W, 3) sRGB as a glowing card behind the letters.

    Its linear light is changed by `gain` and `lift`: a photographer's card behind glass.
    """
    import mitsuba as mi

    camera = rig.camera
    away = camera.axes[2]
    depth = float((placement.to_world[:3, 3] - camera.position) @ away)
    em = float(np.linalg.norm(placement.to_world[:3, 0]))
    shown = _bordered(backdrop) * np.array(gain, np.float32) + np.array(lift, np.float32)
    return {
        "type": "rectangle",
        "to_world": mi.ScalarTransform4f(_spread(camera, depth + CARD_BEHIND * em).tolist()),
        "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}},
        "emitter": {
            "type": "area",
            "radiance": {
                "type": "bitmap",
                "bitmap": mi.Bitmap(shown / np.float32(rig.exposure)),
                "raw": True,
                "wrap_mode": "clamp",
            },
        },
    }


def _spread(camera: Camera, depth: float) -> Floats:
    """Return the matrix that takes the square -1..1 to the frame and its border at `depth`."""
    right, up, forward = camera.axes
    middle = camera.at_depth(np.array([[camera.width / 2, camera.height / 2]]), depth)[0]
    scale = (0.5 + CARD_BORDER) * depth / camera.focal
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1] = right * scale * camera.width, up * scale * camera.height
    matrix[:3, 2], matrix[:3, 3] = -forward, middle
    return matrix


def _bordered(backdrop: Picture) -> npt.NDArray[np.float32]:
    scale = CARD_WIDTH / backdrop.shape[1]
    small = cv2.resize(backdrop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x, y = (round(CARD_BORDER * side) for side in (small.shape[1], small.shape[0]))
    wide = cv2.copyMakeBorder(small, y, y, x, x, cv2.BORDER_REPLICATE)
    return undeveloped(wide)
