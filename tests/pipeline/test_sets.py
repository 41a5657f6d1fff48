import json
from dataclasses import replace

import numpy as np
import pytest

from generation.pipeline.array_store import trim_folder
from generation.pipeline.catalog import BACKGROUND_STYLES, FrameFormat, frame_format
from generation.pipeline.errors import UnknownChoice
from generation.pipeline.layout import plan_layout
from generation.pipeline.studio import plates
from generation.pipeline.studio.palette import (
    HUE_STEPS,
    NEUTRAL_PALETTE,
    Palette,
    auto_palette,
)
from generation.pipeline.studio.photograph import render_plate
from generation.pipeline.studio.plates import PLATE_SUFFIX, plate_for
from generation.pipeline.studio.render import develop, use_variant
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.stage import rig_for
from generation.pipeline.studio.textures import plank_atlas, weave
from generation.pipeline.studio.thrift import light_samples, near_scale
from generation.pipeline.studio.wavefront import is_compiled

SMALL = FrameFormat("1:1", 160, 160, "작은 정사각")
STYLES = [style.key for style in BACKGROUND_STYLES]


def small_rig(style: str, *, palette: Palette = NEUTRAL_PALETTE, seed: int = 0) -> Rig:
    return rig_for(style, SMALL, plan_layout(SMALL, "auto", 0.8, True), palette, seed)


def ignore(done, total, picture):
    pass


def product_of(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((40, 40, 4), (*colour, 255), np.uint8)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("key", ["1:1", "9:16", "16:9"])
def test_a_rig_survives_json(style, key):
    fmt = frame_format(key)
    rig = rig_for(style, fmt, plan_layout(fmt, "auto", 2.0, True), Palette(4, "dark"), 9)
    assert Rig.from_json(json.loads(json.dumps(rig.to_json()))) == rig


def test_an_unknown_style_is_refused_by_name():
    with pytest.raises(UnknownChoice) as refused:
        small_rig("moon")
    assert refused.value.params["value"] == "moon"


@pytest.mark.parametrize("style", STYLES)
def test_a_set_is_well_exposed(style):
    developed = develop(render_plate(small_rig(style), ignore).picture, 1.0)
    brightness = developed.astype(np.float32).mean(axis=-1) / 255
    assert 0.15 < float(np.median(brightness)) < 0.80
    assert float((developed.max(axis=-1) >= 254).mean()) <= 0.02


@pytest.mark.parametrize("style", STYLES)
def test_white_goods_get_a_darker_set_than_dark_ones(style):
    light, dark = (
        render_plate(small_rig(style, palette=Palette(6, tone)), ignore).picture.mean()
        for tone in ("light", "dark")
    )
    assert light < 0.8 * dark


@pytest.mark.parametrize("style", STYLES)
def test_the_seed_changes_the_set(style):
    first, second = (render_plate(small_rig(style, seed=seed), ignore).picture for seed in (0, 1))
    assert np.abs(first - second).mean() > 0.01


def test_the_plates_steps_are_counted_and_begin_with_a_small_glance():
    steps = []
    render_plate(small_rig("market"), lambda *step: steps.append(step[:2]))
    assert [done for done, _ in steps] == list(range(1, steps[0][1] + 1))


def test_a_kept_plate_is_used_again_and_gives_the_same_bytes(tmp_path):
    rig = small_rig("minimal")
    fresh, _, was_kept = plate_for(rig, tmp_path, ignore)
    again, with_exposure, kept = plate_for(rig, tmp_path, ignore)
    assert (was_kept, kept) == (False, True)
    assert again.picture.tobytes() == fresh.picture.tobytes()
    assert with_exposure.exposure == fresh.exposure


def test_a_spoilt_plate_is_rendered_anew(tmp_path):
    rig = small_rig("minimal")
    fresh, _, _ = plate_for(rig, tmp_path, ignore)
    (stored,) = (tmp_path / "plates").iterdir()
    whole = stored.read_bytes()
    for spoilt in (b"", b"PK nonsense", whole[: len(whole) // 2], whole[:-2000] + bytes(2000)):
        stored.write_bytes(spoilt)
        again, _, kept = plate_for(rig, tmp_path, ignore)
        assert not kept
        assert again.picture.tobytes() == fresh.picture.tobytes()


def test_plates_differ_by_everything_their_pixels_depend_on():
    rig = small_rig("minimal")
    others = [
        small_rig("market"),
        small_rig("minimal", seed=1),
        small_rig("minimal", palette=Palette(5, "mid")),
        replace(rig, pose="lies"),
    ]
    assert len({plates.plate_key(each) for each in [rig, *others]}) == 5
    assert plates.plate_key(replace(rig, exposure=3.0)) == plates.plate_key(rig)


def test_a_draft_is_as_large_as_its_frame_and_saves_samples_where_they_are_dear():
    rig = small_rig("minimal")
    draft = replace(rig, draft=True)
    plate = render_plate(draft, ignore)
    frame = (rig.camera.height, rig.camera.width)
    assert plate.picture.shape[:2] == plate.near.shape == frame
    dear = not is_compiled(use_variant())
    assert (near_scale(draft) < 1, light_samples(draft, 12) < 12) == (dear, dear)
    assert (near_scale(rig), light_samples(rig, 12)) == (1, 12)


def test_words_elsewhere_keep_the_plate_unless_they_stand_beside_the_product():
    rig = small_rig("neon")
    box = rig.layout.headline
    lower = replace(rig.layout, headline=replace(box, y=box.y + 9), subline=box)
    assert plates.plate_key(replace(rig, layout=lower)) == plates.plate_key(rig)
    beside = replace(rig.layout, align="left")
    wider = replace(beside, headline=replace(box, width=box.width + 9))
    keys = {plates.plate_key(replace(rig, layout=layout)) for layout in (rig.layout, beside, wider)}
    assert len(keys) == 3


def test_the_cache_forgets_what_was_not_used_for_longest(tmp_path):
    import os

    for age, name in enumerate(["new", "middle", "old"]):
        path = tmp_path / f"{name}{plates.PLATE_SUFFIX}"
        path.write_bytes(bytes(1000))
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    trim_folder(tmp_path, PLATE_SUFFIX, 2000)
    left = {path.name.split(".")[0] for path in tmp_path.iterdir()}
    assert left == {"new", "middle"}


def test_an_orange_product_gets_a_blue_set():
    hue = auto_palette(product_of((235, 120, 20))).hue / HUE_STEPS
    assert 0.45 <= hue <= 0.70


@pytest.mark.parametrize(
    ("colour", "tone"),
    [((250, 250, 248), "light"), ((20, 18, 22), "dark"), ((128, 120, 118), "mid")],
)
def test_the_palette_knows_how_light_a_product_is(colour, tone):
    assert auto_palette(product_of(colour)).product_tone == tone


def test_nothing_visible_gets_the_neutral_palette():
    assert auto_palette(np.zeros((8, 8, 4), np.uint8)) == NEUTRAL_PALETTE


def test_wood_and_cloth_depend_on_their_seed_alone():
    first, again, other = (
        plank_atlas(seed, 2, (0.6, 0.5, 0.4), (0.3, 0.2, 0.1))[0] for seed in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes() != other.tobytes()
    cloth, relief = weave(1, 128, 20, (0.8, 0.7, 0.6), (0.3, 0.2, 0.1))
    assert cloth.shape == (128, 128, 3)
    assert 0 <= relief.min() < relief.max() <= 1.2
