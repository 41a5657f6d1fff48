import numpy as np

from generation.pipeline.catalog import FrameFormat
from generation.pipeline.layout import plan_layout
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.reflection import Gloss, mirrored
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.stage import rig_for

SMALL = FrameFormat("1:1", 200, 200, "작은 정사각")
GLOSS = Gloss(0.5, (0.0, 0.5), 3.0)
OPEN = np.ones((200, 200), np.float32)


def rig_and_bottle(colour: tuple[int, int, int]) -> tuple[Rig, np.ndarray]:
    rig = rig_for("luxury", SMALL, plan_layout(SMALL, "auto", 0.5, True), NEUTRAL_PALETTE, 0)
    box = rig.layout.product
    product = np.zeros((200, 200, 4), np.uint8)
    middle = round(box.center[0])
    product[box.y : box.bottom, middle - 15 : middle + 15] = (*colour, 255)
    return rig, product


def black() -> np.ndarray:
    return np.full((200, 200, 3), 12, np.uint8)


def test_polished_ground_mirrors_the_product_fading_downwards():
    rig, product = rig_and_bottle((230, 40, 40))
    scene = mirrored(black(), product, rig, GLOSS, "round", contact=OPEN)
    foot, middle = rig.layout.product.bottom, round(rig.layout.product.center[0])
    below = scene[foot : foot + 12, middle, 0].astype(int)
    assert below[0] > 60
    assert (np.diff(below) <= 0).all()


def test_nothing_is_mirrored_beside_or_above_the_foot():
    rig, product = rig_and_bottle((230, 40, 40))
    scene = mirrored(black(), product, rig, GLOSS, "round", contact=OPEN)
    foot, middle = rig.layout.product.bottom, round(rig.layout.product.center[0])
    assert int(scene[: foot - 4].max()) == 12
    assert int(scene[:, : middle - 20].max()) == 12


def test_only_the_polished_disc_mirrors():
    rig, product = rig_and_bottle((230, 40, 40))
    assert np.array_equal(
        mirrored(black(), product, rig, GLOSS._replace(radius=0.0), "round", contact=OPEN), black()
    )


def test_flat_goods_hide_their_mirror_image():
    rig, product = rig_and_bottle((230, 40, 40))
    assert np.array_equal(mirrored(black(), product, rig, GLOSS, "flat", contact=OPEN), black())


def test_the_contact_lies_on_the_mirror_image_too():
    rig, product = rig_and_bottle((230, 40, 40))
    foot, middle = rig.layout.product.bottom, round(rig.layout.product.center[0])
    contact = OPEN.copy()
    contact[foot : foot + 2] = 0.2
    open_, met = (
        mirrored(black(), product, rig, GLOSS, "round", contact=at) for at in (OPEN, contact)
    )
    assert met[foot, middle, 0] < 0.6 * open_[foot, middle, 0]
    assert np.array_equal(met[foot + 2 :], open_[foot + 2 :])
