"""Every text style: readable on the hardest syllables, and a surface that Mitsuba takes."""

import numpy as np
import pytest

from generation.pipeline import catalog
from generation.pipeline.glyphs.faces import face_for
from generation.pipeline.glyphs.field import distance_field
from generation.pipeline.glyphs.mesh import build_mesh
from generation.pipeline.glyphs.scene import place
from generation.pipeline.glyphs.shaping import layout_lines
from generation.pipeline.layout import Box, plan_layout
from generation.pipeline.studio.materials import MATERIALS, Setting, material
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.stage import rig_for
from generation.pipeline.test_mode import INKS
from tests.pipeline.test_verify import judged, neighbours

STYLES = [entry.key for entry in MATERIALS]
NEW = [key for key in STYLES if key not in ("gold_balloon", "metal")]
DARK = Setting(NEUTRAL_PALETTE, (0.05, 0.03, 0.02), (0.05, 0.03, 0.02))
BRIGHT = Setting(NEUTRAL_PALETTE, (0.6, 0.65, 0.7), (0.6, 0.65, 0.7))


def test_every_style_of_the_catalogue_has_a_material_and_an_ink():
    assert [style.key for style in catalog.TEXT_STYLES] == STYLES
    assert set(INKS) == set(STYLES)


@pytest.mark.parametrize("copy", ["뺄 쫄 흙 찌", "맑은 닭 국물", "떡볶이 2,500원"])
@pytest.mark.parametrize("style", NEW)
def test_hard_copy_passes_the_proof(style, copy):
    words = judged(style, copy, copy, 70.0)
    assert words.ok, words.cells


def test_a_tube_still_tells_one_letter_from_another():
    missed = [s for s in neighbours("볶")[::5] if judged("neon", s, "볶", 100.0).ok]
    assert missed == []


@pytest.mark.parametrize("copy", ["뺄", "쫄", "흙", "응", "볶", "춘", "출", "숯", "굵"])
def test_a_tube_breaks_no_stroke_and_closes_no_counter(copy):
    import cv2

    layout = layout_lines(copy, face_for("neon", copy).face, 2.0)
    plain, tube = (
        distance_field(layout, 100, swell).distance for swell in (0.0, material("neon").swell)
    )
    for sign in (1, -1):
        before, after = (
            cv2.connectedComponents((sign * field > 0).astype(np.uint8), connectivity=8)[0]
            for field in (plain, tube)
        )
        assert before == after
    # Thin strokes: a tube, not a slab.
    assert np.percentile(tube[tube > 0], 99) < 0.06


@pytest.mark.parametrize("setting", [DARK, BRIGHT], ids=["dark", "bright"])
@pytest.mark.parametrize("style", STYLES)
def test_letters_of_every_material_are_rendered(style, setting):
    from generation.pipeline.glyphs.scene import lettering_scene, shine_scene
    from generation.pipeline.studio.render import render_passes

    made_of = material(style)
    layout = layout_lines("봄", face_for(style, "봄").face, 1.0)
    mesh = build_mesh(layout, made_of.profile, swell=made_of.swell, detail=40)
    frame = catalog.frame_format("1:1")
    rig = rig_for("minimal", frame, plan_layout(frame, "top", None, True), NEUTRAL_PALETTE, 1)
    placement = place(mesh, rig, Box(500, 200, 40, 40), made_of.margin)
    scene = lettering_scene(mesh, made_of, rig, placement, setting, samples_per_pass=1)
    layers = render_passes(scene, seed=1, samples=1)
    assert layers.alpha.mean() > 0.05
    assert np.isfinite(layers.radiance).all()
    if made_of.glow:
        shine = shine_scene(mesh, made_of.glow, rig, placement, setting, samples_per_pass=1)
        shining = render_passes(shine, seed=1, samples=1).radiance
        assert np.isfinite(shining).all()
        assert shining.max() > 0.2 or setting is BRIGHT
