"""The device, its budget, and which quantisation makes a model fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.catalog import GIB
from generation.pipeline.diffusion.memory import (
    Chip,
    choose_quantisation,
    chosen_chip,
    free_bytes,
    wished_quantisation,
    working_dtype,
)
from generation.pipeline.diffusion.residency import residency_from
from generation.pipeline.errors import NoGpu

no_gpu_here = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")


def chip(gibibytes: float, capability: tuple[int, int] | None) -> Chip:
    return Chip("cuda:0", "a chip", int(gibibytes * GIB), capability)


@pytest.mark.parametrize(
    ("key", "gibibytes", "capability", "expected"),
    [
        ("flux2-klein-4b", 22.0, (8, 9), "none"),  # L4
        ("flux2-klein-4b", 15.0, (8, 9), "fp8"),
        ("flux2-klein-4b", 14.6, (7, 5), "none"),  # T4: encoder and transformer take turns
        ("flux1-dev", 22.0, (8, 9), "fp8"),  # L4
        ("flux1-dev", 23.6, (8, 6), "nf4"),  # RTX 3090: the transformer alone is too large
        ("flux1-dev", 79.0, (8, 0), "none"),  # A100
        ("flux1-dev", 140.0, (9, 0), "none"),  # H200
        ("flux1-schnell", 31.0, (12, 0), "fp8"),  # RTX 5090
        ("sdxl", 22.0, (8, 9), "none"),
        ("flux1-dev", 8.0, None, "none"),  # the processor, for tests
    ],
)
def test_weights_are_stored_as_the_chip_allows(
    key: str, gibibytes: float, capability: tuple[int, int] | None, expected: str
) -> None:
    assert choose_quantisation(catalog.model(key), chip(gibibytes, capability)) == expected


def test_the_deployment_has_the_last_word() -> None:
    entry = catalog.model("flux2-klein-4b")
    assert choose_quantisation(entry, chip(140, (9, 0)), "nf4") == "nf4"
    assert choose_quantisation(entry, chip(8, (9, 0)), "none") == "none"


def test_a_unet_is_never_quantised() -> None:
    assert choose_quantisation(catalog.model("sdxl"), chip(8, (8, 9)), "fp8") == "none"


def test_an_eighth_of_the_device_is_kept_for_the_work() -> None:
    assert chip(24, (8, 9)).weights_budget == 21 * GIB
    assert free_bytes(chip(24, None), resident=20 * GIB) == GIB


def test_half_floats_are_for_gpus() -> None:
    sdxl, klein = catalog.model("sdxl"), catalog.model("flux2-klein-4b")
    assert working_dtype(sdxl, chip(24, (8, 9))) == "float16"
    assert working_dtype(sdxl, chip(24, None)) == "bfloat16"
    assert working_dtype(klein, chip(24, None)) == "bfloat16"


def test_the_processor_has_to_be_named() -> None:
    named = chosen_chip({"DEVICE": "cpu", "NANOCOCOA_GPU_BUDGET_MB": "512"})
    assert named == Chip("cpu", "CPU", 512 * 2**20)
    assert chosen_chip({"DEVICE": "cpu"}).budget > GIB


@no_gpu_here
@pytest.mark.parametrize("device", ["", "auto", "cuda", "cuda:0", "cuda:7"])
def test_without_cuda_the_refusal_says_so(device: str) -> None:
    with pytest.raises(NoGpu, match="sees no cuda") as refused:
        chosen_chip({"DEVICE": device})
    assert torch.__version__ in refused.value.detail


@pytest.mark.parametrize("device", ["gpu", "cuda:first", "cuda:", "mps"])
def test_a_device_that_cannot_be_is_refused(device: str) -> None:
    with pytest.raises(ValueError, match=r"DEVICE=.* must be auto, cuda, cuda:N or cpu"):
        chosen_chip({"DEVICE": device})


@pytest.mark.parametrize("budget", ["0", "-1", "lots", "1.5"])
def test_a_budget_that_is_no_number_is_refused(budget: str) -> None:
    with pytest.raises(ValueError, match="a number of megabytes"):
        chosen_chip({"DEVICE": "cpu", "NANOCOCOA_GPU_BUDGET_MB": budget})


def test_the_wish_for_a_quantisation_is_read_and_checked() -> None:
    assert wished_quantisation({}) == "auto"
    assert wished_quantisation({"NANOCOCOA_QUANTISE": "fp8"}) == "fp8"
    with pytest.raises(ValueError, match="NANOCOCOA_QUANTISE=int3"):
        wished_quantisation({"NANOCOCOA_QUANTISE": "int3"})


def test_the_environment_describes_the_residency(tmp_path: Path) -> None:
    owner = residency_from(
        {
            "DEVICE": "cpu",
            "NANOCOCOA_MODELS": str(tmp_path),
            "NANOCOCOA_QUANTISE": "nf4",
            "AUTO_UNLOAD_DEFAULT": "1",
        }
    )
    assert (owner.store.root, owner.quantise, owner.unload_when_idle) == (tmp_path, "nf4", True)
    assert not residency_from({"DEVICE": "cpu"}).unload_when_idle
