"""Letters photographed once for formats in which they look alike: which take them, and how."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generation.pipeline.glyphs import common
from generation.pipeline.glyphs.mesh import build_mesh
from generation.pipeline.glyphs.plan import Lettering
from generation.pipeline.glyphs.scene import Placement, place
from generation.pipeline.glyphs.setting import headline_box, set_copy
from generation.pipeline.glyphs.verify import check_words, intended_mask
from generation.pipeline.studio import materials
from generation.pipeline.studio.photograph import Plate
from generation.pipeline.studio.rig import Rig
from generation.pipeline.types import AdSpec

from .test_together import SPEC, rigs


def planned(key: str, copy: str, material: str, cache: Path) -> tuple[Lettering, AdSpec]:
    """Return a format's lettering before anything is photographed."""
    spec = replace(SPEC, format=key, ad_text=copy, text_style=material)
    rig = rigs("minimal")[key]
    made_of = materials.material(material)
    choice, layout = set_copy(copy, made_of, None, rig.layout)
    mesh = build_mesh(layout, made_of.profile, swell=made_of.swell)
    placement = place(mesh, rig, headline_box(layout, rig.layout), made_of.margin)
    backdrop = np.full((rig.camera.height, rig.camera.width, 3), 128, np.uint8)
    return Lettering(choice, made_of, layout, mesh, rig, placement, backdrop, on_set=True), spec


@pytest.fixture(autouse=True)
def plain_plate(monkeypatch):
    """The set's photograph is grey: only where letters come from is looked at."""

    def plate_for(rig: Rig, *_: object) -> tuple[Plate, Rig, bool]:
        size = (rig.camera.height, rig.camera.width)
        grey = np.broadcast_to(np.float32(0.4), (*size, 3))
        return Plate(grey, np.ones(size, np.float32), 1.0), rig, True

    monkeypatch.setattr(common, "plate_for", plate_for)


@pytest.mark.parametrize(
    ("key", "copy", "material", "shared"),
    [
        ("1:1", "특가", "metal", True),
        ("9:16", "건어물 대박", "gold_balloon", True),
        ("1:1", "특가", "glass", False),
        ("16:9", "특가", "metal", False),
        ("1029x258", "특가", "metal", False),
    ],
)
def test_common_letters_are_taken_where_they_look_alike(key, copy, material, shared, tmp_path):
    own, spec = planned(key, copy, material, tmp_path)
    assert (common.common_letters(own, spec, tmp_path) is not None) is shared


@pytest.mark.parametrize(
    ("copy", "smallest"),
    # Short copy is as large as its box is high: in the square a little smaller than in the others.
    [("특가", 0.93), ("뺄흙", 0.93), ("맑은 닭", 1), ("떡볶이 찌개 맑은 닭볶음탕 잔치", 1)],
)
def test_common_letters_are_right_in_the_pixels_of_every_format(copy, smallest, tmp_path):
    sizes = []
    for key in common.ALIKE:
        own, spec = planned(key, copy, "candy", tmp_path)
        letters = common.common_letters(own, spec, tmp_path)
        assert letters is not None
        own = common.with_common(own, letters)
        theirs, ours = letters.lettering.placement, own.placement
        # What the font draws in the common crop, and how it comes out in the format's own.
        drawn = intended_block(own, theirs)
        check = check_words(
            common.fitted(drawn, letters, own),
            own.layout,
            ours.mapping.shifted(ours.crop.x, ours.crop.y),
            swell=0.0,
        )
        assert check.ok, check
        sizes.append(ours.mapping.scale / theirs.mapping.scale)
        moved = common.fitted(np.roll(drawn, 9, axis=1), letters, own)
        assert not check_words(
            moved, own.layout, ours.mapping.shifted(ours.crop.x, ours.crop.y), swell=0.0
        ).ok
    assert min(sizes) == pytest.approx(smallest, abs=0.01)


def intended_block(own: Lettering, placement: Placement) -> np.ndarray:
    crop = placement.crop
    mapping, shape = placement.mapping.shifted(crop.x, crop.y), (crop.height, crop.width)
    cells = (intended_mask(c, own.layout.face, mapping, shape, 0.0) for c in own.layout.cells)
    return np.maximum.reduce(list(cells))
