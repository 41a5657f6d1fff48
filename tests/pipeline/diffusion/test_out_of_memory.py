"""Memory runs out: once more with less, then advice, and the next job runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from generation.pipeline.diffusion.out_of_memory import (
    FULL,
    LESS,
    TILE,
    Effort,
    is_out_of_memory,
    with_less,
)
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.errors import OutOfMemory

KEY = "flux2-klein-4b"
WIDTH, HEIGHT = 128, 96
# Tokens of a picture are its pixels over 16 x 16: 48 at full effort, 24 at three quarters' sides.
ALL_TOKENS, FEWER_TOKENS = 48, 24


@contextmanager
def small_gpu(residency: Residency, most_tokens: int) -> Iterator[list[int]]:
    """Have klein's transformer run out of memory, as CUDA would, beyond so many tokens."""
    with residency.use(KEY) as pipeline:
        block = pipeline.transformer.x_embedder
    seen: list[int] = []

    def allocate(_: Any, inputs: tuple[Any, ...]) -> None:
        seen.append(inputs[0].shape[1])
        if inputs[0].shape[1] > most_tokens:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    handle = block.register_forward_pre_hook(allocate)
    yield seen
    handle.remove()


def painting(residency: Residency) -> Callable[[Effort], Any]:
    def run(effort: Effort) -> Any:
        width, height = effort.size(WIDTH, HEIGHT)
        with residency.use(KEY) as pipeline:
            effort.prepare(pipeline)
            picture = pipeline(
                prompt="a table",
                width=width,
                height=height,
                num_inference_steps=2,
                guidance_scale=1.0,
                generator=torch.Generator().manual_seed(7),
            ).images[0]
        return effort.restore(picture, WIDTH, HEIGHT)

    return run


def test_with_enough_memory_it_runs_once_and_whole(residency: Residency) -> None:
    with small_gpu(residency, ALL_TOKENS) as seen:
        assert with_less(painting(residency), residency).size == (WIDTH, HEIGHT)
    assert seen == [ALL_TOKENS] * 2
    assert not residency._models[KEY].pipeline.vae.use_tiling


def test_the_second_try_is_smaller_tiled_and_of_the_size_that_was_asked_for(
    residency: Residency,
) -> None:
    with small_gpu(residency, FEWER_TOKENS) as seen:
        picture = with_less(painting(residency), residency)
    assert picture.size == (WIDTH, HEIGHT)
    assert np.asarray(picture).std() > 1
    assert seen == [ALL_TOKENS, FEWER_TOKENS, FEWER_TOKENS]
    assert residency._models[KEY].pipeline.vae.use_tiling


def test_in_the_second_try_one_component_at_a_time_lies_on_the_device(
    residency: Residency,
) -> None:
    with small_gpu(residency, FEWER_TOKENS):
        with_less(painting(residency), residency)
    lying = [one.name for one in residency._components() if one.copy.on_device]
    assert lying == ["vae"]


def test_when_less_is_too_much_too_the_job_fails_with_advice_and_the_next_one_runs(
    residency: Residency,
) -> None:
    with small_gpu(residency, 1), pytest.raises(OutOfMemory, match="NANOCOCOA_QUANTISE") as failed:
        with_less(painting(residency), residency)
    assert "Tried to allocate 2.00 GiB" in failed.value.detail
    assert failed.value.__cause__ is None
    assert residency.loaded == {KEY: 0}
    assert painting(residency)(FULL).size == (WIDTH, HEIGHT)


def test_after_a_try_with_less_the_next_job_gets_everything(residency: Residency) -> None:
    with small_gpu(residency, FEWER_TOKENS):
        with_less(painting(residency), residency)
    with_less(painting(residency), residency)
    lying = {one.name for one in residency._components() if one.copy.on_device}
    assert lying == {"text_encoder", "transformer", "vae"}
    assert not residency._models[KEY].pipeline.vae.use_tiling


def test_with_less_the_vae_decodes_in_tiles(residency: Residency) -> None:
    sides: list[int] = []
    with residency.use(KEY) as pipeline:
        LESS.prepare(pipeline)
        handle = pipeline.vae.decoder.register_forward_pre_hook(
            lambda _, inputs: sides.append(max(inputs[0].shape[2:]))
        )
        latents = torch.zeros(1, 4, 68, 132, dtype=pipeline.vae.dtype)
        decoded = pipeline.vae.decode(latents, return_dict=False)[0]
        handle.remove()
    assert decoded.shape == (1, 3, 8 * 68, 8 * 132)
    assert len(sides) > 1
    assert max(sides) == TILE // 8


def test_another_error_passes_through_and_is_not_tried_again(residency: Residency) -> None:
    tries: list[Effort] = []

    def broken(effort: Effort) -> None:
        tries.append(effort)
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        with_less(broken, residency)
    assert tries == [FULL]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.cuda.OutOfMemoryError("x"), True),
        (MemoryError(), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"), True),
        (RuntimeError("shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_lack_of_memory_is_told_from_a_bug(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


@pytest.mark.parametrize(
    ("asked", "full", "less"),
    [
        ((1080, 1080), (1088, 1088), (816, 816)),
        ((1920, 1080), (1920, 1088), (1440, 816)),
        ((1, 33), (16, 32), (16, 32)),
    ],
)
def test_sizes_are_in_sixteens(
    asked: tuple[int, int], full: tuple[int, int], less: tuple[int, int]
) -> None:
    assert (FULL.size(*asked), LESS.size(*asked)) == (full, less)
