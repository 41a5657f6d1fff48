"""Cutting the product out: exact alpha of drawn photos, and honesty where it cannot work."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generation.pipeline.cutout import CutOut, cut_out
from generation.pipeline.errors import NoProductFound, PhotoUnreadable
from generation.pipeline.grounding import CARD_CONFIDENCE

from .product_photos import Backdrop, ProductPhoto, Shape, intersection_over_union, product_photo

SHAPES: tuple[Shape, ...] = ("bottle", "box", "bowl", "bag", "fish", "mug")


def cut(pixels: NDArray[np.uint8], folder: Path) -> CutOut:
    photo = folder / "photo.png"
    Image.fromarray(pixels).save(photo)
    return cut_out(photo)


def full_alpha(found: CutOut, shape: tuple[int, ...]) -> NDArray[np.float32]:
    alpha = np.zeros(shape[:2], np.float32)
    left, top, right, bottom = found.box
    alpha[top:bottom, left:right] = found.rgba[..., 3].astype(np.float32) / 255
    return alpha


def overlap(found: CutOut, photo: ProductPhoto) -> float:
    return intersection_over_union(full_alpha(found, photo.rgb.shape) > 0.5, photo.alpha > 0.5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("backdrop", ["plain", "gradient", "table"])
def test_a_product_on_a_calm_backdrop_is_cut_out(
    shape: Shape, backdrop: Backdrop, tmp_path: Path
) -> None:
    photo = product_photo(shape, backdrop, seed=5, side=420)
    found = cut(photo.rgb, tmp_path)
    assert overlap(found, photo) >= 0.98
    assert found.confidence >= CARD_CONFIDENCE
    assert found.method == "colour_model"


@pytest.mark.parametrize(
    ("colour", "ground"),
    [((140, 140, 142), (225, 222, 215)), ((30, 28, 32), (62, 60, 66))],
    ids=["grey on white", "black on dark"],
)
def test_a_product_of_the_shadows_hue_is_not_taken_for_its_shadow(
    colour: tuple[int, int, int], ground: tuple[int, int, int], tmp_path: Path
) -> None:
    photo = product_photo("bowl", "plain", side=420, colour=colour, ground=ground)
    assert overlap(cut(photo.rgb, tmp_path), photo) >= 0.98


def test_the_cast_shadow_stays_behind(tmp_path: Path) -> None:
    photo = product_photo("box", "plain", side=420, shadow=0.5)
    alpha = full_alpha(cut(photo.rgb, tmp_path), photo.rgb.shape)
    outside = cv2.dilate((photo.alpha > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert alpha[outside].max() == 0


def test_a_white_label_before_a_white_wall_is_part_of_the_bottle(tmp_path: Path) -> None:
    photo = product_photo("bottle", "plain", side=420, ground=(240, 236, 226))
    alpha = full_alpha(cut(photo.rgb, tmp_path), photo.rgb.shape)
    assert alpha[int(0.62 * 420), int(0.5 * 420)] == 1


def test_the_wall_is_seen_through_a_handle(tmp_path: Path) -> None:
    photo = product_photo("mug", "gradient", side=420)
    alpha = full_alpha(cut(photo.rgb, tmp_path), photo.rgb.shape)
    assert alpha[int(0.55 * 420), int(0.64 * 420)] == 0


def test_a_white_product_before_a_white_wall_is_not_cut_in_half(tmp_path: Path) -> None:
    photo = product_photo("box", "plain", side=420, colour=(244, 243, 240), ground=(236, 236, 234))
    found = cut(photo.rgb, tmp_path)
    assert overlap(found, photo) >= 0.95


def test_a_part_as_bright_as_the_wall_is_no_hole(tmp_path: Path) -> None:
    photo = product_photo("bowl", "plain", side=420)
    bright = photo.rgb.copy()
    bright[int(0.56 * 420) : int(0.66 * 420), int(0.4 * 420) : int(0.6 * 420)] = (225, 222, 215)
    alpha = full_alpha(cut(bright, tmp_path), bright.shape)
    assert alpha[int(0.6 * 420), int(0.5 * 420)] == 1


def test_a_small_part_beside_a_large_one_is_kept(tmp_path: Path) -> None:
    photo = product_photo("bottle", "plain", side=420)
    pair = photo.rgb.copy()
    cv2.circle(pair, (340, 330), 16, (60, 90, 160), -1, cv2.LINE_AA)
    alpha = full_alpha(cut(pair, tmp_path), pair.shape)
    assert alpha[330, 340] == 1
    assert alpha[250, 210] == 1


def test_opaque_pixels_are_the_photos_own(tmp_path: Path) -> None:
    photo = product_photo("bag", "table", side=420)
    found = cut(photo.rgb, tmp_path)
    left, top, right, bottom = found.box
    opaque = found.rgba[..., 3] == 255
    assert opaque.mean() > 0.4
    assert (found.rgba[opaque][:, :3] == photo.rgb[top:bottom, left:right][opaque]).all()


@pytest.mark.parametrize("ground", [(30, 60, 220), (250, 250, 250), (20, 20, 20)])
def test_no_backdrop_colour_is_left_in_the_edge(
    ground: tuple[int, int, int], tmp_path: Path
) -> None:
    photo = product_photo("bowl", "plain", side=420, ground=ground, noise=1, shadow=0)
    found = cut(photo.rgb, tmp_path)
    left, top, right, bottom = found.box
    soft = (found.rgba[..., 3] > 60) & (found.rgba[..., 3] < 250)
    assert soft.sum() > 100
    wanted = photo.product[top:bottom, left:right][soft]
    off = np.abs(found.rgba[soft][:, :3].astype(float) - wanted)
    raw = np.abs(photo.rgb[top:bottom, left:right][soft].astype(float) - wanted)
    assert off.mean() < 0.45 * raw.mean()


def test_the_edge_is_as_soft_as_the_truth(tmp_path: Path) -> None:
    photo = product_photo("bowl", "plain", side=420, noise=1)
    alpha = full_alpha(cut(photo.rgb, tmp_path), photo.rgb.shape)
    band = (photo.alpha > 0.02) & (photo.alpha < 0.98)
    assert np.abs(alpha - photo.alpha)[band].mean() < 0.12


DEMO = Path(__file__).parents[2] / "campaigns" / "demo"


@pytest.mark.parametrize(
    ("name", "width", "height", "solidity"),
    [("gift_box", 679, 471, 0.95), ("latte_cup", 540, 852, 0.955), ("sesame_oil", 299, 814, 0.88),
     ("tangerines", 671, 485, 0.87)],
)  # fmt: skip
def test_every_demo_photo_is_cut_whole(name: str, width: int, height: int, solidity: float) -> None:
    found = cut_out(DEMO / f"{name}.jpg")
    assert found.confidence >= CARD_CONFIDENCE
    left, top, right, bottom = found.box
    assert abs((right - left) - width) < 20
    assert abs((bottom - top) - height) < 20
    solid = (found.rgba[..., 3] > 127).astype(np.uint8)
    lines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(lines, key=cv2.contourArea)
    # A torn foot or a bitten rim leaves the hull.
    assert cv2.contourArea(outline) / cv2.contourArea(cv2.convexHull(outline)) > solidity


def test_a_large_photo_is_cut_at_its_own_resolution(tmp_path: Path) -> None:
    photo = product_photo("mug", "gradient", side=1100)
    found = cut(photo.rgb, tmp_path)
    assert overlap(found, photo) >= 0.99
    assert found.rgba.shape[0] == found.box[3] - found.box[1] > 440


def test_a_photo_that_brings_alpha_is_used_as_it_is(tmp_path: Path) -> None:
    photo = product_photo("fish", "plain", side=300)
    alpha = np.round(photo.alpha * 255).astype(np.uint8)
    found = cut(np.dstack([photo.rgb, alpha]), tmp_path)
    left, top, right, bottom = found.box
    assert (found.rgba == np.dstack([photo.rgb, alpha])[top:bottom, left:right]).all()
    assert (found.method, found.confidence) == ("alpha", 1.0)
    assert found.rgba[4:-4, 4:-4, 3].max() == 255
    assert alpha.sum() == found.rgba[..., 3].sum(dtype=np.int64)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_flat_photo_has_no_product(grey: int, tmp_path: Path) -> None:
    with pytest.raises(NoProductFound):
        cut(np.full((300, 400, 3), grey, np.uint8), tmp_path)


def test_a_noisy_flat_photo_has_no_product(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(128, 5, (400, 400, 3))
    with pytest.raises(NoProductFound):
        cut(noise.astype(np.uint8), tmp_path)


def test_a_photo_whose_alpha_hides_everything_has_no_product(tmp_path: Path) -> None:
    with pytest.raises(NoProductFound):
        cut(np.zeros((100, 100, 4), np.uint8), tmp_path)


def test_an_unreadable_photo_is_said_to_be_unreadable(tmp_path: Path) -> None:
    broken = tmp_path / "photo.jpg"
    broken.write_bytes(b"not a photo")
    with pytest.raises(PhotoUnreadable):
        cut_out(broken)


@pytest.mark.parametrize("shape", SHAPES)
def test_clutter_is_never_cut_with_confidence(shape: Shape, tmp_path: Path) -> None:
    photo = product_photo(shape, "clutter", seed=5, side=420)
    try:
        found = cut(photo.rgb, tmp_path)
    except NoProductFound:
        return
    assert found.confidence < CARD_CONFIDENCE or overlap(found, photo) > 0.95


def test_a_product_that_fills_the_photo_is_not_trusted(tmp_path: Path) -> None:
    photo = product_photo("box", "plain", side=420, fill=3.2)
    try:
        found = cut(photo.rgb, tmp_path)
    except NoProductFound:
        return
    assert found.confidence < CARD_CONFIDENCE


def test_the_same_photo_gives_the_same_cut_out(tmp_path: Path) -> None:
    photo = product_photo("fish", "table", side=300)
    first, again = cut(photo.rgb, tmp_path), cut(photo.rgb, tmp_path)
    assert (first.rgba == again.rgba).all()
    assert first.confidence == again.confidence


@pytest.mark.parametrize("size", [(8000, 300), (300, 8000)], ids=["wide", "high"])
def test_an_extremely_long_photo_is_cut_or_refused_in_words(
    size: tuple[int, int], tmp_path: Path
) -> None:
    photo = np.full((size[1], size[0], 3), (226, 222, 216), np.uint8)
    middle = (slice(size[1] // 3, 2 * size[1] // 3), slice(size[0] // 3, 2 * size[0] // 3))
    photo[middle] = (160, 40, 30)
    found = cut(photo, tmp_path)
    left, top, right, bottom = found.box
    assert abs((right - left) - size[0] / 3) < 30
    assert abs((bottom - top) - size[1] / 3) < 30


def test_a_tiny_product_is_cut_out_or_refused_in_words(tmp_path: Path) -> None:
    photo = product_photo("bottle", "plain", side=420, fill=0.12)
    try:
        found = cut(photo.rgb, tmp_path)
    except NoProductFound:
        return
    assert found.confidence < 0.4 or overlap(found, photo) > 0.85


def test_a_nearly_transparent_photo_has_no_product(tmp_path: Path) -> None:
    photo = product_photo("bowl", "plain", side=200)
    faint = np.round(photo.alpha * 40).astype(np.uint8)
    with pytest.raises(NoProductFound):
        cut(np.dstack([photo.rgb, faint]), tmp_path)
