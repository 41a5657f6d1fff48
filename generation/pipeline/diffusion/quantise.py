"""Weights in fewer bits: fp8 by torchao, nf4 by bitsandbytes; only the large linear layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generation.pipeline.errors import DiffusionNotInstalled

from .memory import FP8_CAPABILITY, Chip, Quantisation, the_torch

# The components whose linear layers hold nearly all weights. A VAE shows every lost bit, and
# U-Net and ControlNets are small enough as they are.
HEAVY: Final = ("transformer", "text_encoder", "text_encoder_2")
# The least that such a component can shrink to; embeddings and norms stay as they are.
LEAST_LEFT: Final[Mapping[Quantisation, float]] = {"none": 1.0, "fp8": 0.5, "nf4": 0.25}
# fp8 matrix products need both sides in sixteens.
GRAIN: Final = 16


def quantise_pipeline(pipeline: Any, method: Quantisation, chip: Chip) -> None:
    """Quantise the heavy components in place; `none` does nothing. Raises DiffusionNotInstalled."""
    if method == "none":
        return
    for name in HEAVY:
        module = getattr(pipeline, name, None)
        # SDXL's text encoders are CLIPs: nothing to win.
        if module is not None and not type(module).__name__.startswith("CLIP"):
            quantise(module, method, chip)


def quantise(module: Any, method: Quantisation, chip: Chip) -> None:
    """Quantise a module's large linear layers in place, in host memory, for that chip.

    Raises DiffusionNotInstalled.
    """
    try:
        if method == "fp8":
            _to_fp8(module, multiplies=(chip.capability or (0, 0)) >= FP8_CAPABILITY)
        elif method == "nf4":
            _to_nf4(module)
    except ImportError as error:
        raise DiffusionNotInstalled(f"{method} needs a package: {error}") from error


def _to_fp8(module: Any, *, multiplies: bool) -> None:
    """Products in fp8 where the chip has them, else fp8 as storage alone.

    torchao would also have the compiler search longer, for the whole process: a first job would
    wait for that, longer than a worker waits for a sign of life.
    """
    from torchao.quantization import (
        Float8DynamicActivationFloat8WeightConfig,
        Float8WeightOnlyConfig,
        PerRow,
        quantize_,
    )

    config = (
        Float8DynamicActivationFloat8WeightConfig(granularity=PerRow(), set_inductor_config=False)
        if multiplies
        else Float8WeightOnlyConfig(set_inductor_config=False)
    )
    quantize_(module, config, filter_fn=_is_large_linear)


def _is_large_linear(module: Any, name: str) -> bool:
    linear = the_torch().nn.Linear
    if not isinstance(module, linear) or name.endswith("lm_head"):
        return False
    return not (module.in_features % GRAIN or module.out_features % GRAIN)


def _to_nf4(module: Any) -> None:
    """Replace each large linear layer by bitsandbytes' 4-bit one (QLoRA's NormalFloat)."""
    import bitsandbytes

    torch = the_torch()
    found = [(name, m) for name, m in module.named_modules() if _is_large_linear(m, name)]
    for name, linear in found:
        quantised = bitsandbytes.nn.Linear4bit(
            linear.in_features,
            linear.out_features,
            bias=linear.bias is not None,
            compute_dtype=linear.weight.dtype,
            quant_type="nf4",
            device="meta",
        )
        quantised.weight = bitsandbytes.nn.Params4bit(
            linear.weight.data, requires_grad=False, quant_type="nf4"
        ).to("cpu")  # quantises: the first move is when it does that
        if linear.bias is not None:
            quantised.bias = torch.nn.Parameter(linear.bias.data, requires_grad=False)
        module.set_submodule(name, quantised)
