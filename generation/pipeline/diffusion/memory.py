"""The device, how much of it may be filled, and which quantisation makes a model fit."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args

from generation.pipeline.errors import DiffusionNotInstalled, GpuTooSmall, NoGpu

from .catalog import GIB, MOST_PIXELS, Kind, ModelEntry, model

logger = logging.getLogger(__name__)

Quantisation = Literal["none", "fp8", "nf4"]
Wish = Literal["auto", "none", "fp8", "nf4"]

DEVICE_VARIABLE: Final = "DEVICE"
BUDGET_VARIABLE: Final = "NANOCOCOA_GPU_BUDGET_MB"
QUANTISE_VARIABLE: Final = "NANOCOCOA_QUANTISE"
MIB: Final = 1024**2
# CUDA itself and a desktop take up to this much; more is another program.
OTHERS_SHARE: Final = 0.08
# Kept free of weights, for activations; a VAE's at 1024x1024 are asked for on their own.
WORKING_SHARE: Final = 1 / 8
# What of the device is not torch's to give: CUDA's own context and libraries' workspaces.
NOT_FOR_TENSORS: Final = 0.1
# Planes (of the picture's size) that live at once while a VAE decodes or encodes a whole picture,
# over the channels of its second block: 1,138 of 256, counted on the full-size architectures.
VAE_PLANES: Final = 4.45
# The first chips that multiply in fp8: Ada (L4) and, later, Hopper.
FP8_CAPABILITY: Final = (8, 9)


@dataclass(frozen=True)
class Chip:
    """Where models run. `budget` in bytes; `capability` is CUDA's (major, minor), None on a CPU."""

    device: str
    name: str
    budget: int
    capability: tuple[int, int] | None = None

    @property
    def weights_budget(self) -> int:
        """Bytes that weights may fill."""
        return int(self.budget * (1 - WORKING_SHARE))

    @property
    def working(self) -> int:
        """Bytes that are kept free of weights."""
        return self.budget - self.weights_budget

    @property
    def number(self) -> int:
        """Which GPU it is, 0 for the first, and for a processor."""
        _, _, number = self.device.partition(":")
        return int(number or 0)


def vae_working(vae: Any, chip: Chip) -> int:
    """Return the bytes that weights leave free while this VAE works on a picture of full size.

    0 on a processor. It is the one network that takes more than others beside its weights.
    """
    if chip.capability is None:
        return 0
    channels = list(vae.config.block_out_channels)[:2][-1]
    planes = VAE_PLANES * channels * vae.dtype.itemsize
    return int(planes * MOST_PIXELS + NOT_FOR_TENSORS * chip.budget)


def the_torch() -> Any:
    """Return torch. Raises DiffusionNotInstalled."""
    try:
        import torch
    except ImportError as error:
        raise DiffusionNotInstalled(f"the gpu extra is not installed: {error}") from error
    return torch


def chosen_chip(environment: Mapping[str, str] = os.environ) -> Chip:
    """Return the device that DEVICE names (auto, cuda, cuda:N, cpu) with its budget.

    Raises NoGpu when torch sees no such GPU: `auto` never means the processor, which is far too
    slow for an ad; it has to be named.
    """
    wished = environment.get(DEVICE_VARIABLE, "").strip() or "auto"
    cap = environment.get(BUDGET_VARIABLE, "").strip()
    most = _megabytes(cap) if cap else None
    if wished == "cpu":
        return _processor(most)
    return _gpu(wished, most)


def wished_quantisation(environment: Mapping[str, str] = os.environ) -> Wish:
    """Return NANOCOCOA_QUANTISE. Raises ValueError for what it cannot be."""
    wish = environment.get(QUANTISE_VARIABLE, "").strip() or "auto"
    if wish not in get_args(Wish):
        raise ValueError(f"{QUANTISE_VARIABLE}={wish}: it must be one of {get_args(Wish)}")
    return cast("Wish", wish)


