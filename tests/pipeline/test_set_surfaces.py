import numpy as np
import pytest

from generation.pipeline.studio.drapery import Hang, draped, flecks
from generation.pipeline.studio.gobo import window_with_leaves
from generation.pipeline.studio.shapes import painted
from generation.pipeline.studio.textures import tiled_noise
from generation.pipeline.studio.textures_cloth import cloud_damask
from generation.pipeline.studio.textures_stone import marble

GREY = painted((0.2, 0.2, 0.2))
HANG = Hang(-6.0, 8.5, 2.5, 14.0, 9.0, (0.0, 0.6), 0.5, 1.7)


def test_marble_is_mostly_stone_with_a_few_veins_and_depends_on_its_seed():
    first, again, other = (
        marble(seed, 120, 160, stone=(0.1, 0.1, 0.1), vein=(0.8, 0.8, 0.7)) for seed in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes() != other.tobytes()
    assert float(np.median(first)) < 45
    assert 0.002 < float((first.max(axis=-1) > 90).mean()) < 0.2


def test_the_cloud_pattern_repeats_without_a_seam():
    pattern = cloud_damask()
    assert float(np.abs(pattern[:, 0] - pattern[:, -1]).mean()) < 0.02
    assert float(np.abs(pattern[0] - pattern[-1]).mean()) < 0.02
    assert 0.02 < float(pattern.mean()) < 0.3


@pytest.mark.parametrize("cells", [(3, 3), (8, 5), (40, 64)])
def test_noise_of_a_repeating_texture_has_no_seam(cells):
    noise = tiled_noise(np.random.default_rng(4), 256, 320, cells)
    assert noise.shape == (256, 320)
    for axis in (0, 1):
        steps = np.abs(np.diff(noise, axis=axis)).mean()
        first, last = np.take(noise, 0, axis=axis), np.take(noise, -1, axis=axis)
        assert np.abs(first - last).mean() < 2.5 * steps
    assert 0.3 < float(noise.std()) < 1.3


def test_silk_lies_flat_under_the_product_and_never_above_it():
    vertices = draped(3, HANG, GREY).vertices
    under = vertices[np.hypot(vertices[:, 0], vertices[:, 1] - 0.6) < 0.9]
    assert len(under) > 20
    assert float(np.abs(under[:, 2]).max()) < 0.02


def test_silk_has_folds_on_the_table_and_on_the_wall():
    vertices = draped(3, HANG, GREY).vertices
    table = vertices[(vertices[:, 1] < 4) & (np.abs(vertices[:, 0]) > 4)]
    wall = vertices[vertices[:, 2] > 6]
    assert float(np.ptp(table[:, 2])) > 0.15
    assert float(np.ptp(wall[:, 1])) > 0.15


def test_gold_leaf_keeps_clear_of_the_product():
    points = flecks(1, 40, 3.0, (0.0, 0.6), GREY).vertices
    assert float(np.hypot(points[:, 0], points[:, 1] - 0.6).min()) > 0.8


def test_the_window_lets_light_through_between_its_bars():
    mesh = window_with_leaves(2, light=(0, -20, 4), target=(0, 0, 4), share=0.5)
    corners = mesh.vertices[mesh.faces]
    edges = corners[:, 1:] - corners[:, :1]
    area = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    assert np.allclose(mesh.vertices[:, 1], -10, atol=1e-3)
    assert (area > 0).all()
