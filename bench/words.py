"""One copy in one material, built and looked at as the engine does it, but for light and colour.

What the proof reads of a rendered ad is its letters' front coverage. It depends on face, layout,
mesh and camera only, so surfaces and lights are left out, and the frame is half of a finished ad's.
What fails there, or passes without room to spare, is judged once more at full size, where ads are
made, and what fails then as the engine's second try does it, unswollen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from generation.pipeline.catalog import frame_format
from generation.pipeline.glyphs.mesh import LEAST_DETAIL, MOST_DETAIL, SAMPLES_IN_ALL, build_mesh
from generation.pipeline.glyphs.plan import Lettering
from generation.pipeline.glyphs.readback import read_back
from generation.pipeline.glyphs.scene import front_scene, place
from generation.pipeline.glyphs.setting import headline_box, set_copy
from generation.pipeline.glyphs.shaping import TextLayout
from generation.pipeline.glyphs.shooting import FRONT_SAMPLES
from generation.pipeline.glyphs.verify import WordsCheck, check_words
from generation.pipeline.layout import plan_layout
from generation.pipeline.studio.materials import material
from generation.pipeline.studio.materials.profile import Cushion
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.render import render_passes
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.stage import rig_for

Plane = NDArray[np.float32]

# Sides of the square frames, px: half of a finished ad's, and all of it.
SMALL = 540
FULL = 1080
# With this much room to the limits (0.90, 0.50) a pass at half size is one at full size: the
# figures of the two sizes differ by less.
SURE_IOU = 0.92
SURE_DEFECT = 0.40
# Any set does: letters stand parallel to the film in all of them.
SET = "minimal"


@dataclass(frozen=True)
class Judged:
    """The proof of one copy in one material.

    `side` is the last frame it was judged in, `swollen` whether with the
    material's own strokes. `read` is the share 0..1 of characters that Tesseract read right, in
    order, None where it was not asked; `seconds` are of the processor.
    """

    style: str
    copy: str
    face: str
    words: WordsCheck
    side: int
    swollen: bool
    read: float | None
    seconds: float

    @property
    def lowest(self) -> float:
        """The lowest overlap of a character with what the font wants."""
        return min(cell.iou for cell in self.words.cells)

    @property
    def worst(self) -> float:
        """The greatest peak of what is missing or foreign."""
        return max(cell.defect for cell in self.words.cells)


def judge(style: str, copy: str, ocr: bool = False) -> Judged:
    """Prove one copy in one material: small, at full size where that is not sure, unswollen."""
    start = time.process_time()
    for side, swollen in ((SMALL, True), (FULL, True), (FULL, False)):
        lettering = planned(style, copy, side)
        if not swollen:
            lettering = lettering.unswollen()
        alpha = front_of(lettering)
        words = checked(lettering, alpha)
        if words.ok and (side == FULL or _sure(words)):
            break
    read = _share_read(alpha, lettering.layout) if ocr else None
    seconds = time.process_time() - start
    return Judged(style, copy, lettering.choice.face.key, words, side, swollen, read, seconds)


def planned(style: str, copy: str, side: int) -> Lettering:
    """Lay a copy out as the engine does for a square frame of this side, and build its mesh."""
    made_of, rig = material(style), _rig(side)
    choice, text = set_copy(copy, made_of, None, rig.layout)
    swell = made_of.swell + (choice.face.embolden if made_of.swell >= 0 else 0.0)
    mesh = build_mesh(text, made_of.profile, swell=swell, detail=_detail(text, side))
    placement = place(mesh, rig, headline_box(text, rig.layout), made_of.margin)
    nothing = np.zeros((side, side, 3), np.uint8)
    return Lettering(choice, made_of, text, mesh, rig, placement, nothing)


def front_of(lettering: Lettering) -> Plane:
    """Return the coverage (H, W) 0..1 of the letters' front in their crop.

    A cushion has no sides: all that is seen of it is its front (as in `shooting.front_coverage`).
    """
    mesh = lettering.mesh
    if isinstance(lettering.material.profile, Cushion):
        mesh = replace(mesh, front=np.ones_like(mesh.front))
    scene = front_scene(mesh, lettering.rig, lettering.placement, FRONT_SAMPLES)
    layers = render_passes(scene, seed=1, samples=FRONT_SAMPLES, samples_per_pass=FRONT_SAMPLES)
    return np.asarray(np.clip(layers.alpha, 0, 1), np.float32)


def checked(lettering: Lettering, alpha: Plane) -> WordsCheck:
    """Return the engine's proof of the words."""
    crop, mapping = lettering.placement.crop, lettering.placement.mapping
    swell = lettering.mesh.swell
    return check_words(alpha, lettering.layout, mapping.shifted(crop.x, crop.y), swell=swell)


def _sure(words: WordsCheck) -> bool:
    return all(cell.iou >= SURE_IOU and cell.defect <= SURE_DEFECT for cell in words.cells)


@lru_cache(maxsize=2)
def _rig(side: int) -> Rig:
    frame = replace(frame_format("1:1"), width=side, height=side)
    return rig_for(SET, frame, plan_layout(frame, "auto", None, True), NEUTRAL_PALETTE, 1)


def _detail(text: TextLayout, side: int) -> float:
    """Return the mesh's samples per em: the engine's own number at full size, less at half."""
    area = (text.width + 0.1) * (text.height + 0.1)
    own = np.clip(np.sqrt(SAMPLES_IN_ALL / area), LEAST_DETAIL, MOST_DETAIL)
    return float(max(own * side / FULL, LEAST_DETAIL))


def _share_read(alpha: Plane, text: TextLayout) -> float | None:
    """Return the share of the copy's characters that Tesseract reads, in their order."""
    read = read_back(alpha, len(text.lines))
    if read is None:
        return None
    wanted, found = text.copy.replace(" ", ""), read.replace(" ", "")
    same = SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same) / len(wanted)
