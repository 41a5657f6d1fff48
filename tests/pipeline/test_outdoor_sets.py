import numpy as np
import pytest

from generation.pipeline.catalog import FrameFormat, frame_format
from generation.pipeline.layout import plan_layout
from generation.pipeline.studio.canvas import blank, even_below, horizon_row
from generation.pipeline.studio.palette import NEUTRAL_PALETTE, Palette
from generation.pipeline.studio.rig import Pose, Rig
from generation.pipeline.studio.shapes import Mesh
from generation.pipeline.studio.stage import near_shapes, rig_for

SMALL = FrameFormat("1:1", 160, 160, "작은 정사각")
FORMATS = ["1:1", "9:16", "16:9", "1029x258"]


def outdoors(style: str, fmt: FrameFormat = SMALL, *, seed: int = 0, pose: Pose = "stands") -> Rig:
    layout = plan_layout(fmt, "auto", 0.8, True)
    return rig_for(style, fmt, layout, NEUTRAL_PALETTE, seed, pose=pose)


def mesh_of(rig: Rig, name: str) -> Mesh:
    shape = near_shapes(rig)[name]
    assert isinstance(shape, Mesh)
    return shape


@pytest.mark.parametrize("pose", ["stands", "lies"])
def test_the_sand_is_level_under_the_product_and_rippled_beside_it(pose):
    points = mesh_of(outdoors("beach", pose=pose), "sand").vertices
    away = np.hypot(points[:, 0], points[:, 1])
    under, beside = points[away < 0.6, 2], points[(away > 2.0) & (away < 4.0), 2]
    assert np.abs(under).max() < 0.06
    assert np.ptp(beside) > 0.08


@pytest.mark.parametrize("key", FORMATS)
def test_no_shell_is_cut_by_the_frame(key):
    for seed in (0, 2):
        rig = outdoors("beach", frame_format(key), seed=seed)
        shapes = near_shapes(rig)
        for name in {"fan", "turret"} & set(shapes):
            x, y = rig.camera.project(shapes[name].vertices.astype(np.float64)).T
            assert 0 < x.min() < x.max() < rig.camera.width
            assert 0 < y.min() < y.max() < rig.camera.height


@pytest.mark.parametrize("key", FORMATS)
def test_the_leaves_in_the_sun_are_out_of_sight(key):
    rig = outdoors("forest", frame_format(key))
    rows = rig.camera.project(mesh_of(rig, "gobo").vertices.astype(np.float64))[:, 1]
    assert rows.max() < 0


def test_the_market_lays_out_cloth_tray_and_bare_planks():
    found = {frozenset(near_shapes(outdoors("market", seed=s))) for s in range(8)}
    assert {"cloth"} < set().union(*found)
    assert {"tray", "rim"} < set().union(*found)
    assert frozenset({"table", "gap"}) in found


def test_what_the_ground_hides_of_a_backdrop_is_as_bright_as_the_rest():
    camera = outdoors("neon").camera
    canvas, _, rows = blank(camera)
    canvas[:] = np.where(rows[..., None] < 80, 0.5, 0.0)
    evened = even_below(canvas, camera, 80.0)
    assert np.allclose(evened, 0.5)


def test_the_horizon_is_where_level_ground_ends():
    camera = outdoors("beach").camera
    far = camera.project(np.array([[0.0, 1e7, 0.0]]))[0][1]
    assert horizon_row(camera) == pytest.approx(far, abs=0.01)


def test_the_sea_stays_blue_and_leaves_stay_green_in_every_palette():
    for hue in range(12):
        palette = Palette(hue, "mid")
        red, green, blue = palette.leaning(0.55, 0.03, saturation=0.6, value=0.8)
        assert blue > green > red
        red, green, blue = palette.leaning(0.28, 0.02, saturation=0.6, value=0.8)
        assert green > max(red, blue)
