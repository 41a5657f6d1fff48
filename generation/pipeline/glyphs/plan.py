"""What stage 2 knows before the first ray: face, layout, mesh, rig, and where the letters stand."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.pipeline.frames import frame_for
from generation.pipeline.layout import plan_layout
from generation.pipeline.studio.materials import Material, Setting, material
from generation.pipeline.studio.palette import NEUTRAL_PALETTE, Rgb
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.stage import rig_for
from generation.pipeline.types import AdSpec, Stage, StageRequest

from .faces import FaceChoice
from .mesh import TextMesh, build_mesh
from .scene import Placement, place
from .setting import headline_box, set_copy
from .shaping import TextLayout
from .store import text_mesh

Picture = NDArray[np.uint8]

# Set for stages that have no rig: an uploaded background, or none.
DEFAULT_SET: Final = "minimal"

# Grey of the picture that stands in for a background where there is none.
NO_BACKGROUND: Final = 96


@dataclass(frozen=True)
class Lettering:
    """What to build, where it stands, and on what: `backdrop` is sRGB (H, W, 3) at frame size.

    `on_set`: the rig is stage 1's own, not a stand-in for an uploaded picture's. `given` is what
    the material answers to where that is not read from the backdrop.
    """

    choice: FaceChoice
    material: Material
    layout: TextLayout
    mesh: TextMesh
    rig: Rig
    placement: Placement
    backdrop: Picture
    on_set: bool = False
    given: Setting | None = None

    def setting(self) -> Setting:
        """Return what the material may answer to: palette, colours behind and of the ground."""
        if self.given is not None:
            return self.given
        crop = self.placement.crop
        behind = self.backdrop[crop.y : crop.bottom, crop.x : crop.right]
        ground = self.backdrop[-self.backdrop.shape[0] // 4 :]
        return Setting(self.rig.palette, mean_linear(behind), mean_linear(ground))

    def unswollen(self) -> Lettering:
        """Return the same lettering with the font's own outlines, for a second try."""
        mesh = build_mesh(self.layout, self.material.profile, swell=0.0)
        headline, margin = headline_box(self.layout, self.rig.layout), self.material.margin
        return replace(self, mesh=mesh, placement=place(mesh, self.rig, headline, margin))


def plan_lettering(request: StageRequest) -> Lettering:
    """Choose the face, lay the copy out, build its mesh and place it in stage 1's set.

    Raises GlyphMissing, TextDoesNotFit, UnknownChoice.
    """
    spec = request.spec
    stored = _stored_rig(request, "rig")
    rig = stored or _stored_rig(request, "stand_in") or _default_rig(spec)
    made_of = material(spec.text_style)
    choice, layout = set_copy(spec.ad_text, made_of, spec.font, rig.layout)
    # A face with thin strokes is made bolder.
    swell = made_of.swell + choice.face.embolden
    mesh = text_mesh(
        layout, made_of.profile, swell=swell, cache_dir=request.cache_dir, draft=spec.draft
    )
    placement = place(mesh, rig, headline_box(layout, rig.layout), made_of.margin)
    return Lettering(
        choice, made_of, layout, mesh, rig, placement, _backdrop(request), stored is not None
    )


def _stored_rig(request: StageRequest, name: str) -> Rig | None:
    """Return stage 1's `rig`, or the `stand_in` of a painted scene; None without one."""
    background = request.earlier.get(Stage.BACKGROUND)
    stored = background.extras.get(name) if background else None
    if stored is None or not stored.exists():
        return None
    return Rig.from_json(json.loads(stored.read_text(encoding="utf-8")))


def _default_rig(spec: AdSpec) -> Rig:
    """Return a neutral studio's rig."""
    frame = frame_for(spec)
    layout = plan_layout(frame, spec.text_position, None, True, bool(spec.subtext))
    return rig_for(DEFAULT_SET, frame, layout, NEUTRAL_PALETTE, spec.seed, draft=spec.draft)


def _backdrop(request: StageRequest) -> Picture:
    """Return stage 1's picture at the frame's size, or plain grey without one."""
    frame = frame_for(request.spec)
    background = request.earlier.get(Stage.BACKGROUND)
    if background is None or not background.image.exists():
        return np.full((frame.height, frame.width, 3), NO_BACKGROUND, np.uint8)
    with Image.open(background.image) as picture:
        fitted = picture.convert("RGB").resize((frame.width, frame.height))
    return np.asarray(fitted)


def mean_linear(part: Picture) -> Rgb:
    """Return the mean linear colour of an sRGB picture, from every seventh pixel."""
    sample = part.reshape(-1, 3)[::7].astype(np.float64) / 255
    red, green, blue = (float(mean) for mean in (sample**2.2).mean(axis=0))
    return red, green, blue
