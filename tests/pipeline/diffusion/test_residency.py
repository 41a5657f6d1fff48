"""Who lies in device memory: just in time, least recently needed out, a swap changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.memory import Chip, warn_of_others
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.store import Store
from generation.pipeline.errors import GpuTooSmall, ModelUnknown

SIDE = 64
# Of the tiny models the largest component (klein's text encoder) takes 475 KB, klein 600 KB, SDXL
# with its parts 540 KB.
KLEIN, SDXL = "flux2-klein-4b", "sdxl"


def paint(residency: Residency, key: str) -> Any:
    """One small picture by a tiny model, always from the same seed."""
    entry = catalog.model(key)
    settings: dict[str, Any] = {
        "prompt": "a wooden table",
        "num_inference_steps": 4,
        "guidance_scale": entry.guidance,
        "generator": torch.Generator().manual_seed(7),
        "height": SIDE,
        "width": SIDE,
    }
    if entry.parts:
        maps = Image.new("RGB", (SIDE, SIDE), "grey")
        settings |= {"image": maps, "control_image": [maps, maps], "strength": 1.0}
        settings["controlnet_conditioning_scale"] = [0.5, 0.5]
    with residency.use(key) as pipeline:
        return np.asarray(pipeline(**settings).images[0])


@pytest.mark.parametrize("key", [KLEIN, "flux1-schnell", "flux1-dev", SDXL, "sdxl-lightning"])
def test_every_model_paints(residency: Residency, key: str) -> None:
    picture = paint(residency, key)
    assert picture.shape == (SIDE, SIDE, 3)
    assert picture.std() > 1
    assert residency.load_seconds[key] > 0


def test_everything_stays_where_everything_fits(residency: Residency) -> None:
    paint(residency, KLEIN)
    paint(residency, SDXL)
    whole = {key: residency.loaded[key] for key in (KLEIN, SDXL)}
    paint(residency, KLEIN)
    assert residency.loaded == whole
    assert all(whole.values())


def test_what_does_not_fit_takes_turns_and_paints_the_same(
    tiny_store: Store, residency: Residency
) -> None:
    tight = Residency(tiny_store, Chip("cpu", "CPU", 800_000))
    for key in (KLEIN, SDXL, KLEIN):
        assert np.array_equal(paint(tight, key), paint(residency, key))
        assert sum(tight.loaded.values()) <= tight.chip.weights_budget


def test_a_model_larger_than_the_device_runs_part_by_part(
    tiny_store: Store, residency: Residency
) -> None:
    tiny = Residency(tiny_store, Chip("cpu", "CPU", 560_000))
    assert np.array_equal(paint(tiny, KLEIN), paint(residency, KLEIN))
    assert sum(tiny.loaded.values()) <= tiny.chip.weights_budget


def test_a_component_larger_than_the_device_is_refused_with_figures(tiny_store: Store) -> None:
    owner = Residency(tiny_store, Chip("cpu", "Small One", 100_000))
    with pytest.raises(GpuTooSmall, match="flux2-klein-4b's text_encoder takes") as refused:
        paint(owner, KLEIN)
    assert "Small One" in refused.value.detail
    assert owner.loaded == {}


def test_the_least_recently_needed_leaves_first(tiny_store: Store) -> None:
    owner = Residency(tiny_store, Chip("cpu", "CPU", 1_200_000))
    for key in ("flux1-schnell", "sdxl-lightning"):
        paint(owner, key)
    paint(owner, KLEIN)
    assert owner.loaded["flux1-schnell"] < owner.loaded["sdxl-lightning"]
    assert owner.loaded[KLEIN] > 0


def test_what_the_next_stage_needs_leaves_last(tiny_store: Store) -> None:
    owner = Residency(tiny_store, Chip("cpu", "CPU", 1_200_000))
    for key in ("flux1-schnell", "sdxl-lightning"):
        paint(owner, key)
    whole = owner.loaded["flux1-schnell"]
    owner.expect([KLEIN, "flux1-schnell"])
    paint(owner, KLEIN)
    assert owner.loaded["flux1-schnell"] == whole
    assert owner.loaded["sdxl-lightning"] < 541_000


def test_a_swap_loads_nothing_from_disk(own_store: Store) -> None:
    owner = Residency(own_store, Chip("cpu", "CPU", 2**30))
    first = paint(owner, KLEIN)
    owner.free()
    assert owner.loaded == {KLEIN: 0}
    for path in own_store.folder(KLEIN).rglob("*.safetensors"):
        path.unlink()
    assert np.array_equal(paint(owner, KLEIN), first)


def test_unloading_forgets_everything(residency: Residency) -> None:
    paint(residency, KLEIN)
    residency.unload_all()
    assert (residency.loaded, residency.load_seconds) == ({}, {})


def test_nothing_stays_on_the_device_where_the_deployment_wants_it_so(
    tiny_store: Store, chip: Chip
) -> None:
    owner = Residency(tiny_store, chip, unload_when_idle=True)
    paint(owner, KLEIN)
    # Not between two passes, or two jobs that follow each other.
    assert owner.loaded[KLEIN] > 0
    owner.rest()
    assert owner.loaded == {KLEIN: 0}


def test_elsewhere_everything_stays_while_there_is_nothing_to_do(residency: Residency) -> None:
    paint(residency, KLEIN)
    residency.rest()
    assert residency.loaded[KLEIN] > 0


def test_an_error_inside_leaves_the_owner_usable(residency: Residency) -> None:
    with pytest.raises(ZeroDivisionError), residency.use(KLEIN):
        raise ZeroDivisionError
    assert paint(residency, KLEIN).shape == (SIDE, SIDE, 3)
    with pytest.raises(ModelUnknown), residency.use("flux9-huge"):
        pass


def test_tied_weights_stay_tied_and_count_once(residency: Residency) -> None:
    with residency.use(KLEIN) as pipeline:
        encoder = pipeline.text_encoder
    paint(residency, KLEIN)
    residency.free()
    paint(residency, KLEIN)
    assert encoder.lm_head.weight is encoder.model.embed_tokens.weight


def test_a_model_that_is_being_loaded_does_not_hold_up_another_that_paints(
    residency: Residency,
) -> None:
    paint(residency, KLEIN)
    residency.free()
    with residency._loading, ThreadPoolExecutor(1) as pool:
        assert pool.submit(paint, residency, KLEIN).result(timeout=300).shape == (SIDE, SIDE, 3)


def test_two_threads_load_a_model_once(residency: Residency) -> None:
    def load(_: int) -> int:
        with residency.use(KLEIN) as pipeline:
            return id(pipeline)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(load, range(4)))) == 1


def test_what_is_in_use_is_not_taken_off_the_device(tiny_store: Store, chip: Chip) -> None:
    owner = Residency(tiny_store, chip)
    with owner.use(KLEIN) as pipeline:
        pipeline.encode_prompt("a table")
        owner.free()
        assert owner.loaded[KLEIN] > 0
    owner.free()
    assert owner.loaded[KLEIN] == 0


def test_a_device_that_others_have_filled_is_warned_of(
    chip: Chip, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_others(chip, int(0.95 * chip.budget))
    assert caplog.messages == []
    warn_of_others(chip, chip.budget // 2)
    assert "only 0.5 of 1.0 GiB are free on CPU" in caplog.text


def test_the_environment_makes_this_process_own(engine_environment: Residency) -> None:
    assert paint(engine_environment, KLEIN).shape == (SIDE, SIDE, 3)
    assert engine_environment.chip == Chip("cpu", "CPU", 1024 * 2**20)
