"""Takes of one ad painted in one pass: each as it would be alone, and none lost to a small GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generation.pipeline.diffusion import background, sizes, variants
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.run import run_stage
from generation.pipeline.types import Stage, StageOutput, StageRequest

from .asking import pixels, request, save_photo

SEEDS = (7, 8, 9)


@pytest.fixture(autouse=True)
def small_and_nothing_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sizes, "LEAST_DRAFT_PIXELS", 1)
    monkeypatch.setattr(background, "TAKEN", 1.0)
    variants._kept.clear()
    yield
    variants._kept.clear()


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many scenes each pass painted."""
    passes: list[int] = []

    def counted(brush: Any, seeds: Any, telling: Any) -> Any:
        passes.append(len(seeds))
        return really(brush, seeds, telling)

    really = background.paint_takes
    monkeypatch.setattr(background, "paint_takes", counted)
    return passes


def asked(folder: Path, seed: int, ahead: tuple[int, ...] = (), **wishes: Any) -> StageRequest:
    photo = save_photo(folder / "photo.png")
    told = {"photo": photo, "format": "1029x258", "strength": 0.0, "seed": seed, **wishes}
    return replace(request(folder / str(seed), Stage.BACKGROUND, **told), ahead=ahead)


def made(wish: StageRequest) -> StageOutput:
    wish.cache_dir.mkdir(parents=True, exist_ok=True)
    return run_stage(wish, lambda _: None)


@pytest.mark.usefixtures("engine_environment")
@pytest.mark.parametrize("key", ["flux2-klein-4b", "flux1-dev"])
def test_three_takes_are_painted_in_one_pass_each_as_alone(
    tmp_path: Path, painted: list[int], key: str
) -> None:
    wishes = {"background_model": key, "background_negative_prompt": "cars"}
    alone = [pixels(made(asked(tmp_path, seed, **wishes)).image).copy() for seed in SEEDS]
    assert painted == [1, 1, 1]
    painted.clear()
    first = made(asked(tmp_path, SEEDS[0], SEEDS[1:], **wishes))
    together = [pixels(first.image).copy()]
    together += [pixels(made(asked(tmp_path, seed, **wishes)).image).copy() for seed in SEEDS[1:]]
    assert painted == [3]
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one.astype(int) - other).mean() < 1.0
    assert np.abs(together[0].astype(int) - together[1]).mean() > 5
    assert variants.painted_ahead(asked(tmp_path, SEEDS[1], **wishes).spec) is None


def test_takes_of_one_pass_are_decoded_one_by_one(
    tmp_path: Path, engine_environment: Residency
) -> None:
    decoded: list[int] = []
    with engine_environment.use("flux2-klein-4b") as pipeline:
        handle = pipeline.vae.decoder.register_forward_pre_hook(
            lambda _, inputs: decoded.append(len(inputs[0]))
        )
    made(asked(tmp_path, 7, (8, 9)))
    handle.remove()
    assert decoded == [1, 1, 1]


@pytest.mark.usefixtures("engine_environment")
def test_a_take_that_asks_for_something_else_is_painted_anew(
    tmp_path: Path, painted: list[int]
) -> None:
    made(asked(tmp_path, 7, (8,)))
    made(asked(tmp_path, 8, background_prompt="a marble counter"))
    assert painted == [2, 1]


def test_where_memory_runs_out_the_takes_are_painted_one_by_one(
    tmp_path: Path, painted: list[int], engine_environment: Residency
) -> None:
    def short(_: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if len(kwargs.get("hidden_states", inputs[0] if inputs else ())) > 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

    with engine_environment.use("flux2-klein-4b") as pipeline:
        handle = pipeline.transformer.register_forward_pre_hook(short, with_kwargs=True)
    output = made(asked(tmp_path, 7, (8, 9)))
    handle.remove()
    assert painted == [3, 1]
    assert output.checks["product"]["largest_difference"] == 0
    assert not variants._kept


@pytest.mark.usefixtures("engine_environment")
def test_round_a_product_each_take_is_painted_by_itself(tmp_path: Path, painted: list[int]) -> None:
    made(asked(tmp_path, 7, (8,), background_way="around"))
    assert painted == []
    assert not variants._kept
