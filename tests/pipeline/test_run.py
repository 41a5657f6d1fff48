"""The dispatch, test mode, fingerprints and previews."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.pipeline.catalog import FORMATS, frame_format
from generation.pipeline.errors import GlyphMissing, PhotoUnreadable, StageCancelled, UnknownChoice
from generation.pipeline.fingerprint import ENGINE_VERSION, stage_key
from generation.pipeline.previews import encode_preview
from generation.pipeline.run import run_stage
from generation.pipeline.types import (
    STAGES,
    AdSpec,
    Progress,
    Stage,
    StageOutput,
    StageRequest,
)

from .product_photos import product_photo

SPEC = AdSpec(
    photo=None,
    ad_text="건어물 대박 세일",
    background_style="market",
    text_style="gold_balloon",
    test_mode=True,
)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.fromarray(product_photo("bag", "plain", side=200).rgb).save(path)
    return path


def make(
    spec: AdSpec, folder: Path, stages: tuple[Stage, ...] = STAGES
) -> tuple[dict[Stage, StageOutput], list[Progress]]:
    earlier: dict[Stage, StageOutput] = {}
    seen: list[Progress] = []
    for stage in stages:
        out = folder / stage.value
        out.mkdir()
        request = StageRequest(
            stage=stage, spec=spec, earlier=dict(earlier), out_dir=out, cache_dir=folder
        )
        earlier[stage] = run_stage(request, seen.append)
    return earlier, seen


@pytest.mark.parametrize("key", [frame.key for frame in FORMATS])
def test_test_mode_makes_a_whole_ad_in_every_format(key: str, photo: Path, tmp_path: Path) -> None:
    made, seen = make(replace(SPEC, photo=photo, format=key), tmp_path)
    frame = frame_format(key)
    for output in made.values():
        assert Image.open(output.image).size == (frame.width, frame.height)
    assert made[Stage.COMPOSITION].checks["product"]["exact"]
    assert made[Stage.COMPOSITION].checks["contrast"]["after"] >= 3
    assert [step.sub_step.value for step in seen if step.preview] == [
        *("background", "background", "background", "composite"),
        *("text_render", "compose", "export"),
    ]


def test_test_mode_places_every_syllable_in_the_frame(tmp_path: Path) -> None:
    made, _ = make(SPEC, tmp_path, STAGES[:2])
    cells = json.loads(made[Stage.TEXT].extras["cells"].read_text())
    assert "".join(cell["text"] for cell in cells) == "건어물대박세일"
    alpha = np.asarray(Image.open(made[Stage.TEXT].image))[..., 3]
    for cell in cells:
        left, top, right, bottom = (round(cell[k]) for k in ("x0", "y0", "x1", "y1"))
        assert 0 <= left < right <= 1080
        assert alpha[top:bottom, left:right].max() == 255


def test_test_mode_works_without_a_product_and_without_words(tmp_path: Path) -> None:
    made, _ = make(replace(SPEC, ad_text=""), tmp_path, (Stage.BACKGROUND, Stage.COMPOSITION))
    assert made[Stage.COMPOSITION].checks == {}


def test_test_mode_keeps_a_photos_alpha(tmp_path: Path) -> None:
    drawn = product_photo("fish", "plain", side=200)
    path = tmp_path / "photo.png"
    alpha = np.round(drawn.alpha * 255).astype(np.uint8)
    Image.fromarray(np.dstack([drawn.rgb, alpha])).save(path)
    made, _ = make(replace(SPEC, photo=path), tmp_path, (Stage.BACKGROUND,))
    layer = np.asarray(Image.open(made[Stage.BACKGROUND].extras["product"]))
    assert 0 < (layer[..., 3] == 255).mean() < 0.4


def test_test_mode_refuses_a_character_without_a_glyph(tmp_path: Path) -> None:
    with pytest.raises(GlyphMissing) as missing:
        make(replace(SPEC, ad_text="세일 \U0001f600"), tmp_path, STAGES[:2])
    assert missing.value.params == {"character": "\U0001f600"}


def test_test_mode_refuses_an_unknown_style(tmp_path: Path) -> None:
    with pytest.raises(UnknownChoice):
        make(replace(SPEC, background_style="moon"), tmp_path, STAGES[:1])


def test_test_mode_says_when_a_photo_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "photo.jpg"
    broken.write_bytes(b"no photo")
    with pytest.raises(PhotoUnreadable):
        make(replace(SPEC, photo=broken), tmp_path, STAGES[:1])


def test_test_mode_stops_when_asked(tmp_path: Path) -> None:
    def stop(_: Progress) -> None:
        raise StageCancelled

    request = StageRequest(
        stage=Stage.BACKGROUND, spec=SPEC, earlier={}, out_dir=tmp_path, cache_dir=tmp_path
    )
    with pytest.raises(StageCancelled):
        run_stage(request, stop)


def test_the_dispatch_imports_no_engine() -> None:
    code = (
        "import sys, generation.pipeline.run, generation.pipeline.fingerprint\n"
        "print([m for m in ('cv2', 'mitsuba', 'skimage', 'PIL') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"


# Fingerprints


def keys(spec: AdSpec, photo: str | None = "a", engine: str = ENGINE_VERSION) -> list[str]:
    return [stage_key(stage, spec, photo, engine) for stage in STAGES]


def test_a_key_is_a_sha256_and_stable() -> None:
    first = keys(SPEC)
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in first)
    assert len(set(first)) == 3
    assert keys(replace(SPEC, photo=Path("/elsewhere"))) == first


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        ({"background_style": "minimal"}, 3),
        ({"format": "9:16"}, 3),
        ({"seed": 7}, 3),
        ({"text_position": "bottom"}, 3),
        ({"ad_text": ""}, 3),
        ({"test_mode": False}, 3),
        ({"ad_text": "오늘만 반값"}, 2),
        ({"text_style": "metal"}, 2),
        ({"font": "jua"}, 2),
        ({"composition_mode": "behind"}, 1),
    ],
)
def test_a_change_redoes_the_stages_it_touches_and_no_other(
    change: dict[str, object], redone: int
) -> None:
    changed = keys(replace(SPEC, **change))  # type: ignore[arg-type]
    same = [a == b for a, b in zip(keys(SPEC), changed, strict=True)]
    assert same == [True] * (3 - redone) + [False] * redone


def test_another_photo_or_engine_redoes_everything() -> None:
    for other in (keys(SPEC, "b"), keys(SPEC, None), keys(SPEC, engine="another-engine")):
        assert not set(keys(SPEC)) & set(other)


# Previews


@pytest.mark.parametrize(("size", "shown"), [((1080, 1920), (288, 512)), ((100, 60), (100, 60))])
def test_a_preview_is_a_small_webp(size: tuple[int, int], shown: tuple[int, int]) -> None:
    picture = np.full((size[1], size[0], 3), 120, np.uint8)
    image = Image.open(BytesIO(encode_preview(picture)))
    assert (image.format, image.size) == ("WEBP", shown)


def test_a_preview_keeps_alpha() -> None:
    layer = np.zeros((600, 600, 4), np.uint8)
    layer[200:400, 200:400] = 255
    image = Image.open(BytesIO(encode_preview(layer)))
    assert image.mode == "RGBA"
    assert image.getpixel((5, 5))[3] == 0