def choose_quantisation(entry: ModelEntry, chip: Chip, wish: Wish = "auto") -> Quantisation:
    """Return how to store the weights of this model on this chip.

    Unquantised where the whole model fits. Else fp8 where the chip multiplies in it: half the
    memory. On older chips unquantised as long as the components fit one after the other (they take
    turns), then nf4: a quarter of the memory, and slower. A U-Net is small enough as it is.
    """
    if entry.kind is Kind.LETTERING:
        return "none"
    if wish != "auto":
        return wish
    entries = (entry, *(model(part) for part in entry.parts))
    sizes = [size for one in entries for size in one.sizes.values()]
    if chip.capability is None or sum(sizes) <= chip.weights_budget:
        return "none"
    if chip.capability >= FP8_CAPABILITY:
        return "fp8"
    return "none" if max(sizes) <= chip.weights_budget else "nf4"


def working_dtype(entry: ModelEntry, chip: Chip) -> str:
    """Return the torch type to load with: on processors float16 takes four times as long."""
    on_processor = chip.capability is None
    return "bfloat16" if on_processor and entry.dtype == "float16" else entry.dtype


def free_bytes(chip: Chip, resident: int) -> int:
    """Return what weights may still take on the chip where `resident` bytes of them lie already.

    On a GPU never more than the driver says is free, since others (onnxruntime) use it too.
    """
    left = chip.weights_budget - resident
    if chip.capability is None:
        return left
    cuda = the_torch().cuda
    unused = int(cuda.memory_reserved(chip.device) - cuda.memory_allocated(chip.device))
    return min(left, int(cuda.mem_get_info(chip.device)[0]) + unused - chip.working)


def give_back_cached(chip: Chip, *, host: bool = False) -> None:
    """Give back what torch keeps for later on a GPU; `host`: and of page-locked memory in RAM."""
    gc.collect()
    if chip.capability is not None:
        the_torch().cuda.empty_cache()
        if host:
            the_torch()._C._host_emptyCache()  # noqa: SLF001 - as torch.cuda.graphs calls it


def refuse_too_large(key: str, name: str, size: int, chip: Chip) -> None:
    """Raise GpuTooSmall for a component of `size` bytes that the chip can never hold."""
    if size > chip.weights_budget:
        raise GpuTooSmall(
            f"{key}'s {name} takes {size / GIB:.1f} GiB; on {chip.name}, of "
            f"{chip.budget / GIB:.1f} GiB, weights may take {chip.weights_budget / GIB:.1f}",
            model=key,
        )


def warn_of_others(chip: Chip, free: int) -> None:
    """Warn when other programs hold memory that is counted on. `free`: bytes, by the driver."""
    if free < chip.budget * (1 - OTHERS_SHARE):
        logger.warning(
            "only %.1f of %.1f GiB are free on %s: other programs hold the rest, models will take "
            "turns or run out of memory (NANOCOCOA_GPU_BUDGET_MB says how much may be filled)",
            free / GIB,
            chip.budget / GIB,
            chip.name,
        )


def _megabytes(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise ValueError(f"{BUDGET_VARIABLE}={text}: it must be a number of megabytes")
    return int(text) * MIB


def _processor(most: int | None) -> Chip:
    import psutil

    the_torch()
    return Chip("cpu", "CPU", min(most or psutil.virtual_memory().total, 2**62))


def _gpu(wished: str, most: int | None) -> Chip:
    torch = the_torch()
    device = "cuda:0" if wished in ("auto", "cuda") else wished
    number = device.removeprefix("cuda:")
    if not device.startswith("cuda:") or not number.isdigit():
        raise ValueError(f"{DEVICE_VARIABLE}={wished}: it must be auto, cuda, cuda:N or cpu")
    if not torch.cuda.is_available() or int(number) >= torch.cuda.device_count():
        raise NoGpu(f"torch {torch.__version__} sees no {device}; DEVICE=cpu would run on the CPU")
    figures = torch.cuda.get_device_properties(device)
    budget = min(most or figures.total_memory, figures.total_memory)
    return Chip(device, figures.name, budget, (figures.major, figures.minor))
