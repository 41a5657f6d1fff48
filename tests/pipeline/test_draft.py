import numpy as np
import pytest
from PIL import Image

from generation.pipeline import cutout
from generation.pipeline.catalog import FORMATS
from generation.pipeline.cutout import kept
from generation.pipeline.cutout.kept import kept_cut_out
from generation.pipeline.frames import DRAFT_SIDE, GRID, frame_for
from generation.pipeline.run import run_stage
from generation.pipeline.types import STAGES, AdSpec, StageRequest


def spec_of(photo=None, **choices) -> AdSpec:
    return AdSpec(
        photo=photo,
        ad_text="반값",
        background_style="minimal",
        text_style="metal",
        **choices,
    )


@pytest.fixture
def photo(tmp_path):
    pixels = np.full((200, 200, 3), 235, np.uint8)
    pixels += np.random.default_rng(0).integers(0, 4, pixels.shape, dtype=np.uint8)
    pixels[40:180, 70:130] = (190, 50, 40)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("key", [fmt.key for fmt in FORMATS])
def test_a_draft_keeps_the_format_and_is_small(key):
    whole, small = frame_for(spec_of(format=key)), frame_for(spec_of(format=key, draft=True))
    assert max(small.width, small.height) == DRAFT_SIDE
    assert small.width % GRID == small.height % GRID == 0
    assert small.aspect == pytest.approx(whole.aspect, rel=0.03)


def test_a_draft_goes_through_all_stages_to_a_small_picture(tmp_path, photo):
    earlier = {}
    for stage in STAGES:
        out_dir = tmp_path / stage.value
        out_dir.mkdir()
        request = StageRequest(
            stage=stage,
            spec=spec_of(photo, draft=True),
            earlier=earlier,
            out_dir=out_dir,
            cache_dir=tmp_path / "cache",
        )
        earlier[stage] = run_stage(request, lambda _: None)
    with Image.open(earlier[STAGES[-1]].image) as finished:
        assert finished.size == (DRAFT_SIDE, DRAFT_SIDE)
    assert earlier[STAGES[1]].checks["words"]["total"] == 2


def test_a_photo_is_cut_out_once(tmp_path, photo, monkeypatch):
    fresh = kept_cut_out(photo, tmp_path)
    monkeypatch.setattr(kept, "cut_out", lambda _: pytest.fail("cut again"))
    again = kept_cut_out(photo, tmp_path)
    np.testing.assert_array_equal(again.rgba, fresh.rgba)
    assert (again.box, again.confidence, again.method) == (
        fresh.box,
        fresh.confidence,
        fresh.method,
    )


def test_a_broken_kept_cut_out_is_made_anew(tmp_path, photo):
    kept_cut_out(photo, tmp_path)
    (stored,) = (tmp_path / "cutouts").iterdir()
    stored.write_bytes(stored.read_bytes()[:100])
    assert kept_cut_out(photo, tmp_path).method == cutout.cut_out(photo).method


def test_another_photo_has_another_cut_out(tmp_path, photo):
    kept_cut_out(photo, tmp_path)
    with Image.open(photo) as picture:
        picture.rotate(180).save(photo)
    kept_cut_out(photo, tmp_path)
    assert len(list((tmp_path / "cutouts").iterdir())) == 2
