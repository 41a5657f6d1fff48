import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from generation.pipeline.errors import GlyphMissing, InputMissing, StageCancelled, WordsWrong
from generation.pipeline.glyphs import plan
from generation.pipeline.glyphs.layer import developed
from generation.pipeline.glyphs.mesh import build_mesh
from generation.pipeline.glyphs.shaping import layout_lines
from generation.pipeline.lettering import run_lettering
from generation.pipeline.studio.render import Layers
from generation.pipeline.types import (
    AdSpec,
    Stage,
    StageOutput,
    StageRequest,
    SubStep,
)

FORMATS = {"1:1": (1080, 1080), "4:5": (1080, 1350), "9:16": (1080, 1920), "16:9": (1920, 1080)}


def requested(tmp_path, copy="특가", style="metal", fmt="1:1", earlier=None, **more):
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    spec = AdSpec(
        photo=None,
        ad_text=copy,
        background_style="minimal",
        text_style=style,
        format=fmt,
        **more,
    )
    return StageRequest(
        stage=Stage.TEXT,
        spec=spec,
        earlier=earlier or {},
        out_dir=out,
        cache_dir=tmp_path / "cache",
    )


@pytest.fixture
def quick(monkeypatch):
    """Fewer samples: these tests look at shapes and messages, not at noise."""
    monkeypatch.setattr("generation.pipeline.letters.SAMPLES", 4)
    monkeypatch.setattr("generation.pipeline.letters.SECOND_TRY_SAMPLES", 4)


def layer_of(output):
    with Image.open(output.image) as image:
        assert image.mode == "RGBA"
        return np.asarray(image)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("style", ["gold_balloon", "metal"])
