import cv2
import numpy as np
import pytest

from generation.pipeline.catalog import FrameFormat
from generation.pipeline.compositing import composite, core_difference, core_mask
from generation.pipeline.cutout import CutOut
from generation.pipeline.grounding import (
    contact_shade,
    photo_card,
    place,
    pose_of,
    shows_something,
    subject_of,
)
from generation.pipeline.layout import Box, plan_layout
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.proxy import footing_of
from generation.pipeline.studio.shading import product_shade
from generation.pipeline.studio.stage import rig_for

FRAME = Box(0, 0, 240, 240)
SLOT = Box(40, 60, 160, 150)


def solid(height: int, width: int, colour=(200, 40, 30)) -> np.ndarray:
    return np.full((height, width, 4), (*colour, 255), np.uint8)


def disc(side: int) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    rgba = solid(side, side)
    rgba[..., 3] = np.where(np.hypot(rows, columns) <= side / 2, 255, 0)
    return rgba


def noisy_photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)


def cut(rgba: np.ndarray, confidence: float, box=(10, 10, 50, 50)) -> CutOut:
    return CutOut(rgba, box, confidence, "colour_model")


@pytest.mark.parametrize(
    ("shape", "pose"),
    [((300, 100), "stands"), ((100, 300), "lies"), ((200, 200), "stands")],
)
def test_slim_and_flat_footed_goods_stand_and_long_ones_lie(shape, pose):
    assert pose_of(solid(*shape)) == pose


def test_a_round_product_lies_when_in_doubt():
    assert pose_of(disc(200)) == "lies"


def test_a_doubtful_cut_out_becomes_a_photo_card():
    subject = subject_of(cut(solid(40, 40), 0.1), noisy_photo())
    assert subject.is_card
    assert (subject.rgba[..., 3] == 255).mean() > 0.99


def test_a_product_cropped_by_its_photo_becomes_a_photo_card():
    subject = subject_of(cut(solid(120, 160), 0.9, (0, 0, 160, 120)), noisy_photo())
    assert subject.is_card


def test_a_sure_cut_out_stays_a_cut_out():
    assert not subject_of(cut(solid(40, 40), 0.9), noisy_photo()).is_card


def test_the_photo_card_keeps_the_photo_inside_a_white_border():
    photo = noisy_photo()
    card = photo_card(photo)
    edge = (card.shape[1] - photo.shape[1]) // 2
    foot = card.shape[0] - photo.shape[0] - edge
    assert (card[edge:-foot, edge:-edge, :3] == photo).all()
    assert card[0, edge, :3].min() > 240
    assert foot > 1.5 * edge


