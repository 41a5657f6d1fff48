"""Stage 3: layers together, the product's own pixels, words that can be read, a clean PNG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generation.pipeline.composition import run_composition
from generation.pipeline.errors import InputMissing, PhotoUnreadable, StageCancelled
from generation.pipeline.legibility import back_up, worst_contrast
from generation.pipeline.linear_light import luminance, to_linear, to_srgb
from generation.pipeline.types import (
    AdSpec,
    CompositionMode,
    Progress,
    Stage,
    StageOutput,
    StageRequest,
    SubStep,
)

Bytes = NDArray[np.uint8]
SIDE = 1080
# The product stands here, the words across its top.
PRODUCT = (slice(500, 900), slice(400, 700))
WORDS = (slice(440, 560), slice(200, 880))


def scene(value: int = 120) -> Bytes:
    picture = np.full((SIDE, SIDE, 3), value, np.uint8)
    picture[PRODUCT] = product()[PRODUCT][..., :3]
    return picture


def product() -> Bytes:
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    rng = np.random.default_rng(1)
    layer[PRODUCT] = 255
    layer[PRODUCT][..., :3] = rng.integers(30, 220, (400, 300, 3))
    return layer


def words(ink: tuple[int, int, int] = (250, 240, 200)) -> Bytes:
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    for left in range(200, 880, 80):
        layer[WORDS[0], left : left + 40] = (*ink, 255)
    return layer


Compose = Callable[..., tuple[Bytes, StageOutput]]


@pytest.fixture
def compose(tmp_path: Path) -> Compose:
    def run(
        *,
        ground: Bytes | None = None,
        text: Bytes | None = None,
        goods: Bytes | None = None,
        light: NDArray[np.uint16] | None = None,
        mode: CompositionMode = "overlay",
        report: Callable[[Progress], None] = lambda _: None,
    ) -> tuple[Bytes, StageOutput]:
        request = make_request(
            tmp_path, ground=ground, text=text, goods=goods, light=light, mode=mode
        )
        output = run_composition(request, report)
        return np.asarray(Image.open(output.image)), output

    return run


def make_request(
    folder: Path,
    *,
    ground: Bytes | None = None,
    text: Bytes | None = None,
    goods: Bytes | None = None,
    light: NDArray[np.uint16] | None = None,
    mode: CompositionMode = "overlay",
) -> StageRequest:
    def saved(name: str, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Path:
        path = folder / f"{name}.png"
        order = [2, 1, 0, 3][: pixels.shape[2]]
        cv2.imwrite(str(path), pixels[..., order])
        return path

    extras = {"product": saved("product", goods)} if goods is not None else {}
    background = StageOutput(
        image=saved("scene", scene() if ground is None else ground), extras=extras
    )
    earlier = {Stage.BACKGROUND: background}
    if text is not None:
        lit = {"light": saved("light", light)} if light is not None else {}
        earlier[Stage.TEXT] = StageOutput(image=saved("text", text), extras=lit)
    spec = AdSpec(
        photo=None,
        ad_text="세일",
        background_style="market",
        text_style="metal",
        composition_mode=mode,
    )
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return StageRequest(
        stage=Stage.COMPOSITION, spec=spec, earlier=earlier, out_dir=out, cache_dir=folder
    )


def test_without_words_the_scene_is_the_ad(compose: Compose) -> None:
    final, output = compose(goods=product())
    assert (final == scene()).all()
    assert output.checks["product"]["exact"]
    assert "contrast" not in output.checks


def test_overlay_puts_the_words_over_the_product(compose: Compose) -> None:
    final, output = compose(ground=scene(40), text=words(), goods=product())
    assert tuple(final[530, 460]) == (250, 240, 200)
    assert output.checks["product"]["exact"]
    assert output.checks["product"]["visible"] < 1


def test_behind_keeps_the_product_in_front(compose: Compose) -> None:
    final, output = compose(ground=scene(40), text=words(), goods=product(), mode="behind")
    assert (final[PRODUCT] == product()[PRODUCT][..., :3]).all()
    assert tuple(final[480, 460]) == (250, 240, 200)
    assert output.checks["product"]["visible"] == 1


def test_blend_takes_up_the_hue_of_the_scene_and_stays_legible(compose: Compose) -> None:
    ground = np.full((SIDE, SIDE, 3), (20, 40, 110), np.uint8)
    over, _ = compose(ground=ground, text=words((200, 200, 200)))
    blended, output = compose(ground=ground, text=words((200, 200, 200)), mode="blend")
    red, _green, blue = (int(v) for v in blended[500, 220])
    assert blue - red > 10
    assert tuple(over[500, 220]) == (200, 200, 200)
    assert output.checks["contrast"]["after"] >= 3


def test_the_product_is_put_back_where_the_scene_lost_it(compose: Compose) -> None:
    damaged = scene()
    damaged[PRODUCT] = 128
    final, output = compose(ground=damaged, goods=product())
    inner = (slice(504, 896), slice(404, 696))
    assert (final[inner] == product()[inner][..., :3]).all()
    assert output.checks["product"]["exact"]


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_words_shade_the_set_but_not_the_product(
    compose: Compose, depth: type[np.unsignedinteger]
) -> None:
    half = np.iinfo(depth).max // 2
    light = np.full((SIDE, SIDE, 3), half, depth)
    light[560:, :] = half // 2
    final, output = compose(ground=scene(), text=words((10, 10, 10)), goods=product(), light=light)
    # Half the light of sRGB 120 is sRGB 86; the noise against bands is one step at most.
    assert abs(int(np.median(final[950])) - 86) <= 1
    assert (final[570:890, 410:690] == product()[570:890, 410:690, :3]).all()
    assert output.checks["product"]["exact"]


def test_light_that_changes_nothing_changes_no_pixel(compose: Compose) -> None:
    light = np.full((SIDE, SIDE, 3), 32768, np.uint16)
    ground = cv2.resize(
        np.random.default_rng(0).integers(0, 255, (20, 20, 3), np.uint8), (SIDE, SIDE)
    )
    final, _ = compose(ground=ground, text=words((0, 0, 0)), light=light)
    away = np.ones((SIDE, SIDE), bool)
    away[380:620] = False
    assert np.abs(final[away].astype(int) - ground[away]).max() <= 1


def test_soft_edges_do_not_go_dark(compose: Compose) -> None:
    text = words((255, 255, 255))
    text[..., 3] = cv2.GaussianBlur(text[..., 3], (0, 0), 3)
    text[..., :3] = 255
    ground = np.full((SIDE, SIDE, 3), (255, 0, 0), np.uint8)
    final, _ = compose(ground=ground, text=text)
    soft = (text[..., 3] > 20) & (text[..., 3] < 235)
    assert final[soft][:, 0].min() >= 250


@pytest.mark.parametrize(("ground", "ink"), [(150, 245), (90, 140)])
def test_words_that_cannot_be_read_get_a_soft_backing(
    compose: Compose, ground: int, ink: int
) -> None:
    picture = np.full((SIDE, SIDE, 3), ground, np.uint8)
    final, output = compose(ground=picture, text=words((ink, ink, ink)))
    contrast = output.checks["contrast"]
    assert contrast["before"] < 3 <= contrast["after"]
    assert contrast["backing"] != 0
    outside = words()[..., 3] == 0
    row = final[500, :, 0].astype(int)[outside[500]]
    assert abs(row[0] - ground) <= 12  # nothing at the frame's edge
    column = cv2.GaussianBlur(final[:, 180, 0].astype(np.float32), (0, 0), 2).ravel()
    assert np.abs(np.diff(column)).max() < 6  # and no edge of a box on the way


def test_legible_words_leave_the_scene_alone(compose: Compose) -> None:
    final, output = compose(ground=scene(20), text=words(), goods=product())
    assert output.checks["contrast"]["backing"] == 0
    assert (final[:400] == 20).all()


def test_words_with_a_dark_rim_are_legible_on_their_own_tone() -> None:
    alpha = (words()[..., 3] / 255).astype(np.float32)
    face = cv2.erode(alpha, np.ones((21, 21)))
    ground = np.full((SIDE, SIDE), 0.4, np.float32)
    plain = worst_contrast(ground, np.full_like(ground, 0.4), alpha)
    rimmed = worst_contrast(ground, np.where(face > 0, 0.4, 0.0).astype(np.float32), alpha)
    assert plain == pytest.approx(1, abs=0.05)
    assert rimmed > 3


def test_the_backing_is_the_weakest_that_serves() -> None:
    alpha = (words()[..., 3] / 255).astype(np.float32)
    text = np.full_like(alpha, 0.9)
    near, far = (back_up(np.full_like(alpha, tone), text, alpha).strength for tone in (0.3, 0.6))
    assert far < near < 0


@pytest.mark.parametrize("size", [(1600, 900), (700, 1400), (300, 300)])
def test_an_uploaded_scene_is_cropped_never_stretched(
    compose: Compose, size: tuple[int, int]
) -> None:
    upload = np.full((size[1], size[0], 3), 128, np.uint8)
    radius = min(size) // 4
    cv2.circle(upload, (size[0] // 2, size[1] // 2), radius, (255, 255, 255), -1)
    final, output = compose(ground=upload, goods=np.zeros((size[1], size[0], 4), np.uint8))
    assert final.shape == (SIDE, SIDE, 3)
    disc = final[..., 0] > 200
    assert disc.any(0).sum() == pytest.approx(disc.any(1).sum(), abs=3)
    assert "product" not in output.checks


def test_an_uploaded_text_layer_is_fitted_whole(compose: Compose) -> None:
    text = np.zeros((200, 800, 4), np.uint8)
    text[:, :20] = text[:, -20:] = (255, 255, 255, 255)
    final, _ = compose(ground=np.zeros((SIDE, SIDE, 3), np.uint8), text=text)
    assert final[SIDE // 2, 8].min() > 200
    assert final[SIDE // 2, -8].min() > 200


def test_steps_come_in_order_with_a_last_preview(compose: Compose) -> None:
    seen: list[Progress] = []
    _final, output = compose(text=words(), goods=product(), report=seen.append)
    assert [step.sub_step for step in seen] == [
        *[SubStep.COMPOSE] * 3,
        SubStep.CHECK,
        SubStep.EXPORT,
    ]
    fractions = [step.fraction for step in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert seen[-1].preview is not None
    assert seen[-1].preview.startswith(b"RIFF")
    assert set(output.seconds) == {"compose", "check", "export"}


def test_a_stop_request_ends_it(compose: Compose) -> None:
    def stop(progress: Progress) -> None:
        if progress.sub_step is SubStep.CHECK:
            raise StageCancelled

    with pytest.raises(StageCancelled):
        compose(text=words(), report=stop)


def test_the_png_says_srgb_and_nothing_else(compose: Compose) -> None:
    _final, output = compose()
    content = output.image.read_bytes()
    names, at = [], 8
    while at < len(content):
        names.append(content[at + 4 : at + 8])
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    assert list(dict.fromkeys(names)) == [b"IHDR", b"sRGB", b"IDAT", b"IEND"]


def test_without_a_scene_the_reason_is_said(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    with pytest.raises(InputMissing) as missing:
        run_composition(replace(request, earlier={}), lambda _: None)
    assert missing.value.params == {"stage": "step1_background"}


def test_a_broken_scene_is_said_to_be_unreadable(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    request.earlier[Stage.BACKGROUND].image.write_bytes(b"\x89PNG broken")
    with pytest.raises(PhotoUnreadable):
        run_composition(request, lambda _: None)


def test_eight_bit_values_come_back_from_linear_light_exactly() -> None:
    every = np.arange(256, dtype=np.uint8).repeat(48).reshape(64, 64, 3)
    assert (to_srgb(to_linear(every)) == every).all()


def test_luminance_of_white_is_one() -> None:
    assert luminance(to_linear(np.full((1, 1, 3), 255, np.uint8)))[0, 0] == pytest.approx(1)
