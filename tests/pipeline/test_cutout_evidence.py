"""What the cut-out's decisions are based on: things that stand out, shadows, and confidence."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from generation.pipeline.cutout import working_scale
from generation.pipeline.cutout.backdrop import LEAST_COVERAGE
from generation.pipeline.cutout.choice import voted
from generation.pipeline.cutout.confidence import (
    MEASURED,
    WEIGHTS,
    Candidate,
    variants,
    vectors,
)
from generation.pipeline.cutout.evidence import Evidence, gather_evidence
from generation.pipeline.cutout.glass import with_clear_part
from generation.pipeline.cutout.hypotheses import looked_at_again
from generation.pipeline.cutout.left_out import with_seen
from generation.pipeline.cutout.shadow import lit_outlines
from generation.pipeline.cutout.snap import coverage, outlines, snapped

from .product_photos import intersection_over_union, product_photo

SIDE = 240
MIDDLE = SIDE / 2


def evidence_of(pixels: NDArray[np.uint8]) -> Evidence:
    return gather_evidence(pixels)


def test_a_soft_shadow_is_shed_and_the_product_is_not() -> None:
    ground = np.full((SIDE, SIDE, 3), (120, 150, 190), np.float32)
    product = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(product, (110, 120), 50, 1, -1)
    cast = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(cast, (150, 160), (50, 16), 0, 0, 360, 1.0, -1)
    dimmed = ground * (1 - 0.5 * cv2.GaussianBlur(cast, (0, 0), 6))[..., None]
    photo = np.where(product[..., None] > 0, (200, 60, 30), dimmed).astype(np.uint8)
    with_shadow = (product > 0) | (cv2.GaussianBlur(cast, (0, 0), 6) > 0.2)
    lit = lit_outlines(with_shadow, evidence_of(photo))[1].mask
    assert intersection_over_union(with_shadow, product > 0) < 0.85
    assert intersection_over_union(lit, product > 0) > 0.95


def test_a_grey_product_is_not_shed_as_a_shadow() -> None:
    photo = product_photo(
        "bowl", "plain", side=SIDE, colour=(140, 140, 142), ground=(225, 222, 215), shadow=0
    )
    mask = photo.alpha > 0.5
    found = lit_outlines(mask, evidence_of(photo.rgb))
    assert all(one.product_lost > 0.1 for one in found if (one.mask != mask).mean() > 0.02)
    assert max(intersection_over_union(one.mask, mask) for one in found) == 1


def test_the_second_look_sees_a_pale_product_off_the_middle_where_it_is() -> None:
    photo = product_photo("mug", "plain", side=320, colour=(238, 237, 234), ground=(228, 227, 225))
    off = np.s_[:, :250]
    small = np.ascontiguousarray(photo.rgb[off])
    seen = looked_at_again(evidence_of(small))
    assert intersection_over_union(seen, photo.alpha[off] > 0.5) > 0.85


def test_every_measurement_has_a_weight_and_agreement_is_one_of_them() -> None:
    assert len(WEIGHTS) == len(MEASURED)
    photo = product_photo("box", "plain", side=SIDE)
    evidence = evidence_of(photo.rgb)
    mask = photo.alpha > 0.5
    twice = vectors([variants(mask, evidence), variants(mask.copy(), evidence)])
    alone = vectors([variants(mask, evidence)])
    best = MEASURED.index("agreement")
    assert twice[0][1][best] == 1.0
    assert alone[0][1][best] == 0.0


def test_a_long_photo_keeps_its_short_side_when_it_is_made_small() -> None:
    assert 300 * working_scale((300, 8000), 320) > 50
    assert working_scale((100, 100), 320) == 1.0


def disc_at(radius: int, ragged: float = 0.0) -> NDArray[np.bool_]:
    y, x = np.indices((SIDE, SIDE)) + 0.5 - MIDDLE
    return np.asarray(np.hypot(x, y) < radius + ragged * np.sin(24 * np.arctan2(y, x)), bool)


def test_the_outlines_of_a_mask_cover_that_mask() -> None:
    mask = disc_at(60) & ~disc_at(25)
    assert (coverage(outlines(mask), mask.shape) > 127).sum() == pytest.approx(mask.sum(), rel=0.01)
    assert intersection_over_union(coverage(outlines(mask), mask.shape) > 127, mask) > 0.99


def test_an_outline_is_laid_on_the_photos_edge() -> None:
    photo = np.full((SIDE, SIDE, 3), 220, np.uint8)
    photo[disc_at(60)] = (90, 40, 30)
    found = coverage(snapped(photo, disc_at(62, ragged=2)), (SIDE, SIDE)) > 127
    assert intersection_over_union(found, disc_at(60)) > 0.99


def test_an_outline_ends_where_the_product_touches_the_ground() -> None:
    photo = np.full((SIDE, SIDE, 3), (134, 164, 188), np.float32)
    photo[disc_at(60)] = (180, 120, 70)
    y, x = np.indices((SIDE, SIDE)) + 0.5 - MIDDLE
    beyond = np.hypot(x, y) - 60
    outside, inside = np.exp(-beyond.clip(0) / 5), 0.9 * np.exp(beyond.clip(None, 0) / 8)
    dimmed = np.where(y > 0, 0.95 * np.where(beyond > 0, outside, inside), 0)
    shadowed = cv2.GaussianBlur((photo * (1 - dimmed[..., None])).astype(np.uint8), (0, 0), 0.8)
    found = coverage(snapped(shadowed, disc_at(62)), (SIDE, SIDE)) > 127
    assert intersection_over_union(found, disc_at(60)) > 0.99


def test_an_outline_leaves_no_pale_strip_outside_for_the_sake_of_a_dark_print() -> None:
    photo = np.full((SIDE, SIDE, 3), 215, np.uint8)
    photo[disc_at(60)] = (222, 214, 196)
    photo[disc_at(55)] = (60, 20, 20)
    soft = np.asarray(cv2.GaussianBlur(photo, (0, 0), 0.7))
    found = coverage(snapped(soft, disc_at(60)), (SIDE, SIDE)) > 127
    assert intersection_over_union(found, disc_at(60)) > 0.97


@pytest.mark.parametrize(("veil", "grown"), [(9, True), (1, False)])
def test_the_clear_part_of_a_glass_belongs_to_it(veil: int, grown: bool) -> None:
    rng = np.random.default_rng(2)
    photo = rng.normal(205, 1.5, (SIDE, SIDE, 3)).astype(np.int16)
    juice, glass = np.s_[110:190, 85:155], np.s_[60:110, 80:160]
    photo[juice] = (230, 150, 40)
    photo[glass] -= veil
    mask = np.zeros((SIDE, SIDE), bool)
    mask[juice] = True
    whole = with_clear_part(mask, evidence_of(photo.clip(0, 255).astype(np.uint8)))
    assert bool(whole[glass].mean() > 0.9) == grown
    assert grown or (whole == mask).all()


def test_an_outline_is_a_fair_curve_where_the_photo_shows_no_edge() -> None:
    empty = np.full((SIDE, SIDE, 3), 220, np.uint8)
    ragged = disc_at(60, ragged=2)
    (line,) = snapped(empty, ragged)
    assert np.hypot(*(line - MIDDLE).T).std() < 0.5
    (raw,) = outlines(ragged)
    assert np.hypot(*(raw - MIDDLE).T).std() > 1


def test_no_shadow_is_sought_where_the_backdrop_is_no_smooth_surface() -> None:
    photo = product_photo("box", "plain", side=SIDE, shadow=0.5)
    evidence = evidence_of(photo.rgb)
    wide = cv2.dilate((photo.alpha > 0.5).astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert len(lit_outlines(wide, evidence)) > 1
    patchy = replace(evidence.backdrop, coverage=LEAST_COVERAGE - 0.01)
    assert len(lit_outlines(wide, replace(evidence, backdrop=patchy))) == 1


def test_a_bite_that_only_the_best_outline_has_is_filled_by_the_others() -> None:
    whole = disc_at(60)
    bitten = whole.copy()
    bitten[100:140, 55:70] = False
    best = Candidate(bitten, 0.8, 0.95)
    others = [Candidate(whole, 0.7, 0.95), Candidate(disc_at(61), 0.6, 0.95)]
    found = voted(best, [best, *others])
    assert found[100:140, 65:70].all()
    assert intersection_over_union(found, whole) > 0.99
    assert voted(best, [best, others[0]]) is bitten


@pytest.mark.parametrize(("lightness", "taken"), [(231, True), (150, False)])
def test_what_the_learnt_model_sees_is_taken_where_it_is_no_shadow(
    lightness: int, taken: bool
) -> None:
    photo = np.full((SIDE, SIDE, 3), 229, np.uint8)
    body, foot = np.zeros((2, SIDE, SIDE), bool)
    body[60:150, 80:160], foot[150:185, 85:155] = True, True
    photo[body], photo[foot] = (150, 110, 60), lightness
    found = with_seen(body, [body | foot], evidence_of(photo))
    assert bool(found[foot].mean() > 0.9) == taken
    assert taken or (found == body).all()
