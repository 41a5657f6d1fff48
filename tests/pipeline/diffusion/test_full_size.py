"""The catalogue's figures are those of the full-size architectures, built without memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench import gpu_models
from generation.pipeline.diffusion import catalog

COMPONENTS = [(key, name) for key, parts in gpu_models.COMPONENTS.items() for name in parts]
# A picture of 1024 x 1024 px in latents of 8 px, in FLUX packed by two.
LATENTS, TOKENS = 128, 64 * 64


def shape(*size: int) -> torch.Tensor:
    return torch.empty(*size, dtype=torch.bfloat16, device="meta")


def teraflop(module: Any, *args: torch.Tensor, **kwargs: Any) -> float:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(*args, **kwargs, return_dict=False)
    return counter.get_total_flops() / 1e12


@pytest.mark.parametrize(("key", "name"), COMPONENTS)
def test_a_component_takes_what_the_catalogue_says(key: str, name: str) -> None:
    entry = catalog.model(key)
    module = gpu_models.empty(gpu_models.COMPONENTS[key][name], getattr(torch, entry.dtype))
    assert gpu_models.bytes_of(module) == pytest.approx(entry.sizes[name], rel=0.03)


def test_every_component_of_the_catalogue_has_its_architecture() -> None:
    sizes = {entry.key: set(entry.sizes) for entry in catalog.ENTRIES if entry.key != "birefnet"}
    assert sizes == {key: set(parts) for key, parts in gpu_models.COMPONENTS.items()}


def test_a_step_of_klein_is_35_teraflop() -> None:
    flop = teraflop(
        gpu_models.empty(gpu_models.klein_transformer, torch.bfloat16),
        hidden_states=shape(1, TOKENS, 128),
        encoder_hidden_states=shape(1, 512, 7680),
        timestep=shape(1),
        img_ids=shape(1, TOKENS, 4),
        txt_ids=shape(1, 512, 4),
    )
    assert flop == pytest.approx(34.8, rel=0.01)


def test_a_step_of_flux1_is_74_teraflop() -> None:
    flop = teraflop(
        gpu_models.empty(gpu_models.flux1_transformer, torch.bfloat16),
        hidden_states=shape(1, TOKENS, 64),
        encoder_hidden_states=shape(1, 512, 4096),
        pooled_projections=shape(1, 768),
        timestep=shape(1),
        guidance=shape(1),
        img_ids=shape(TOKENS, 3),
        txt_ids=shape(512, 3),
    )
    assert flop == pytest.approx(74.4, rel=0.01)


def test_a_guided_step_of_sdxl_with_both_controlnets_is_26_teraflop() -> None:
    time = {"text_embeds": shape(2, 1280), "time_ids": shape(2, 6)}
    common = (shape(2, 4, LATENTS, LATENTS), shape(2), shape(2, 77, 2048))
    unet = gpu_models.empty(gpu_models.sdxl_unet, torch.bfloat16)
    net = gpu_models.empty(gpu_models.sdxl_controlnet, torch.bfloat16)
    flop = teraflop(unet, *common, added_cond_kwargs=time)
    flop += 2 * teraflop(net, *common, shape(2, 3, 1024, 1024), 1.0, added_cond_kwargs=time)
    assert flop == pytest.approx(25.6, rel=0.01)
