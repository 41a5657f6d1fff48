"""The letters' shadow on the set: where it falls, and where nothing may change."""

import json
from dataclasses import replace
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from PIL import Image

from generation.pipeline.catalog import frame_format
from generation.pipeline.composition import compose, load_layers
from generation.pipeline.glyphs.cast import cast_light, save_light, shadow_window
from generation.pipeline.glyphs.plan import plan_lettering
from generation.pipeline.layout import plan_layout
from generation.pipeline.lettering import run_lettering
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.stage import rig_for
from generation.pipeline.types import AdSpec, Stage, StageOutput, StageRequest


@pytest.fixture
def lettering_on(tmp_path):
    return lambda style: plan_lettering(request_on(tmp_path, style))


def request_on(tmp_path, style: str) -> StageRequest:
    layout = plan_layout(frame_format("1:1"), "top", 0.8, True)
    rig = rig_for(style, frame_format("1:1"), layout, NEUTRAL_PALETTE, 5)
    stored = tmp_path / "rig.json"
    stored.write_text(json.dumps(rig.to_json()), encoding="utf-8")
    scene = tmp_path / "scene.png"
    Image.new("RGB", (1080, 1080), (150, 150, 150)).save(scene)
    background = StageOutput(image=scene, extras={"rig": stored})
    spec = AdSpec(photo=None, ad_text="특가", background_style=style, text_style="metal")
    return StageRequest(
        stage=Stage.TEXT,
        spec=spec,
        earlier={Stage.BACKGROUND: background},
        out_dir=tmp_path,
        cache_dir=tmp_path / "cache",
    )


def test_letters_on_a_near_wall_throw_their_shadow_down_to_the_right(lettering_on):
    lettering = lettering_on("minimal")
    steps = []
    ratio = cast_light(lettering, lambda done, total: steps.append((done, total)))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert ratio.shape == (1080, 1080, 3)
    shadow = np.clip(1 - ratio.mean(axis=2), 0, None)
    assert shadow.max() > 0.3
    rows, columns = np.mgrid[:1080, :1080]
    x, y = (float((axis * shadow).sum() / shadow.sum()) for axis in (columns, rows))
    middle = lettering.placement.mapping
    assert x > middle.x0
    assert y > middle.y0


def test_other_copy_finds_the_set_without_letters_as_it_was_left(tmp_path):
    counts = []
    for copy in ("특가", "반값"):
        request = request_on(tmp_path, "minimal")
        lettering = plan_lettering(replace(request, spec=replace(request.spec, ad_text=copy)))
        alone, steps = cast_light(lettering, lambda *_: None), Mock()
        kept = cast_light(lettering, steps, cache_dir=tmp_path / "kept")
        assert np.array_equal(alone, kept)
        counts.append(steps.call_count)
    assert counts == [4, 2]


def test_letters_far_before_the_scenery_throw_no_shadow_on_it(lettering_on):
    ratio = cast_light(lettering_on("market"), lambda *_: None)
    crop = lettering_on("market").placement.crop
    behind = ratio[crop.y : crop.bottom, crop.x : crop.right]
    assert np.abs(behind - 1).max() < 0.05


def test_nothing_changes_outside_the_shadows_window(lettering_on):
    lettering = lettering_on("minimal")
    ratio, window = cast_light(lettering, lambda *_: None), shadow_window(lettering)
    ratio[window.y : window.bottom, window.x : window.right] = 1
    assert np.array_equal(ratio, np.ones_like(ratio))


def test_a_stored_ratio_keeps_one_at_half_of_the_range(tmp_path):
    ratio = np.ones((4, 4, 3), np.float32)
    ratio[0, 0] = (0.5, 1.0, 1.5)
    save_light(ratio, tmp_path / "light.png")
    stored = cv2.imread(str(tmp_path / "light.png"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert stored.dtype == np.uint16
    assert np.allclose(stored / 32767.5, ratio, atol=1e-4)


def test_the_shadow_is_stored_and_darkens_the_finished_ad_beside_the_letters(tmp_path, monkeypatch):
    monkeypatch.setattr("generation.pipeline.letters.SAMPLES", 4)
    request = request_on(tmp_path, "minimal")
    lettering = run_lettering(request, lambda _: None)
    layers = load_layers({**request.earlier, Stage.TEXT: lettering}, frame_format("1:1"))
    assert layers.light is not None
    final = compose(layers, "overlay").picture
    deepest = (layers.light.mean(axis=2) < 0.6) & (layers.text[..., 3] == 0)
    assert deepest.any()
    assert final[deepest].mean() < 0.8 * 150
