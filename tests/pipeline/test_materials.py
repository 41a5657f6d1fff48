"""Every text style: readable on the hardest syllables, and a surface that Mitsuba takes."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from generation.pipeline import catalog
from generation.pipeline.glyphs.faces import face_for
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
# Pixels per em at which strokes are counted, and the side (em) of what a dry brush leaves.
FINE = 400
SPECK = 0.025
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


def seen_from_before(mesh, pixels_per_em):
    """Return the mesh's silhouette, by its own triangles: (H, W) uint8, 0 or 1."""
    corner = mesh.vertices[:, :2].min(axis=0) - 0.1
    flat = (mesh.vertices[:, :2] - corner) * pixels_per_em
    height = int(flat[:, 1].max() + 0.1 * pixels_per_em)
    seen = np.zeros((height, int(flat[:, 0].max() + 0.1 * pixels_per_em)), np.uint8)
    flat[:, 1] = height - flat[:, 1]
    # In sixteenths of a pixel, the middle of the first one being 0.
    for triangle in np.round((flat[mesh.faces] - 0.5) * 16).astype(np.int32):
        cv2.fillConvexPoly(seen, triangle, 1, lineType=cv2.LINE_8, shift=4)
    return seen


def larger_than_specks(ink, connectivity):
    """Return how many pieces a picture (H, W) of 0 and 1 has, without the brush's own specks."""
    facts = cv2.connectedComponentsWithStats(ink, connectivity=connectivity)[2]
    return int((facts[1:, cv2.CC_STAT_AREA] > (SPECK * FINE) ** 2).sum())


@pytest.mark.parametrize("character", "뺄쫄흙응볶춘출숯굵벱충쑰폓봾")
@pytest.mark.parametrize("style", STYLES)
def test_no_stroke_of_a_letter_breaks_and_no_counter_closes(style, character):
    made_of = material(style)
    face = face_for(style, character).face
    page = Image.new("L", (2 * FINE, 2 * FINE))
    ImageDraw.Draw(page).text((100, 100), character, 255, ImageFont.truetype(face.path, FINE))
    drawn = (np.asarray(page) > 127).astype(np.uint8)
    layout = layout_lines(character, face, 2.0)
    mesh = build_mesh(layout, made_of.profile, swell=made_of.swell + face.embolden)
    seen = seen_from_before(mesh, FINE)
    # Swollen strokes may meet, and what they enclose then is a counter more.
    assert larger_than_specks(seen, 8) <= larger_than_specks(drawn, 8)
    assert larger_than_specks(1 - seen, 4) >= larger_than_specks(1 - drawn, 4)


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
