"""Formats made together: one layout for windows, one camera, the same files in any order."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.pipeline import catalog, together
from generation.pipeline.catalog import FORMATS, FrameFormat, frame_format
from generation.pipeline.errors import WordsWrong
from generation.pipeline.fingerprint import stage_key
from generation.pipeline.layout import Box, Layout, fit_into, plan_layout
from generation.pipeline.run import run_stage
from generation.pipeline.shared_stage import KEPT, forget_old
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.rig import Rig
from generation.pipeline.studio.whole import Wishes, box_of, window_of, window_rig
from generation.pipeline.together import (
    LOWEST,
    WINDOW_OF,
    own_pictures,
    parent_of,
    plan_together,
    window_in_parent,
)
from generation.pipeline.types import STAGES, AdSpec, Stage, StageOutput, StageRequest

# Products from a bottle to a skewer, by width over height.
BUILDS = (0.3, 0.7, 1.2, 1.8, 4.0, 12.0)
PLACES = ("auto", "top", "center", "bottom")
SPEC = AdSpec(
    photo=None, ad_text="특가", background_style="minimal", text_style="metal", together=True
)


def seen_in(key: str, box: Box) -> tuple[float, float, float, float]:
    """Return a box of a picture as shares of a format that is its window, or is itself."""
    frame = frame_format(key)
    window = Box(0, 0, frame.width, frame.height)
    if key in WINDOW_OF:
        window = window_in_parent(key)
    x, y = (box.x - window.x) / window.width, (box.y - window.y) / window.height
    return x, y, x + box.width / window.width, y + box.height / window.height


def layout_of(key: str, place: str, aspect: float, *, subtext: bool = False) -> Layout:
    picture = frame_format(WINDOW_OF.get(key, key))
    return plan_together(picture, place, aspect, True, subtext)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [*WINDOW_OF, *LOWEST])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("aspect", BUILDS)
def test_words_and_product_are_where_art_direction_wants_them_in_every_window(key, place, aspect):
    layout = layout_of(key, place, aspect, subtext=True)
    assert layout.subline is not None
    for box in (layout.headline, layout.subline):
        left, top, right, bottom = seen_in(key, box)
        assert 0.05 <= left < right <= 0.95
        assert 0.05 <= top < bottom <= 0.95
        assert not box.overlaps(layout.product)
    left, top, right, bottom = seen_in(key, layout.product)
    assert 0.05 <= left < right <= 0.95
    assert 0.05 <= top < bottom <= 0.92


@pytest.mark.parametrize("key", [*WINDOW_OF, *LOWEST])
def test_an_upright_product_is_45_to_62_parts_of_a_hundred_of_every_windows_height(key):
    layout = layout_of(key, "auto", 0.9)
    _, top, _, bottom = seen_in(key, fit_into(layout.product, 0.9))
    assert 0.45 <= bottom - top <= 0.63


@pytest.mark.parametrize("key", ["1:1", "9:16", "1029x258"])
def test_formats_with_windows_of_their_own_keep_their_layout(key):
    for place in PLACES:
        layout = plan_together(frame_format(key), place, 0.9, True)  # type: ignore[arg-type]
        assert layout == plan_layout(frame_format(key), place, 0.9, True)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", WINDOW_OF)
def test_a_window_shows_its_format_undistorted(key):
    window, frame = window_in_parent(key), frame_format(key)
    assert window.width / window.height == pytest.approx(frame.aspect, rel=1e-3)
    parent = frame_format(WINDOW_OF[key])
    assert (window.x, window.width) == (0, parent.width)
    assert 0 <= window.y < window.bottom <= parent.height


def rigs(style: str, aspect: float = 0.9, place: str = "auto") -> dict[str, Rig]:
    layouts = {
        fmt.key: plan_together(fmt, place, aspect, True)  # type: ignore[arg-type]
        for fmt in own_pictures()
    }
    wishes = Wishes(style, NEUTRAL_PALETTE, 5, "stands")
    return {key: window_rig(wishes, key, layouts) for key in layouts}


@pytest.mark.parametrize("aspect", BUILDS)
@pytest.mark.parametrize("place", PLACES)
def test_every_camera_sees_the_same_picture_through_its_window(aspect, place):
    points = np.array([[0, 0, 0], [0.7, 0, 1.9], [-1.2, 4.0, 0.3], [0.4, -1.0, 0.0]], float)
    for rig in rigs("minimal", aspect, place).values():
        assert rig.whole is not None
        window = window_of(rig)
        own = rig.camera.project(points) * window.pixels + (window.left, window.top)
        # Film shifts are multiples of four pixels.
        assert np.abs(own - rig.whole.camera.project(points)).max() <= 2.01 * window.pixels
        assert rig.camera.eye == rig.whole.camera.eye
        assert (rig.lights, rig.ambient) == (rig.whole.lights, rig.whole.ambient)


def test_every_window_lies_in_the_one_photograph():
    made = rigs("market")
    (whole,) = {rig.whole for rig in made.values()}
    assert whole is not None
    for rig in made.values():
        box, window = box_of(rig), window_of(rig)
        assert box.x >= 0
        assert box.right <= whole.camera.width
        assert box.bottom <= whole.camera.height
        assert box.width == pytest.approx(rig.camera.width * window.pixels, abs=1.5)
        assert box.height == pytest.approx(rig.camera.height * window.pixels, abs=1.5)


def test_a_windows_rig_comes_back_from_json():
    rig = rigs("neon")["16:9"]
    assert Rig.from_json(rig.to_json()) == rig


def test_made_together_is_another_picture_only_for_finished_ads_of_the_studio():
    alone = replace(SPEC, together=False)
    for change, differs in (
        ({}, True),
        ({"draft": True}, False),
        ({"test_mode": True}, False),
        ({"engine": "diffusion"}, False),
    ):
        keys = {stage_key(Stage.COMPOSITION, replace(s, **change), None) for s in (SPEC, alone)}
        assert (len(keys) == 2) is differs
    assert parent_of(replace(alone, format="4:5")) is None


def photo_of_a_box(folder: Path) -> Path:
    pixels = np.full((200, 200, 3), 235, np.uint8)
    pixels += np.random.default_rng(0).integers(0, 4, pixels.shape, dtype=np.uint8)
    pixels[40:180, 70:130] = (190, 50, 40)
    path = folder / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def make(spec: AdSpec, folder: Path) -> dict[Stage, StageOutput]:
    """Make an ad with the folder's cache."""
    outputs: dict[Stage, StageOutput] = {}
    cache = folder / "cache"
    for stage in STAGES:
        out_dir = folder / f"{spec.format.replace(':', 'x')}-{stage.value}"
        for needed in (cache, out_dir):
            needed.mkdir(parents=True, exist_ok=True)
        request = StageRequest(
            stage=stage, spec=spec, earlier=dict(outputs), out_dir=out_dir, cache_dir=cache
        )
        outputs[stage] = run_stage(request, lambda _: None)
    return outputs


