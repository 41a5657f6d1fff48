import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.pipeline import background
from generation.pipeline.background import run_background
from generation.pipeline.catalog import FrameFormat
from generation.pipeline.errors import NoProductFound, StageCancelled, UnknownChoice
from generation.pipeline.studio.rig import Rig
from generation.pipeline.types import AdSpec, Stage, StageRequest, SubStep

SIDE = 200


@pytest.fixture(autouse=True)
def small_frames(monkeypatch):
    """Every format at a fifth of its size: the same code on fewer pixels."""
    whole = background.frame_for

    def shrunk(spec: AdSpec) -> FrameFormat:
        fmt = whole(spec)
        return FrameFormat(fmt.key, fmt.width // 5, fmt.height // 5, fmt.label_ko)

    monkeypatch.setattr(background, "frame_for", shrunk)


@pytest.fixture
def photo(tmp_path) -> Path:
    pixels = np.full((SIDE, SIDE, 3), 235, np.uint8)
    pixels += np.random.default_rng(0).integers(0, 4, pixels.shape, dtype=np.uint8)
    pixels[40:180, 70:130] = (190, 50, 40)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def request_for(tmp_path: Path, photo: Path | None, **choices) -> StageRequest:
    out, cache = tmp_path / "out", tmp_path / "cache"
    out.mkdir(exist_ok=True)
    cache.mkdir(exist_ok=True)
    spec = AdSpec(
        **{
            "photo": photo,
            "ad_text": "건어물 대박 세일",
            "background_style": "minimal",
            "text_style": "metal",
            **choices,
        }
    )
    return StageRequest(stage=Stage.BACKGROUND, spec=spec, earlier={}, out_dir=out, cache_dir=cache)


def run(request: StageRequest):
    steps = []
    return run_background(request, steps.append), steps


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("style", ["market", "minimal"])
def test_the_product_comes_out_of_the_set_as_it_went_in(tmp_path, photo, style):
    output, _ = run(request_for(tmp_path, photo, background_style=style))
    scene, product = pixels(output.image), pixels(output.extras["product"])
    assert scene.shape == (216, 216, 3)
    assert product.shape == (216, 216, 4)
    assert output.checks["product"]["largest_difference"] == 0
    assert (product[product[..., 3] == 0] == 0).all()
    assert 0.4 < output.checks["product"]["height_share"] < 0.65


def test_the_rig_is_left_for_the_lettering(tmp_path, photo):
    output, _ = run(request_for(tmp_path, photo))
    rig = Rig.from_json(json.loads(output.extras["rig"].read_text()))
    assert rig.exposure != 1.0
    assert rig.layout.frame.width == 216


def test_progress_rises_and_previews_come_with_the_set(tmp_path, photo):
    _, steps = run(request_for(tmp_path, photo))
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert {step.sub_step for step in steps} >= {
        SubStep.CUTOUT,
        SubStep.BACKGROUND,
        SubStep.COMPOSITE,
    }
    previews = [step.preview for step in steps if step.preview]
    assert len(previews) >= 3
    assert all(preview[8:12] == b"WEBP" for preview in previews)


@pytest.mark.parametrize("sub_step", [SubStep.CUTOUT, SubStep.BACKGROUND, SubStep.COMPOSITE])
def test_it_stops_where_it_is_told_to(tmp_path, photo, sub_step):
    def stop(progress):
        if progress.sub_step is sub_step:
            raise StageCancelled

    request = request_for(tmp_path, photo)
    with pytest.raises(StageCancelled):
        run_background(request, stop)
    assert not (request.out_dir / "scene.png").exists()


def test_the_second_ad_in_a_style_has_the_same_bytes(tmp_path, photo):
    first, _ = run(request_for(tmp_path, photo))
    before = first.image.read_bytes()
    second, steps = run(request_for(tmp_path, photo))
    assert second.image.read_bytes() == before
    assert not [step for step in steps if step.sub_step is SubStep.BACKGROUND]


def test_without_a_photo_the_set_alone_is_the_scene(tmp_path):
    output, _ = run(request_for(tmp_path, None))
    assert "product" not in output.extras
    assert (pixels(output.image) == pixels(output.extras["plate"])).all()


def test_a_photo_of_nothing_is_refused(tmp_path):
    path = tmp_path / "flat.png"
    Image.new("RGB", (200, 200), (120, 130, 140)).save(path)
    with pytest.raises(NoProductFound):
        run(request_for(tmp_path, path))


def test_a_busy_photo_becomes_a_card(tmp_path):
    path = tmp_path / "busy.png"
    noise = np.random.default_rng(3).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((240, 160), Image.Resampling.BICUBIC).save(path)
    output, _ = run(request_for(tmp_path, path))
    assert output.checks["cutout"]["photo_card"] is True


def test_an_unknown_style_is_refused(tmp_path, photo):
    with pytest.raises(UnknownChoice):
        run(request_for(tmp_path, photo, background_style="moon"))
