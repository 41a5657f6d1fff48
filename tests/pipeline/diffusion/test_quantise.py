"""Fewer bits a weight: less memory, nearly the same picture, swaps included."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest
import torch

from generation.pipeline.diffusion.host_copies import HostCopy, LockedMemory
from generation.pipeline.diffusion.memory import Chip, Quantisation, Wish
from generation.pipeline.diffusion.quantise import quantise
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.store import Store
from generation.pipeline.errors import DiffusionNotInstalled

from .pretend_gpu import pretended
from .test_residency import KLEIN, SDXL, paint

PACKAGES = {"fp8": "torchao", "nf4": "bitsandbytes"}
CPU = Chip("cpu", "CPU", 2**30)
# Bytes of klein's transformer and encoder over those in bfloat16: embeddings, norms and the narrow
# layers of a tiny model stay as they are, so that it shrinks less than a full-size one.
MOST_LEFT = {"fp8": 0.75, "nf4": 0.65}


def with_package(method: str) -> Any:
    missing = importlib.util.find_spec(PACKAGES[method]) is None
    return pytest.param(method, marks=pytest.mark.skipif(missing, reason="not installed"))


@pytest.fixture(params=[with_package(method) for method in PACKAGES])
def method(request: pytest.FixtureRequest) -> Quantisation:
    return request.param


def owner(store: Store, wish: Wish) -> Residency:
    return Residency(store, CPU, quantise=wish)


def test_a_quantised_model_is_smaller_and_paints_nearly_the_same(
    tiny_store: Store, method: Quantisation
) -> None:
    plain, quantised = owner(tiny_store, "none"), owner(tiny_store, method)
    before, after = paint(plain, KLEIN), paint(quantised, KLEIN)
    assert quantised.quantised(KLEIN) == method
    assert quantised.loaded[KLEIN] < MOST_LEFT[method] * plain.loaded[KLEIN]
    # Random weights make noise of the whole range; its standard deviation is about 45.
    assert np.abs(before.astype(float) - after).mean() < 8


def test_a_quantised_model_comes_back_from_a_swap_unchanged(
    tiny_store: Store, method: Quantisation
) -> None:
    quantised = owner(tiny_store, method)
    before = paint(quantised, KLEIN)
    quantised.free()
    assert quantised.loaded == {KLEIN: 0}
    assert np.array_equal(paint(quantised, KLEIN), before)


def test_what_was_not_quantised_is_not_said_to_be(tiny_store: Store, method: Quantisation) -> None:
    quantised = owner(tiny_store, method)
    with quantised.use(SDXL):
        assert quantised.quantised(SDXL) == "none"


def test_sdxl_is_left_as_it_is(tiny_store: Store, method: Quantisation) -> None:
    assert np.array_equal(
        paint(owner(tiny_store, method), SDXL), paint(owner(tiny_store, "none"), SDXL)
    )


def test_only_large_linear_layers_are_quantised(method: Quantisation) -> None:
    module = torch.nn.Sequential(
        torch.nn.Linear(64, 64, dtype=torch.bfloat16),
        torch.nn.Linear(64, 5, dtype=torch.bfloat16),
        torch.nn.LayerNorm(64, dtype=torch.bfloat16),
    )
    quantise(module, method, CPU)
    plain = [type(p) is torch.nn.Parameter for p in module.parameters()]
    assert plain == [False, True, True, True, True, True]


def test_a_quantised_module_is_counted_by_what_it_takes(method: Quantisation) -> None:
    module = torch.nn.Linear(256, 256, bias=False, dtype=torch.bfloat16)
    holder = torch.nn.Sequential(module)
    whole = HostCopy(holder).size
    quantise(holder, method, CPU)
    share = HostCopy(holder).size / whole
    assert share == pytest.approx({"fp8": 0.5, "nf4": 0.25}[method], abs=0.02)


@pytest.mark.parametrize("capability", [(8, 0), (8, 9)])
def test_fp8_multiplies_where_the_chip_does_and_leaves_the_compiler_as_it_is(
    capability: tuple[int, int],
) -> None:
    pytest.importorskip("torchao")
    settings, chip = torch._inductor.config, Chip("cuda:0", "GPU", 2**30, capability)
    holder = torch.nn.Sequential(torch.nn.Linear(64, 64, dtype=torch.bfloat16))
    with settings.patch(coordinate_descent_tuning=False), pretended(2**26, capability):
        quantise(holder, "fp8", chip)
        assert not settings.coordinate_descent_tuning
    products = capability >= (8, 9)
    assert (holder[0].weight.act_quant_kwargs is not None) == products
    # And what it is multiplied with goes along to another place and device.
    copy = HostCopy(holder)
    copy.keep_in(LockedMemory(copy.size, lock=False))
    copy.to_device("meta")
    moved = holder[0].weight
    assert moved.qdata.device == moved.scale.device == torch.device("meta")
    assert (moved.act_quant_kwargs is not None) == products


def test_without_the_package_the_refusal_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(DiffusionNotInstalled, match="bitsandbytes"):
        quantise(torch.nn.Sequential(torch.nn.Linear(16, 16)), "nf4", CPU)