def files_of(outputs: dict[Stage, StageOutput]) -> dict[str, bytes]:
    return {
        f"{stage} {path.name}": path.read_bytes()
        for stage, output in outputs.items()
        for path in (output.image, *output.extras.values())
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Some formats made together one after the other, and each of them alone, small."""
    folder = tmp_path_factory.mktemp("together")
    small = tuple(
        FrameFormat(f.key, round(f.width / 5), round(f.height / 5), f.label_ko) for f in FORMATS
    )
    spec = replace(SPEC, photo=photo_of_a_box(folder))
    with pytest.MonkeyPatch.context() as patched:
        for module in (catalog, together):
            patched.setattr(module, "FORMATS", small)
        row = {
            key: make(replace(spec, format=key), folder / "row")
            for key in ("1:1", "3:4", "4:5", "2:1")
        }
        alone = {
            key: make(replace(spec, format=key), folder / f"alone-{index}")
            for index, key in enumerate(("1:1", "4:5"))
        }
        yield row, alone


def test_formats_made_together_are_the_same_files_in_any_order(made):
    row, alone = made
    for key, outputs in alone.items():
        assert files_of(outputs) == files_of(row[key])


def test_a_window_of_the_same_scale_is_cut_out_pixel_by_pixel(made):
    row, _ = made
    window = window_in_parent("4:5")
    for stage in (Stage.BACKGROUND, Stage.TEXT):
        whole, cut = (np.asarray(Image.open(row[key][stage].image)) for key in ("3:4", "4:5"))
        assert np.array_equal(cut, whole[window.y : window.bottom])


def test_a_window_proves_its_words_and_its_products_pixels(made):
    row, _ = made
    for key, outputs in row.items():
        frame, finished = frame_format(key), Image.open(outputs[Stage.COMPOSITION].image)
        assert finished.size == (frame.width, frame.height)
        for stage in (Stage.BACKGROUND, Stage.COMPOSITION):
            assert outputs[stage].checks["product"]["largest_difference"] == 0
        words = outputs[Stage.TEXT].checks["words"]
        assert (words["ok"], words["copy"]) == (True, SPEC.ad_text)
        assert 0.4 < outputs[Stage.BACKGROUND].checks["product"]["height_share"] < 0.65


@pytest.mark.parametrize("harm", ["another syllable", "cut off"])
def test_a_window_whose_words_are_wrong_is_refused(made, harm):
    row, _ = made
    spec, folder = replace(SPEC, format="2:1"), row["2:1"][Stage.TEXT].image.parent.parent
    kept = sorted((folder / "cache" / "together").glob("*/*/proven.npz"))
    assert len(kept) == 2
    spec = replace(spec, photo=folder.parent / "photo.png")
    before = {path: path.read_bytes() for path in kept}
    for path in kept:
        with np.load(path) as stored:
            arrays = dict(stored)
        if harm == "another syllable":
            arrays["front"] = arrays["front"][:, ::-1]
        else:
            arrays["corner"] = arrays["corner"] * (1, 0)
        np.savez(path, **arrays)
    try:
        with pytest.raises(WordsWrong):
            make(spec, folder)
    finally:
        for path, content in before.items():
            path.write_bytes(content)


def test_what_was_kept_for_windows_may_be_deleted(made):
    row, _ = made
    before, folder = files_of(row["4:5"]), row["4:5"][Stage.TEXT].image.parent.parent
    kept = sorted((folder / "cache" / "together").glob("*/*/text.png"))
    for path in kept:
        path.unlink()
    outputs = make(replace(SPEC, photo=folder.parent / "photo.png", format="4:5"), folder)
    assert kept
    assert files_of(outputs) == before


def test_the_longest_unused_are_forgotten_also_while_another_process_does_the_same(tmp_path):
    for age in range(KEPT + 2):
        (tmp_path / str(age)).mkdir()
        os.utime(tmp_path / str(age), (1e9 - age, 1e9 - age))
    # What is listed and gone when it is looked at.
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    forget_old(tmp_path)
    assert {ad.name for ad in tmp_path.iterdir() if ad.is_dir()} == {str(n) for n in range(KEPT)}


def test_the_set_is_photographed_once_for_all(made):
    row, _ = made
    cache = row["1:1"][Stage.BACKGROUND].image.parent.parent / "cache"
    plates = [path for path in (cache / "plates").iterdir() if "-" not in path.name]
    assert len(plates) == 1


def test_letters_are_photographed_once_for_formats_in_which_they_look_alike(made):
    row, _ = made
    folder = row["1:1"][Stage.TEXT].image.parent.parent
    (kept,) = (folder / "cache" / "letters").iterdir()
    with np.load(kept) as stored:
        front = stored["front"]
    for key in ("1:1", "3:4"):
        words = row[key][Stage.TEXT].checks["words"]
        assert (words["ok"], words["copy"]) == (True, SPEC.ad_text)
        letters = np.asarray(Image.open(row[key][Stage.TEXT].image))
        assert (letters[..., 3] > 127).sum() >= 0.5 * (front > 0.5).sum()
