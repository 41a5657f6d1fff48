import cv2
import numpy as np
import pytest

from generation.pipeline.glyphs.faces import face_for
from generation.pipeline.glyphs.field import coarser, coverage, distance_field, membrane
from generation.pipeline.glyphs.growth import grown
from generation.pipeline.glyphs.mesh import build_mesh
from generation.pipeline.glyphs.shaping import layout_lines
from generation.pipeline.glyphs.store import mesh_path, text_mesh
from generation.pipeline.glyphs.verify import EmToPixel, intended_masks
from generation.pipeline.studio.materials import material
from generation.pipeline.studio.materials.profile import Cushion

STYLES = ["gold_balloon", "metal"]


def made(style, copy="봄"):
    made_of = material(style)
    layout = layout_lines(copy, face_for(style, copy).face, 2.0, tracking=made_of.tracking)
    return layout, build_mesh(layout, made_of.profile, swell=made_of.swell)


def corners(mesh):
    return [mesh.vertices[mesh.faces[:, k]].astype(np.float64) for k in range(3)]


def open_edges(mesh):
    """Return the pairs of corners that an odd number of faces share."""
    edges = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    pairs, counts = np.unique(edges, axis=0, return_counts=True)
    return pairs[counts % 2 == 1]


@pytest.mark.parametrize("style", STYLES)
def test_solid_letters_are_open_at_their_back_alone(style):
    _, mesh = made(style)
    back = mesh.vertices[open_edges(mesh).ravel(), 2]
    assert back.size > 0
    assert np.allclose(back, mesh.vertices[:, 2].min(), atol=1e-6)
    assert (mesh.normals[:, 2] > -0.6).all()


def test_what_light_passes_through_is_closed():
    _, mesh = made("glass")
    assert open_edges(mesh).size == 0


def test_a_coarser_field_is_the_mean_of_the_finer_one_in_the_same_place():
    layout = layout_lines("한", face_for("metal", "한").face, 2.0)
    fine = distance_field(layout, 120)
    coarse = coarser(fine, 40)
    assert coarse.step == pytest.approx(3 * fine.step)
    rows, columns = (side // 3 * 3 for side in fine.distance.shape)
    blocks = fine.distance[:rows, :columns].reshape(rows // 3, 3, columns // 3, 3)
    inner = coarse.distance[: rows // 3, : columns // 3]
    assert np.allclose(inner, blocks.mean(axis=(1, 3)), atol=1e-5)
    assert coarse.left == pytest.approx(fine.left + fine.step)
    assert coarse.distance[-1].max() < 0
    assert coarse.distance[:, -1].max() < 0


@pytest.mark.parametrize("style", STYLES)
def test_coverage_of_the_plane_is_the_intended_ink(style):
    layout, mesh = made(style, "대박")
    scale = 90.0
    shape = (round(scale * mesh.height) + 20, round(scale * mesh.width) + 20)
    mapping = EmToPixel(scale, shape[1] / 2, shape[0] / 2)
    drawn = coverage(mesh.plane, scale, (mapping.x0, mapping.y0), shape)
    intended = intended_masks(layout, mapping, shape, mesh.swell)
    assert np.minimum(drawn, intended).sum() / np.maximum(drawn, intended).sum() > 0.95


@pytest.mark.parametrize("style", STYLES)
def test_faces_turn_outwards_and_normals_agree_with_them(style):
    _, mesh = made(style)
    a, b, c = corners(mesh)
    across = np.cross(b - a, c - a)
    assert np.einsum("ij,ij->", a, np.cross(b, c)) > 0
    area = np.linalg.norm(across, axis=1)
    agreeing = np.einsum("ij,ij->i", across, mesh.normals[mesh.faces].mean(axis=1)) > 0
    assert area[agreeing].sum() / area.sum() > 0.995
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("style", STYLES)
def test_the_mesh_has_the_layouts_size_and_stands_in_its_middle(style):
    layout, mesh = made(style, "대박 세일")
    grow = 2 * mesh.swell + 0.02
    assert layout.width - 0.02 < mesh.width < layout.width + grow
    assert layout.height - 0.02 < mesh.height < layout.height + grow
    assert np.allclose(mesh.vertices[:, :2].min(0) + mesh.vertices[:, :2].max(0), 0, atol=0.02)


def test_chrome_is_deep_with_a_bevel_of_45_degrees():
    _, mesh = made("metal", "ㅡ")
    assert mesh.depth > 0.25
    slope = mesh.normals[mesh.front > 0][:, 2]
    assert np.mean(np.abs(slope - np.sqrt(0.5)) < 0.05) > 0.05
    assert np.mean(slope > 0.95) > 0.1


def test_a_balloon_is_round_and_higher_where_strokes_are_wider():
    layout = layout_lines("ㅡ", face_for("gold_balloon", "ㅡ").face, 2.0)
    thin = build_mesh(layout, Cushion(), swell=0.0)
    fat = build_mesh(layout, Cushion(), swell=0.03)
    assert fat.vertices[:, 2].max() > 1.2 * thin.vertices[:, 2].max()
    ridge = fat.normals[fat.vertices[:, 2] > 0.98 * fat.vertices[:, 2].max()]
    assert (ridge[:, 2] > 0.9).all()


def test_the_membrane_of_a_long_stroke_is_half_a_circle():
    layout = layout_lines("ㅡ", face_for("metal", "ㅡ").face, 4.0)
    field = distance_field(layout, 100)
    height = membrane(field, 0.0)
    column = field.distance.shape[1] // 2
    half = field.distance[:, column].max()
    assert np.sqrt(height[:, column].max()) == pytest.approx(half, rel=0.12)


@pytest.mark.parametrize("copy", ["뺄", "쫄", "흙", "응", "볶", "맑은", "떡국"])
def test_swelling_closes_no_counter_and_joins_no_strokes(copy):
    layout = layout_lines(copy, face_for("gold_balloon", copy).face, 2.0, tracking=0.03)
    plain, fat = (distance_field(layout, 100, swell).distance for swell in (0.0, 0.028))
    for sign in (1, -1):
        before, after = (
            cv2.connectedComponents((sign * f > 0).astype(np.uint8), connectivity=4)[0]
            for f in (plain, fat)
        )
        assert before == after
    assert (fat > 0).sum() > 1.05 * (plain > 0).sum()


def test_growth_leaves_part_of_a_narrow_gap_and_takes_open_space_in_full():
    ink = np.zeros((200, 300), np.uint8)
    ink[60:90, 50:250] = ink[96:126, 50:250] = 1
    fat = grown(ink, 100.0, 0.1)
    assert fat[50:60, 100:200].all()
    assert not fat[47, 100:200].any()
    assert not fat[92:94, 60:240].any()


@pytest.mark.parametrize("style", STYLES)
def test_a_stored_mesh_is_read_back_and_a_damaged_one_is_built_again(style, tmp_path):
    made_of = material(style)
    layout = layout_lines("밤", face_for(style, "밤").face, 2.0)

    def meshed():
        return text_mesh(layout, made_of.profile, swell=made_of.swell, cache_dir=tmp_path)

    first, path = meshed(), mesh_path(layout, made_of.profile, made_of.swell, tmp_path)
    written = path.stat().st_mtime_ns
    assert np.array_equal(meshed().vertices, first.vertices)
    assert path.stat().st_mtime_ns == written
    path.write_bytes(path.read_bytes()[:5000])
    again = meshed()
    assert np.array_equal(again.faces, first.faces)
    assert np.array_equal(meshed().normals, first.normals)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
