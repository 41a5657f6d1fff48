"""Compiled blocks and other layouts paint the same pictures; both only where they help."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
import torch

from generation.pipeline.diffusion.host_copies import HostCopy, LockedMemory
from generation.pipeline.diffusion.memory import Chip
from generation.pipeline.diffusion.residency import Residency, residency_from
from generation.pipeline.diffusion.speed import channels_last, compiles, make_fast
from generation.pipeline.diffusion.store import Store
from generation.pipeline.diffusion.warm import first_strokes

from .test_residency import KLEIN, SDXL, paint

CPU, L4 = Chip("cpu", "CPU", 2**30), Chip("cuda:0", "L4", 24 * 2**30, (8, 9))
OLD = Chip("cuda:0", "P4", 8 * 2**30, (6, 1))


def test_blocks_are_compiled_on_gpus_alone_unless_it_is_said_otherwise(monkeypatch) -> None:
    speed = "generation.pipeline.diffusion.speed"
    monkeypatch.setattr(f"{speed}.find_spec", lambda _: object())
    monkeypatch.setattr(f"{speed}.shutil.which", lambda _: "/usr/bin/cc")
    assert [compiles(chip, {}) for chip in (CPU, OLD, L4)] == [False, False, True]
    assert compiles(CPU, {"NANOCOCOA_COMPILE": "always"})
    assert not compiles(L4, {"NANOCOCOA_COMPILE": "never"})
    with pytest.raises(ValueError, match="NANOCOCOA_COMPILE=often"):
        compiles(L4, {"NANOCOCOA_COMPILE": "often"})
    monkeypatch.setattr(f"{speed}.shutil.which", lambda _: None)
    assert not compiles(L4, {})
    assert not residency_from({"DEVICE": "cpu"}).compile_blocks


@pytest.mark.skipif(shutil.which("c++") is None, reason="compiling for a processor needs one")
def test_a_compiled_transformer_paints_the_same_on_a_device_it_left_and_came_back_to(
    tiny_store: Store, residency: Residency
) -> None:
    owner = Residency(tiny_store, CPU, compile_blocks=True)
    first_strokes(owner, KLEIN, lambda: True)
    frames = torch._dynamo.utils.counters["frames"]["ok"]
    assert frames > 0
    first = paint(owner, KLEIN)
    assert same(first, paint(residency, KLEIN))
    owner.free()
    # On a processor going and coming back moves nothing: so the weights are made anew.
    for one in owner._components():
        one.copy.keep_in(LockedMemory(one.copy.size, lock=False))
    assert np.array_equal(paint(owner, KLEIN), first)
    # Another size and weights that came anew are no reason to compile again.
    assert torch._dynamo.utils.counters["frames"]["ok"] == frames


def test_4_bit_weights_are_not_compiled() -> None:
    class Pipeline:
        transformer = None

    make_fast(Pipeline(), CPU, "nf4", compile_blocks=True)


def same(picture: np.ndarray, other: np.ndarray) -> bool:
    """But for bfloat16's rounding, which adds up over the steps: by 0.9 in the mean, 10 at most."""
    far = np.abs(picture.astype(int) - other)
    return bool(far.mean() < 1.5 and far.max() <= 16)


def weights_of(pipeline: Any) -> list[torch.Tensor]:
    networks = [pipeline.vae, pipeline.unet, *pipeline.controlnet.nets]
    return [w for net in networks for w in net.parameters() if w.ndim == 4]


def test_channels_last_paints_the_same_and_is_kept_in_locked_memory(
    tiny_store: Store, residency: Residency
) -> None:
    owner = Residency(tiny_store, CPU)
    with owner.use(SDXL) as pipeline:
        channels_last(pipeline)
        laid_out = [
            w.is_contiguous(memory_format=torch.channels_last) for w in weights_of(pipeline)
        ]
        assert len(laid_out) > 20
        assert all(laid_out)
    assert same(paint(owner, SDXL), paint(residency, SDXL))


def test_locked_memory_keeps_the_layout() -> None:
    network = torch.nn.Conv2d(4, 8, 3).to(memory_format=torch.channels_last)
    before = network.weight.detach().clone()
    copy = HostCopy(network)
    memory = LockedMemory(copy.size, lock=False)
    copy.keep_in(memory)
    kept = network.weight
    assert torch.equal(kept, before)
    assert kept.stride() == before.stride()
    block = memory.blocks[0]
    assert block.data_ptr() <= kept.data_ptr() < block.data_ptr() + len(block)


@pytest.mark.skipif(shutil.which("c++") is None, reason="compiling for a processor needs one")
def test_control_nets_are_compiled_with_the_network_they_hold(
    tiny_store: Store, residency: Residency
) -> None:
    owner = Residency(tiny_store, CPU, compile_blocks=True)
    with owner.use("sdxl-lightning") as pipeline:
        networks = (pipeline.unet, *pipeline.controlnet.nets)
        compiled = [
            [m for m in net.modules() if m._compiled_call_impl is not None] for net in networks
        ]
    assert all(compiled)
    assert {type(m).__name__ for net in compiled for m in net} == {"BasicTransformerBlock"}
    assert same(paint(owner, "sdxl-lightning"), paint(residency, "sdxl-lightning"))
