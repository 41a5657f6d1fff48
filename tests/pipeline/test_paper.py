"""The hanji under ink: torn and warped, but never beyond its margin nor above the letters."""

import numpy as np

from generation.pipeline.glyphs.faces import face_for
from generation.pipeline.glyphs.mesh import build_mesh
from generation.pipeline.glyphs.mounting import plate_mesh, with_plate
from generation.pipeline.glyphs.shaping import layout_lines
from generation.pipeline.studio.materials import Setting, material
from generation.pipeline.studio.palette import NEUTRAL_PALETTE

INK = material("ink")
LAYOUT = layout_lines("봄", face_for("ink", "봄").face, 1.0)
MESH = build_mesh(LAYOUT, INK.profile, swell=INK.swell, detail=40)
SETTING = Setting(NEUTRAL_PALETTE, (0.1, 0.1, 0.1), (0.1, 0.1, 0.1))


def sheet():
    return plate_mesh(INK.plate, LAYOUT, MESH)


def test_the_sheet_stays_within_its_margin():
    half = np.array([MESH.width, MESH.height]) / 2 + INK.margin
    reach = np.abs(sheet().vertices[:, :2]).max(axis=0)
    assert (reach <= half + 0.01).all()
    assert (reach > half - 0.15).all()


def test_its_edge_is_torn_and_its_face_is_warped():
    made = sheet()
    right = made.vertices[made.vertices[:, 0] > 0.9 * made.vertices[:, 0].max()]
    level = np.round(right[:, 1] * 20)
    edge = [right[level == row, 0].max() for row in np.unique(level)[2:-2]]
    assert np.std(edge) > 0.005
    assert np.ptp(made.vertices[made.front > 0, 2]) > 0.01


def test_it_lies_behind_the_letters():
    made = sheet()
    x, y = made.vertices[:, 0], made.vertices[:, 1]
    under = (np.abs(x) < MESH.width / 2) & (np.abs(y) < MESH.height / 2)
    assert made.vertices[under, 2].max() <= MESH.vertices[:, 2].min() + 1e-6


def test_letters_and_sheet_throw_one_shadow():
    whole = with_plate(MESH, INK.plate, LAYOUT)
    assert whole.width > MESH.width + INK.margin
    assert whole.faces.max() == len(whole.vertices) - 1


def test_paper_is_far_lighter_than_ink():
    paper = INK.plate.paint(sheet(), SETTING)["vertex_paper"].mean()
    ink = INK.paint(MESH, SETTING)["vertex_ink"].mean()
    assert (paper + 0.05) / (ink + 0.05) > 7


def test_paper_is_older_on_a_dark_set_and_still_far_lighter_than_ink():
    dark, bright = (
        INK.plate.paint(sheet(), Setting(NEUTRAL_PALETTE, (level,) * 3, (level,) * 3))[
            "vertex_paper"
        ].mean(axis=0)
        for level in (0.02, 0.5)
    )
    assert dark.mean() < 0.8 * bright.mean()
    assert dark[2] / dark[0] < bright[2] / bright[0]
    assert dark.mean() > 0.4


def test_wood_is_light_on_dark_sets_and_dark_on_bright_ones():
    wood = material("wood")
    mesh = build_mesh(LAYOUT, wood.profile, swell=0.0, detail=40)
    tones = [
        wood.paint(mesh, Setting(NEUTRAL_PALETTE, (lum,) * 3, (lum,) * 3))["vertex_grain"].mean()
        for lum in (0.05, 0.6)
    ]
    assert tones[0] > 3 * tones[1]


def test_lacquer_has_its_gold_on_the_edge_alone():
    lacquer = material("lacquer")
    mesh = build_mesh(LAYOUT, lacquer.profile, swell=0.0, detail=80)
    gold = lacquer.paint(mesh, SETTING)["vertex_gold"][:, 0]
    front = mesh.front > 0
    assert gold[front & (mesh.inset < 0.01)].min() > 0.9
    assert gold[front & (mesh.inset > 0.03)].max() == 0.0
