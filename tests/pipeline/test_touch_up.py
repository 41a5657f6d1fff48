"""A person's strokes correct a cut-out near them, and leave the rest as it was."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.cutout.touch_up import touch_up

from .product_photos import ProductPhoto, intersection_over_union, product_photo

SIDE = 420
NOTHING = np.zeros((SIDE, SIDE), bool)


def bytes_of(alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.round(alpha * 255), np.uint8)


def stroke(start: tuple[float, float], end: tuple[float, float]) -> NDArray[np.bool_]:
    """A finger from (x, y) to (x, y), as parts of the photo's side."""
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    points = [tuple(round(value * SIDE) for value in point) for point in (start, end)]
    cv2.line(drawn, points[0], points[1], 1, 12)  # type: ignore[call-overload]
    return drawn.astype(bool)


def without_its_side(photo: ProductPhoto) -> NDArray[np.uint8]:
    alpha = bytes_of(photo.alpha)
    alpha[:, round(0.62 * SIDE) :] = 0
    return alpha


def overlap(rgba: NDArray[np.uint8], photo: ProductPhoto) -> float:
    return intersection_over_union(rgba[..., 3] > 127, photo.alpha > 0.5)


def test_a_missing_part_comes_back_under_a_stroke() -> None:
    photo = product_photo("bowl", "clutter", seed=3, side=SIDE)
    found = touch_up(photo.rgb, without_its_side(photo), stroke((0.68, 0.52), (0.7, 0.62)), NOTHING)
    assert overlap(found, photo) > 0.96


def test_a_thing_that_is_no_product_goes_under_a_stroke() -> None:
    photo = product_photo("box", "table", seed=3, side=SIDE)
    alpha = bytes_of(photo.alpha)
    cv2.ellipse(alpha, (90, 240), (50, 30), 0, 0, 360, 255, -1)
    found = touch_up(photo.rgb, alpha, NOTHING, stroke((0.15, 0.56), (0.2, 0.58)))
    assert overlap(found, photo) > 0.98


def test_far_from_the_stroke_nothing_changes() -> None:
    photo = product_photo("bottle", "plain", seed=3, side=SIDE)
    alpha = bytes_of(photo.alpha)
    found = touch_up(photo.rgb, alpha, NOTHING, stroke((0.45, 0.13), (0.55, 0.13)))
    assert (found[SIDE // 2 :, :, 3] == alpha[SIDE // 2 :]).all()
    assert found[: SIDE // 5, :, 3].sum() < alpha[: SIDE // 5].sum()


def test_no_stroke_leaves_the_cut_out_as_it_is() -> None:
    photo = product_photo("mug", "plain", side=SIDE)
    alpha = bytes_of(photo.alpha)
    assert (touch_up(photo.rgb, alpha, NOTHING, NOTHING)[..., 3] == alpha).all()


def test_the_touched_pixels_are_the_photos_own() -> None:
    photo = product_photo("bag", "table", side=SIDE)
    found = touch_up(photo.rgb, without_its_side(photo), stroke((0.66, 0.4), (0.68, 0.7)), NOTHING)
    opaque = found[..., 3] == 255
    assert opaque.any()
    assert (found[opaque][:, :3] == photo.rgb[opaque]).all()


def test_without_a_cut_out_the_strokes_begin_one() -> None:
    photo = product_photo("bowl", "plain", side=SIDE)
    found = touch_up(photo.rgb, None, stroke((0.45, 0.6), (0.55, 0.6)), NOTHING)
    assert overlap(found, photo) > 0.97


def test_a_smaller_strokes_picture_is_laid_over_the_whole_photo() -> None:
    photo = product_photo("bowl", "clutter", seed=3, side=SIDE)
    keep = stroke((0.68, 0.52), (0.7, 0.62))[::3, ::3]
    found = touch_up(photo.rgb, without_its_side(photo), keep, np.zeros_like(keep))
    assert overlap(found, photo) > 0.95


def test_dropping_everything_leaves_nothing() -> None:
    photo = product_photo("bowl", "plain", side=SIDE)
    found = touch_up(photo.rgb, bytes_of(photo.alpha), NOTHING, np.ones((SIDE, SIDE), bool))
    assert found.max() == 0