def test_the_ground_is_darker_beside_a_long_flat_product():
    layer, box = place(subject_of(cut(solid(60, 200), 0.9), noisy_photo()), SLOT, FRAME)
    alpha = layer[..., 3].astype(np.float32) / 255
    light = contact_shade(alpha, box, "flat")
    below = light[box.bottom + round(0.06 * box.height), box.x + box.width // 2]
    assert below < 0.75
    assert light[-1].min() > 0.95


@pytest.mark.parametrize("footing", ["edges", "round"])
def test_less_sky_reaches_the_ground_right_beside_a_standing_products_foot(footing):
    alpha = np.zeros((600, 600), np.float32)
    alpha[150:450, 150:450] = 1
    box = Box(150, 150, 300, 300)
    light = contact_shade(alpha, box, footing)
    below = [float(light[box.bottom + away, 300]) for away in (12, 25, 60, 90)]
    assert below == sorted(below)
    assert below[0] < 0.75
    assert below[1] < 0.95
    assert below[3] > 0.99
    # Beside its upper half there is no ground.
    assert light[200, box.right + 12] > 0.99


def test_flat_colour_shows_nothing_and_a_picture_does():
    assert not shows_something(np.full((100, 100, 3), 128, np.uint8))
    photo = np.full((100, 100, 3), 220, np.uint8)
    photo[30:70, 40:60] = 40
    assert shows_something(photo)


@pytest.mark.parametrize("shape", [(300, 100), (100, 300), (40, 40), (900, 700)])
def test_a_product_is_never_stretched_and_rests_on_the_ground(shape):
    subject = subject_of(cut(solid(*shape), 0.9), noisy_photo())
    layer, box = place(subject, SLOT, FRAME)
    assert abs(box.width / box.height - subject.aspect) / subject.aspect < 0.03
    assert box.bottom == SLOT.bottom
    assert layer.shape == (240, 240, 4)
    assert (layer[..., 3] > 0).sum() == box.width * box.height


def test_a_product_is_not_flipped():
    rgba = solid(100, 100)
    rgba[:50, :50, :3] = (10, 200, 10)
    layer, box = place(subject_of(cut(rgba, 0.9), noisy_photo()), SLOT, FRAME)
    assert layer[box.y + 5, box.x + 5, 1] > 150
    assert layer[box.bottom - 5, box.right - 5, 1] < 100


def test_the_core_keeps_the_products_own_pixels():
    layer, _ = place(subject_of(cut(disc(300), 0.9), noisy_photo()), SLOT, FRAME)
    scene = np.random.default_rng(1).integers(0, 255, (240, 240, 3), dtype=np.uint8)
    out = composite(scene, layer)
    assert core_mask(layer).sum() > 5000
    assert core_difference(out, layer) == 0


def test_outside_the_product_the_set_is_untouched():
    layer, _ = place(subject_of(cut(disc(300), 0.9), noisy_photo()), SLOT, FRAME)
    scene = np.full((240, 240, 3), 90, np.uint8)
    out = composite(scene, layer)
    assert (out[layer[..., 3] == 0] == 90).all()


def test_a_changed_core_is_noticed():
    layer, box = place(subject_of(cut(solid(90, 90), 0.9), noisy_photo()), SLOT, FRAME)
    out = composite(np.zeros((240, 240, 3), np.uint8), layer)
    out[box.y + 40, box.x + 40] += 9
    assert core_difference(out, layer) == 9


def test_a_box_seen_over_its_corner_meets_the_ground_along_its_edges():
    alpha = np.zeros((240, 240), np.float32)
    corner = np.array([[60, 80], [180, 80], [180, 170], [110, 210], [60, 180]], np.int32)
    cv2.fillPoly(alpha, [corner], 1.0)
    assert footing_of(alpha, "stands") == "edges"
    assert footing_of(disc(200)[..., 3] / np.float32(255), "lies") == "round"
    assert footing_of(np.pad(np.ones((40, 160), np.float32), 20), "lies") == "flat"
    assert footing_of(np.pad(np.ones((160, 40), np.float32), 20), "stands") == "round"


def test_the_ground_is_darkest_right_under_the_foot():
    layer, box = place(subject_of(cut(solid(90, 60), 0.9), noisy_photo()), SLOT, FRAME)
    light = contact_shade(layer[..., 3].astype(np.float32) / 255, box, "round")
    column = light[:, box.x + box.width // 2]
    assert column[box.bottom] < 0.75
    assert column[box.bottom] < column[box.bottom + 4] < column[box.bottom + 12] + 1e-6
    assert light[: box.y].min() > 0.99


def test_the_contact_line_follows_the_seen_half_of_a_round_foot():
    alpha = np.zeros((240, 240), np.float32)
    cv2.rectangle(alpha, (70, 60), (170, 190), 1.0, cv2.FILLED)
    cv2.ellipse(alpha, (120, 190), (50, 7), 0, 0, 180, 1.0, cv2.FILLED)
    light = contact_shade(alpha, Box(70, 60, 101, 138), "round")
    lowest = 240 - np.argmax(alpha[::-1] > 0.5, axis=0)
    under = np.array([light[lowest[x], x] for x in range(80, 161)])
    assert under.max() < 0.6
    assert light[100, 60:180].min() > 0.99


@pytest.mark.parametrize(("width", "pose"), [(90, "stands"), (200, "lies")])
def test_the_product_throws_its_shadow_away_from_the_key(width, pose):
    fmt = FrameFormat("1:1", 240, 240, "작은 정사각")
    layout = plan_layout(fmt, "center", width / 200, True)
    rig = rig_for("minimal", fmt, layout, NEUTRAL_PALETTE, 0, pose=pose)
    subject = subject_of(cut(solid(200, width), 0.9), noisy_photo())
    layer, box = place(subject, layout.product, FRAME)
    alpha = layer[..., 3].astype(np.float32) / 255
    shade = product_shade(rig, alpha, (0.4, 0.1, 0.1), lambda *_: None)
    foot = slice(box.bottom - box.height // 3, box.bottom)
    left = shade[foot, box.x - 15 : box.x].mean()
    right = shade[foot, box.right : box.right + 15].mean()
    assert right < left - 0.02
    assert shade[:5].min() > 0.97
