"""Weights in host memory: in few blocks, as they were loaded, tied where they were tied."""

from __future__ import annotations

import pytest
import torch

from generation.pipeline.diffusion import host_copies
from generation.pipeline.diffusion.host_copies import HostCopy, LockedMemory, power_of_two
from generation.pipeline.diffusion.memory import Chip
from generation.pipeline.diffusion.quantise import quantise


class Tied(torch.nn.Module):
    """Two layers over one weight, one of another type, a buffer and a gap."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(48, 48)
        self.second = torch.nn.Linear(48, 48, bias=False)
        self.second.weight = self.first.weight
        self.half = torch.nn.Linear(48, 7, dtype=torch.bfloat16)
        self.register_buffer("mean", torch.arange(5))
        self.register_buffer("nothing", None)


def copies(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def test_weights_kept_in_blocks_are_the_same_and_stay_tied() -> None:
    module = Tied()
    before, copy = copies(module), HostCopy(module)
    memory = LockedMemory(copy.size, lock=False)
    copy.keep_in(memory)
    after = module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert module.second.weight is module.first.weight
    block = memory.blocks[0]
    held = [t.untyped_storage().data_ptr() for t in (*module.parameters(), module.mean)]
    assert len(memory.blocks) == 1
    assert set(held) == {block.untyped_storage().data_ptr()}


def test_what_is_kept_counts_tied_weights_once() -> None:
    assert HostCopy(Tied()).size == 4 * (48 * 48 + 48) + 2 * (48 * 7 + 7) + 8 * 5


def test_blocks_are_as_large_as_torch_would_make_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_copies, "LARGEST_BLOCK", 4096)
    memory = LockedMemory(20_000, lock=False)
    for size in (3000, 9000, 1000, 7000):
        memory.kept(torch.zeros(size, dtype=torch.uint8))
    assert [len(block) for block in memory.blocks] == [4096, 16384, 8192]
    assert [power_of_two(size) for size in (1, 2, 3, 4096, 4097)] == [2, 2, 4, 4096, 8192]


def test_quantised_weights_are_kept_too() -> None:
    pytest.importorskip("torchao")
    module = torch.nn.Sequential(torch.nn.Linear(64, 64, dtype=torch.bfloat16))
    quantise(module, "fp8", Chip("cpu", "CPU", 2**30))
    picture = torch.ones(1, 64, dtype=torch.bfloat16)
    before, copy = module(picture), HostCopy(module)
    memory = LockedMemory(copy.size, lock=False)
    copy.keep_in(memory)
    assert torch.equal(module(picture), before)
    weight = module[0].weight
    names, _ = weight.__tensor_flatten__()
    held = {getattr(weight, name).untyped_storage().data_ptr() for name in names}
    assert held == {memory.blocks[0].untyped_storage().data_ptr()}