@pytest.mark.parametrize("copy", ["떡볶이", "30% 세일! Big"])
def test_a_rendered_layer_passes_its_proof(tmp_path, style, copy):
    output = run_lettering(requested(tmp_path, copy, style), lambda _: None)
    words = output.checks["words"]
    assert words["ok"], words
    assert words["passed"] == len(copy.replace(" ", ""))
    cells = json.loads(output.extras["cells"].read_text(encoding="utf-8"))
    assert "".join(cell["text"] for cell in cells) == copy.replace(" ", "")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(
    "copy", ["꽃", "신선한 제철 딸기 오늘만 특가 중", "가나다라마바사아자차카타파하거너더러머버"]
)
def test_words_are_never_cut_and_keep_their_margins(tmp_path, fmt, copy):
    output = run_lettering(requested(tmp_path, copy, "gold_balloon", fmt), lambda _: None)
    alpha = layer_of(output)[..., 3]
    assert alpha.shape[::-1] == FORMATS[fmt]
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    height, width = alpha.shape
    assert columns[0] >= 0.05 * width
    assert columns[-1] < 0.95 * width
    assert rows[0] >= 0.05 * height
    assert rows[-1] < 0.95 * height
    assert output.checks["words"]["ok"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("copy", ["딸기", "추석 선물 세트 예약"])
def test_short_copy_is_a_headline_and_the_check_says_how_large(tmp_path, copy):
    output = run_lettering(requested(tmp_path, copy, "gold_balloon"), lambda _: None)
    fit, alpha = output.checks["fit"], layer_of(output)[..., 3]
    assert fit["cap_height"] >= 0.07
    columns = np.flatnonzero((alpha > 127).any(axis=0))
    assert fit["width"] == pytest.approx((columns[-1] - columns[0]) / alpha.shape[1], abs=0.015)
    assert fit["lines"] == (2 if " " in copy else 1)


@pytest.mark.parametrize("clean", [False, True])
def test_edges_have_no_dark_fringe_and_colour_goes_on_beyond_them(clean):
    disc = np.zeros((120, 120), np.float32)
    cv2.circle(disc, (60, 60), 40, 1.0, -1, cv2.LINE_AA)
    alpha = cv2.GaussianBlur(disc, (0, 0), 0.7)
    gold = np.array([0.5, 0.3, 0.1], np.float32)
    nothing = np.zeros((120, 120, 3), np.float32)
    layers = Layers(
        radiance=alpha[..., None] * gold,
        alpha=alpha,
        albedo=nothing,
        normal=nothing,
        depth=nothing[..., 0],
        shape=nothing[..., 0],
    )
    colour, coverage = developed(layers, 1.0, clean=clean)
    inside = colour[60, 60].astype(int)
    around = colour[cv2.dilate(alpha, np.ones((5, 5))) > 0.02].astype(int)
    assert np.abs(around - inside).max() <= 3
    assert np.array_equal(coverage, np.clip(alpha, 0, 1))


@pytest.mark.usefixtures("quick")
def test_progress_only_rises_and_shows_the_words_from_the_first_step(tmp_path):
    seen = []
    run_lettering(requested(tmp_path), seen.append)
    assert [p.fraction for p in seen] == sorted(p.fraction for p in seen)
    assert list(dict.fromkeys(p.sub_step for p in seen)) == [
        SubStep.LETTERING,
        SubStep.TEXT_RENDER,
        SubStep.TEXT_CHECK,
    ]
    assert next(p for p in seen if p.preview).sub_step == SubStep.LETTERING
    passes = [p for p in seen if p.sub_step == SubStep.TEXT_RENDER and p.index]
    assert [p.index for p in passes] == list(range(1, passes[0].total + 1))


def test_a_request_to_stop_ends_the_rendering_at_the_next_pass(tmp_path):
    seen = []

    def stop(progress):
        seen.append(progress)
        if progress.index is not None:
            raise StageCancelled

    with pytest.raises(StageCancelled):
        run_lettering(requested(tmp_path), stop)
    assert seen[-1].index == 1
    assert not (tmp_path / "out" / "text.png").exists()


@pytest.mark.usefixtures("quick")
def test_the_same_request_gives_the_same_bytes(tmp_path):
    first, second = (
        run_lettering(requested(tmp_path), lambda _: None).image.read_bytes() for _ in range(2)
    )
    assert first == second


@pytest.mark.usefixtures("quick")
def test_an_uploaded_background_of_another_size_is_good_enough(tmp_path):
    uploaded = tmp_path / "scene.jpg"
    Image.new("RGB", (400, 300), (180, 120, 60)).save(uploaded)
    earlier = {Stage.BACKGROUND: StageOutput(image=uploaded)}
    output = run_lettering(requested(tmp_path, earlier=earlier), lambda _: None)
    assert layer_of(output).shape == (1080, 1080, 4)
    assert output.checks["words"]["ok"]


@pytest.mark.usefixtures("quick")
def test_letters_from_another_copy_are_refused_after_a_second_try(tmp_path, monkeypatch):
    def wrong(layout, profile, *, swell, **_):
        other = layout_lines("톡가", layout.face, 3.4, tracking=0.01)
        return build_mesh(other, profile, swell=swell)

    monkeypatch.setattr(plan, "text_mesh", wrong)
    monkeypatch.setattr(plan, "build_mesh", wrong)
    tries = []
    with pytest.raises(WordsWrong) as failure:
        run_lettering(requested(tmp_path, "특가"), tries.append)
    assert failure.value.params == {"passed": 1, "total": 2}
    assert sum(p.index == 1 for p in tries) == 2
    assert not (tmp_path / "out" / "text.png").exists()


@pytest.mark.usefixtures("quick")
def test_letters_that_swelled_wrongly_are_made_again_from_the_fonts_own_outlines(
    tmp_path, monkeypatch
):
    def bloated(layout, profile, **_):
        return replace(build_mesh(layout, profile, swell=0.09), swell=0.028)

    monkeypatch.setattr(plan, "text_mesh", bloated)
    seen = []
    output = run_lettering(requested(tmp_path, "딸기", "gold_balloon"), seen.append)
    assert output.checks["words"]["ok"]
    assert sum(p.index == 1 for p in seen) == 2
    assert [p.fraction for p in seen] == sorted(p.fraction for p in seen)


def test_no_copy_and_characters_without_a_glyph_are_refused(tmp_path):
    with pytest.raises(InputMissing):
        run_lettering(requested(tmp_path, "  "), lambda _: None)
    with pytest.raises(GlyphMissing) as failure:
        run_lettering(requested(tmp_path, "세일🎉"), lambda _: None)
    assert failure.value.params == {"character": "🎉"}
