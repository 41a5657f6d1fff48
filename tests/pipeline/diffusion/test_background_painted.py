"""Stage 1 with tiny models of the real classes: their scene, the photo's own product."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generation.pipeline.catalog import frame_format
from generation.pipeline.compositing import core_mask
from generation.pipeline.diffusion import sizes
from generation.pipeline.diffusion.background import run_painted_background
from generation.pipeline.diffusion.residency import Residency, the_residency
from generation.pipeline.diffusion.store import Store
from generation.pipeline.errors import (
    LicenceNotSet,
    ModelUnknown,
    NoProductFound,
    OutOfMemory,
    StageCancelled,
)
from generation.pipeline.frames import frame_for
from generation.pipeline.run import run_stage
from generation.pipeline.studio.rig import Rig
from generation.pipeline.types import Progress, Stage, StageOutput, StageRequest, SubStep

from .asking import pixels, previews, request, save_photo

pytestmark = pytest.mark.usefixtures("engine_environment")

KLEIN = "flux2-klein-4b"


@pytest.fixture(scope="module")
def engine_environment(tiny_store: Store) -> Iterator[Residency]:
    """This process's own residency over the tiny models, one for all tests of this file."""
    told = {
        "NANOCOCOA_MODELS": str(tiny_store.root),
        "NANOCOCOA_LICENCES": ",".join(tiny_store.licences),
        "NANOCOCOA_GPU_BUDGET_MB": "1024",
        "DEVICE": "cpu",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        the_residency.cache_clear()
        yield the_residency()
        the_residency().unload_all()
        the_residency.cache_clear()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save_photo(tmp_path / "photo.png")


@pytest.fixture(autouse=True)
def small_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drafts are painted at their own size, and once: random weights leave no place free."""
    monkeypatch.setattr(sizes, "LEAST_DRAFT_PIXELS", 1)
    monkeypatch.setattr("generation.pipeline.diffusion.background.TAKEN", 1.0)


@pytest.fixture
def ask(tmp_path: Path, photo: Path) -> Callable[..., StageRequest]:
    def asked(**wishes: Any) -> StageRequest:
        told = {"photo": photo, "format": "1029x258", **wishes}
        return request(tmp_path, Stage.BACKGROUND, **told)

    return asked


def run(asked: StageRequest) -> tuple[StageOutput, list[Progress]]:
    steps: list[Progress] = []
    return run_stage(asked, steps.append), steps


@pytest.mark.parametrize(
    ("way", "strength"), [("empty", 0.6), ("empty", 1.0), ("around", 0.0), ("around", 0.6)]
)
def test_the_products_own_pixels_survive_every_way_of_painting(
    ask, way: str, strength: float
) -> None:
    output, _ = run(ask(background_way=way, strength=strength))
    scene, product = pixels(output.image), pixels(output.extras["product"])
    core = core_mask(product)
    assert core.sum() > 1000
    assert (scene[core] == product[core][:, :3]).all()
    assert output.checks["product"]["largest_difference"] == 0
    assert output.checks["painted"]["way"] == way
    outside = product[..., 3] == 0
    assert scene[outside].std() > 5


def test_only_the_strength_decides_how_far_the_scene_is_repainted(ask) -> None:
    kept, _ = run(ask(strength=0.0))
    scenes = {0.0: pixels(kept.image)}
    for strength in (0.1, 0.9):
        output, _ = run(ask(strength=strength))
        scenes[strength] = pixels(output.image)
    outside = pixels(kept.extras["product"])[..., 3] == 0
    far = {
        strength: np.abs(scene[outside].astype(int) - scenes[0.0][outside]).mean()
        for strength, scene in scenes.items()
    }
    assert 0 == far[0.0] < far[0.1] < far[0.9]


@pytest.mark.parametrize("key", ["9:16", "1.91:1"])
def test_every_format_comes_out_at_its_size(ask, key: str) -> None:
    asked = ask(format=key)
    output, _ = run(asked)
    frame = frame_for(asked.spec)
    assert pixels(output.image).shape == (frame.height, frame.width, 3)
    assert pixels(output.extras["product"]).shape == (frame.height, frame.width, 4)


def test_a_whole_frame_is_painted_at_full_size(ask) -> None:
    output, _ = run(ask(draft=False, strength=0.0))
    frame = frame_format("1029x258")
    assert pixels(output.image).shape == (frame.height, frame.width, 3)


def test_progress_rises_and_every_part_shows_a_picture(ask) -> None:
    _, steps = run(ask())
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    shown = {step.sub_step for step in steps if step.preview}
    parts = {SubStep.CUTOUT, SubStep.BACKGROUND, SubStep.COMPOSITE, SubStep.RETOUCH}
    assert shown >= parts - {SubStep.RETOUCH}
    assert {step.sub_step for step in steps} == parts
    assert all(max(size) <= 512 for size in previews(steps))
    painted = [step for step in steps if step.sub_step is SubStep.BACKGROUND and step.index]
    assert [(step.index, step.total) for step in painted] == [(n, 4) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(("allowed", "tries"), [(1.0, 1), (-1.0, 2)])
def test_a_scene_with_something_in_the_products_place_is_painted_once_more(
    ask, monkeypatch: pytest.MonkeyPatch, allowed: float, tries: int
) -> None:
    monkeypatch.setattr("generation.pipeline.diffusion.background.TAKEN", allowed)
    output, steps = run(ask(strength=0.0))
    place = output.checks["painted"]["place"]
    assert (place["tries"], place["free"]) == (tries, tries == 1)
    assert 0 <= place["taken"] <= 1
    assert len([step for step in steps if step.sub_step is SubStep.BACKGROUND and step.index]) == (
        4 * tries
    )
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)


def test_a_scene_round_the_product_reserves_nothing(ask) -> None:
    output, _ = run(ask(background_way="around", strength=0.0))
    assert "place" not in output.checks["painted"]


@pytest.mark.parametrize("sub_step", [SubStep.BACKGROUND, SubStep.RETOUCH])
def test_it_stops_where_it_is_told_to_and_the_next_ad_is_made(ask, sub_step: SubStep) -> None:
    def stop(progress: Progress) -> None:
        if progress.sub_step is sub_step:
            raise StageCancelled

    asked = ask()
    with pytest.raises(StageCancelled):
        run_painted_background(asked, stop)
    assert list(asked.out_dir.iterdir()) == []
    output, _ = run(asked)
    assert output.checks["product"]["largest_difference"] == 0


def test_the_ad_can_say_what_made_it_and_where_the_time_went(ask) -> None:
    output, _ = run(ask(background_negative_prompt="people", guidance_scale=9.0))
    made_by, *helpers = output.checks["models"]
    cut_by_birefnet = output.checks["cutout"]["method"] == "birefnet"
    assert [one["key"] for one in helpers] == ["birefnet"] * cut_by_birefnet
    assert made_by["key"] == KLEIN
    assert made_by["licence"] == "apache-2.0"
    assert made_by["revision"] == "0" * 40
    assert made_by["quantised"] == "none"
    unheeded = ["background_negative_prompt", "guidance_scale"]
    assert output.checks["painted"]["not_heeded"] == unheeded
    assert {"load", "load_wait", "denoise", "decode", "cutout"} <= set(output.seconds)
    json.dumps(output.checks)


@pytest.mark.parametrize("way", ["empty", "around"])
def test_flux1_dev_heeds_a_negative_prompt_by_a_second_pass(ask, way: str) -> None:
    asked = {"background_model": "flux1-dev", "background_way": way, "strength": 0.1}
    plain, _ = run(ask(**asked))
    before = pixels(plain.extras["plate"])
    assert "true_cfg" not in plain.checks["painted"]
    output, _ = run(ask(**asked, background_negative_prompt="people, cars"))
    assert output.checks["painted"]["true_cfg"] == 2.0
    assert "not_heeded" not in output.checks["painted"]
    assert np.abs(pixels(output.extras["plate"]).astype(int) - before).mean() > 0.5
    assert output.checks["product"]["largest_difference"] == 0


@pytest.mark.parametrize("key", [KLEIN, "flux1-schnell"])
def test_distilled_weights_paint_the_same_and_name_what_they_do_not_heed(ask, key: str) -> None:
    plain, _ = run(ask(background_model=key, strength=0.0))
    before = plain.image.read_bytes()
    output, _ = run(
        ask(background_model=key, strength=0.0, background_negative_prompt="people, cars")
    )
    assert output.image.read_bytes() == before
    assert output.checks["painted"]["not_heeded"] == ["background_negative_prompt"]


@pytest.mark.parametrize("key", [KLEIN, "flux1-schnell", "flux1-dev"])
def test_a_prompt_of_five_thousand_characters_is_cut_off_and_painted(ask, key: str) -> None:
    long = "a worn wooden table " * 250
    wishes = {"background_prompt": long, "background_negative_prompt": long, "strength": 0.0}
    output, _ = run(ask(background_model=key, photo=None, ad_text="", **wishes))
    assert pixels(output.image).std() > 1


def test_a_stage_that_finds_its_model_loaded_waits_for_none(ask, monkeypatch) -> None:
    loads: list[str] = []
    load_once = Residency._load_once

    def counted(residency: Residency, key: str) -> Any:
        loads.append(key)
        return load_once(residency, key)

    monkeypatch.setattr(Residency, "_load_once", counted)
    the_residency().unload_all()
    cold, _ = run(ask())
    assert KLEIN in loads
    assert cold.seconds["load"] > 0
    loads.clear()
    warm, _ = run(ask())
    assert loads == []
    assert {"load", "load_wait"} <= set(warm.seconds)


def test_the_same_wishes_give_the_same_bytes(ask) -> None:
    first, _ = run(ask())
    before = first.image.read_bytes()
    again, _ = run(ask())
    assert again.image.read_bytes() == before


def test_the_other_family_of_models_paints_too(ask) -> None:
    output, _ = run(ask(background_model="flux1-schnell", background_way="around"))
    assert output.checks["models"][0]["key"] == "flux1-schnell"
    assert output.checks["product"]["largest_difference"] == 0


def test_without_a_photo_the_scene_alone_is_painted(ask) -> None:
    output, steps = run(ask(photo=None))
    assert "product" not in output.extras
    assert (pixels(output.image) == pixels(output.extras["plate"])).all()
    assert SubStep.RETOUCH not in {step.sub_step for step in steps}


def test_a_rig_is_left_that_lights_the_letters_but_is_not_the_sets(ask) -> None:
    output, _ = run(ask())
    rig = Rig.from_json(json.loads(output.extras["stand_in"].read_text()))
    assert "rig" not in output.extras
    assert rig.layout.frame.width == pixels(output.image).shape[1]


def test_a_photo_of_nothing_is_refused(ask, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("NANOCOCOA_MODELS", "")
    from PIL import Image

    flat = tmp_path / "flat.png"
    Image.new("RGB", (240, 240), (120, 130, 140)).save(flat)
    with pytest.raises(NoProductFound):
        run(ask(photo=flat))


def test_an_unknown_model_is_refused_by_name(ask) -> None:
    with pytest.raises(ModelUnknown) as refused:
        run(ask(background_model="flux9-huge"))
    assert refused.value.params == {"model": "flux9-huge"}


def test_an_unbought_licence_stops_the_stage(
    ask, engine_environment: Residency, monkeypatch
) -> None:
    from generation.pipeline.diffusion import easel

    plain = Residency(Store(engine_environment.store.root), engine_environment.chip)
    monkeypatch.setattr(easel, "the_residency", lambda: plain)
    with pytest.raises(LicenceNotSet):
        run(ask(background_model="flux1-dev"))


@pytest.fixture
def out_of_memory_beyond(engine_environment: Residency) -> Any:
    """Have klein's transformer run out of memory, as CUDA would, beyond so many tokens."""
    handles: list[Any] = []

    def limit(most: int | None) -> None:
        while handles:
            handles.pop().remove()
        if most is None:
            return
        with engine_environment.use(KLEIN) as pipeline:
            block = pipeline.transformer.x_embedder

        def allocate(_: Any, inputs: tuple[Any, ...]) -> None:
            if inputs[0].shape[1] > most:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

        handles.append(block.register_forward_pre_hook(allocate))

    yield limit
    limit(None)


def test_short_of_memory_it_paints_smaller_and_gives_the_same_size(
    ask, out_of_memory_beyond
) -> None:
    out_of_memory_beyond(1500)
    output, _ = run(ask(strength=0.0, draft=False))
    assert pixels(output.image).shape == (258, 1029, 3)


def test_hopelessly_short_of_memory_it_fails_with_advice_and_the_next_ad_is_made(
    ask, out_of_memory_beyond, engine_environment: Residency
) -> None:
    out_of_memory_beyond(10)
    with pytest.raises(OutOfMemory, match="NANOCOCOA_QUANTISE"):
        run(ask())
    out_of_memory_beyond(None)
    output, _ = run(ask(strength=0.0))
    assert output.checks["product"]["largest_difference"] == 0
