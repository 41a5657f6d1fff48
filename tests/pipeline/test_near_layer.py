"""The near layer: which rows are rendered, at which size, and that nothing is lost by it."""

import itertools

import numpy as np
import pytest

from generation.pipeline.catalog import FrameFormat, frame_format
from generation.pipeline.layout import plan_layout
from generation.pipeline.studio import photograph
from generation.pipeline.studio.near_layer import NearWindow, Rows, near_window
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.photograph import render_plate
from generation.pipeline.studio.render import Layers, develop
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.shapes import facing
from generation.pipeline.studio.stage import rig_for

SMALL = FrameFormat("4:5", 320, 400, "작은 세로")


def rig_of(style: str, fmt: FrameFormat = SMALL) -> Rig:
    return rig_for(style, fmt, plan_layout(fmt, "auto", 0.8, True), NEUTRAL_PALETTE, 3)


def seen_below(share: float) -> np.ndarray:
    seen = np.zeros((100, 80), np.float32)
    seen[round(100 * share) :] = 1
    return seen


def test_rows_that_only_show_what_is_far_are_left_out():
    window = near_window(rig_of("market"), 1.0, 4, seen_below(0.6))
    assert window.rows == Rows(228, 400)
    assert 0 < window.fade < 12


@pytest.mark.parametrize("seen", [None, np.zeros((10, 10), np.float32), seen_below(0.0)])
def test_all_rows_are_taken_where_nothing_is_known_or_all_is_near(seen):
    window = near_window(rig_of("cafe"), 1.0, 4, seen)
    assert window.rows == Rows(0, 400)
    assert window.fade == 0


@pytest.mark.parametrize(
    ("key", "share", "given", "samples", "scale"),
    [
        ("1:1", 0.0, 1.0, 4, 1.0),
        ("9:16", 0.0, 1.0, 4, 0.75),
        ("9:16", 0.5, 1.0, 4, 1.0),
        ("1:1", 0.0, 0.75, 8, 0.75),
        ("16:9", 0.0, 0.75, 8, 0.5),
        ("16:9", 0.0, 0.5, 16, 0.5),
    ],
)
def test_a_large_near_layer_is_rendered_smaller(key, share, given, samples, scale):
    fmt = frame_format(key)
    window = near_window(rig_of("market", fmt), given, samples, seen_below(share))
    assert window.scale == scale
    assert window.width == round(fmt.width * scale)


def test_the_bands_cover_the_rows_once():
    window = NearWindow(1080, 1080, 1.0, 4, Rows(400, 1080))
    bands = window.bands()
    assert len(bands) > 1
    assert [bands[0].first, bands[-1].end] == [400, 1080]
    assert all(one.end == other.first for one, other in itertools.pairwise(bands))


def test_unfinished_layers_have_nothing_above_and_their_last_row_below():
    zeros = np.zeros((2, 3, 3), np.float32)
    alpha = np.array([[0.2] * 3, [0.7] * 3], np.float32)
    flat = zeros[..., 0]
    band = Layers(zeros + 5, alpha, zeros, zeros, flat, flat)
    whole = NearWindow(3, 6, 1.0, 4, Rows(2, 6)).layers([band])
    assert whole.alpha[:, 0].tolist() == pytest.approx([0, 0, 0.2, 0.7, 0.7, 0.7])
    assert whole.radiance[:2].max() == 0


@pytest.mark.parametrize("style", ["market", "forest"])
def test_the_picture_is_that_of_all_rows_rendered(style, monkeypatch):
    rig = rig_of(style)
    spared = develop(render_plate(rig, lambda *_: None).picture, 1.0)
    everything = near_window
    monkeypatch.setattr(
        photograph,
        "near_window",
        lambda rig, scale, samples, _seen: everything(rig, scale, samples),
    )
    full = develop(render_plate(rig, lambda *_: None).picture, 1.0)
    assert np.abs(spared.astype(int) - full).mean() < 1.5


def test_normals_that_face_away_are_turned_to_who_sees_them():
    vertices = np.zeros((3, 3), np.float32)
    normals = np.array([[0, 1, 0], [0, -1, 0], [0, 0.6, 0.8]], np.float32)
    turned = facing(normals, vertices, (0.0, -10.0, 0.0))
    assert (turned @ np.array([0, -1, 0]) >= 0.05).all()
    assert np.allclose(turned[1], normals[1])
    assert np.allclose(np.linalg.norm(turned, axis=1), 1, atol=1e-5)
