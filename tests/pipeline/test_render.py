import cv2
import numpy as np
import pytest

from generation.pipeline.catalog import FrameFormat
from generation.pipeline.errors import StageCancelled
from generation.pipeline.layout import Box, plan_layout
from generation.pipeline.studio import wavefront
from generation.pipeline.studio.camera import sensor
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.render import denoise, develop, render_passes, use_variant
from generation.pipeline.studio.rig import Rig, headline_frame
from generation.pipeline.studio.stage import build_scene, rig_for

SMALL = FrameFormat("1:1", 216, 216, "작은 정사각")


@pytest.fixture(scope="module")
def rig() -> Rig:
    layout = plan_layout(SMALL, "auto", 0.8, True)
    return rig_for("minimal", SMALL, layout, NEUTRAL_PALETTE, 3)


def test_the_same_seed_gives_the_same_bytes(rig):
    first, second = (
        render_passes(build_scene(rig, scale=0.25), seed=5, samples=8, samples_per_pass=4)
        for _ in range(2)
    )
    assert first.radiance.tobytes() == second.radiance.tobytes()


def test_another_seed_gives_another_noise(rig):
    first, second = (
        render_passes(build_scene(rig, scale=0.25), seed=seed, samples=4, samples_per_pass=4)
        for seed in (1, 2)
    )
    assert first.radiance.tobytes() != second.radiance.tobytes()


def test_a_compiled_picture_in_many_pieces_is_the_one_in_a_single_piece(rig, monkeypatch):
    if not wavefront.is_compiled(use_variant()):
        pytest.skip("the scalar variant renders a picture by itself")

    def taken():
        scene = build_scene(rig, scale=0.25)
        return render_passes(scene, seed=5, samples=64, samples_per_pass=64).radiance

    whole = taken()
    # Two rows and a bit: pieces end within rows.
    monkeypatch.setattr(wavefront, "WAVEFRONT", 130 * 64)
    pieces = taken()
    assert whole.tobytes() != pieces.tobytes()
    # Averaged over blocks of six pixels there is little noise, and every piece has its place.
    coarse, again = (cv2.resize(p, (9, 9), interpolation=cv2.INTER_AREA) for p in (whole, pieces))
    assert np.abs(coarse - again).max() < 0.12 * coarse.mean()
    assert np.abs(coarse - coarse[::-1]).max() > 0.3 * coarse.mean()


def test_a_large_picture_is_developed_like_its_parts():
    radiance = np.random.default_rng(2).random((300, 400, 3), np.float32) * 2
    whole = develop(radiance, 0.7)
    assert np.array_equal(whole[7:9], develop(radiance[7:9], 0.7))
    assert np.array_equal(whole[-1:], develop(radiance[-1:], 0.7))


def test_the_denoiser_leaves_no_noise_at_the_frames_edge():
    noise = np.random.default_rng(3).random((96, 96, 3), np.float32)
    clean = denoise(noise, fast=True)
    edge = np.concatenate([clean[:2].ravel(), clean[-2:].ravel(), clean[:, :2].ravel()])
    assert clean.shape == noise.shape
    # The network alone leaves more than twice as much.
    assert edge.std() < 1.6 * clean[16:-16, 16:-16].std()


def test_every_pass_is_reported_and_can_stop_the_rendering(rig):
    seen = []

    def stop_at_two(done, total, layers):
        seen.append((done, total, layers.radiance.shape))
        if done == 2:
            raise StageCancelled

    with pytest.raises(StageCancelled):
        render_passes(
            build_scene(rig, scale=0.25),
            seed=1,
            samples=16,
            samples_per_pass=4,
            on_pass=stop_at_two,
        )
    assert seen == [(1, 4, (54, 54, 3)), (2, 4, (54, 54, 3))]


def test_a_crop_shows_the_same_place_as_the_whole_frame(rig):
    whole = render_passes(build_scene(rig, pinhole=True), seed=1, samples=16, samples_per_pass=16)
    box = Box(60, 100, 80, 64)
    part = render_passes(
        build_scene(rig, crop=box, pinhole=True), seed=1, samples=16, samples_per_pass=16
    )
    expected = whole.radiance[box.y : box.bottom, box.x : box.right]
    assert part.radiance.shape == expected.shape
    assert np.abs(denoise(part.radiance) - denoise(expected.copy())).mean() < 0.03


def test_a_band_of_rows_is_the_same_part_of_the_picture(rig):
    scene = build_scene(rig, scale=0.5, pinhole=True)
    whole = render_passes(scene, seed=1, samples=16, samples_per_pass=16)
    lens = sensor(rig.camera, scale=0.5, crop=None, rows=(40, 70), pinhole=True)
    band = render_passes(scene, seed=1, samples=16, samples_per_pass=16, lens=lens)
    assert band.radiance.shape == (30, 108, 3)
    assert abs(band.radiance.mean() - whole.radiance[40:70].mean()) < 0.02


def test_the_guides_show_the_sets_surfaces(rig):
    layers = render_passes(build_scene(rig, scale=0.25), seed=1, samples=1, guide_samples=1)
    assert layers.guided
    assert 0.1 < float(np.median(layers.albedo)) < 1.0
    assert np.allclose(np.linalg.norm(layers.normal, axis=-1).max(), 1.0, atol=0.05)


def test_middle_grey_develops_to_45_percent_and_white_does_not_clip():
    grey = np.full((4, 4, 3), 0.18, np.float32)
    assert abs(int(develop(grey, 1.0)[0, 0, 0]) - round(0.45 * 255)) <= 2
    assert develop(np.ones((4, 4, 3), np.float32), 1.0).max() < 255


def test_developing_keeps_order_and_hue():
    ramp = np.linspace(0, 4, 64, dtype=np.float32)[None, :, None] * np.array([1.0, 0.6, 0.3])
    developed = develop(ramp.astype(np.float32), 1.0).astype(int)
    assert (np.diff(developed[0, :, 0]) >= 0).all()
    assert (developed[0, 8:, 0] >= developed[0, 8:, 1]).all()
    assert (developed[0, 8:, 1] >= developed[0, 8:, 2]).all()


def test_the_product_stands_where_the_layout_says(rig):
    point = rig.camera.project(np.array([[0.0, 0.0, 0.0]]))[0]
    assert abs(point[0] - rig.layout.product.center[0]) < 2
    assert abs(point[1] - rig.layout.ground_y) < 1


def test_the_headlines_frame_projects_on_its_box(rig):
    box = rig.layout.headline
    matrix = headline_frame(rig, box)
    corners = np.array(
        [[x * box.width / 2, y * box.height / 2, 0, 1] for x in (-1, 1) for y in (-1, 1)]
    )
    pixels = rig.camera.project((corners @ matrix.T)[:, :3])
    assert np.allclose(pixels.min(axis=0), [box.x, box.y], atol=0.5)
    assert np.allclose(pixels.max(axis=0), [box.right, box.bottom], atol=0.5)


def test_lettering_below_the_product_stays_above_the_ground(rig):
    box = Box(20, 150, 170, 50)
    matrix = headline_frame(rig, box)
    lowest = matrix @ np.array([0, -box.height / 2, 0, 1])
    assert lowest[2] > 0


@pytest.mark.parametrize("crop", [Box(150, 190, 60, 90), Box(-40, -30, 100, 60)])
def test_a_crop_that_reaches_out_of_the_frame_can_be_photographed(rig, crop):
    scene = build_scene(rig, scale=0.25, crop=crop)
    height, width = render_passes(scene, seed=1, samples=1).radiance.shape[:2]
    assert (width, height) == (round(crop.width / 4), round(crop.height / 4))
