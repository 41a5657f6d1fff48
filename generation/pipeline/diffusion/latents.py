"""How each family of models holds a picture as latents, and what a token of them looks like.

FLUX packs 2x2 latents of an eighth of the picture's size into a token; SDXL's are one by one.
After diffusers 0.42: `_encode_vae_image` of `Flux2KleinPipeline` and of `FluxInpaintPipeline`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .catalog import Kind, ModelEntry
from .latent_map import LatentMap, latent_map
from .memory import the_torch

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Latents of all these models are an eighth of the picture's size.
VAE_GRID: Final = 8
FLUX_PATCH: Final = 2
# SDXL's U-Net halves its latents twice; whole halves on the way keep edges sharp.
SDXL_PATCH: Final = 4


def grid_of(entry: ModelEntry) -> int:
    """Return what a picture's sides must be multiples of, in pixels."""
    return VAE_GRID * (SDXL_PATCH if entry.kind is Kind.LETTERING else FLUX_PATCH)


def tokens_of(latents: Any, rows: int, columns: int) -> Floats:
    """Return the first picture's latents as (rows, columns, channels), packed or not."""
    first = latents[0].float().cpu().numpy()
    if first.ndim == 3:
        return np.ascontiguousarray(first.transpose(1, 2, 0), np.float32)
    return np.asarray(first.reshape(rows, columns, -1), np.float32)


def pixels_tensor(pipeline: Any, picture: Floats) -> Any:
    """Return (1, 3, H, W), -1..1, where the VAE wants it; `picture` is (H, W, 3), 0..1."""
    tensor = the_torch().from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
    device = pipeline._execution_device  # noqa: SLF001 - the only name diffusers has for it
    return (2 * tensor - 1).to(device=device, dtype=pipeline.vae.dtype)


def encoded(pipeline: Any, picture: Floats) -> Floats:
    """Return a picture (H, W, 3) 0..1 as the tokens that the pipeline's callback would show."""
    torch, vae = the_torch(), pipeline.vae
    with torch.no_grad():
        found = vae.encode(pixels_tensor(pipeline, picture)).latent_dist.mode().float()
    if hasattr(vae, "bn"):
        found = _patched(found)
        mean = vae.bn.running_mean.view(1, -1, 1, 1).to(found)
        spread = vae.bn.running_var.view(1, -1, 1, 1).to(found) + vae.config.batch_norm_eps
        found = (found - mean) / spread.sqrt()
    elif getattr(vae.config, "shift_factor", None) is not None:
        found = _patched((found - vae.config.shift_factor) * vae.config.scaling_factor)
    else:
        found = found * vae.config.scaling_factor
    _, _, rows, columns = found.shape
    return tokens_of(found, rows, columns)


def _patched(latents: Any) -> Any:
    """Return (1, 4 C, H / 2, W / 2): each 2x2 tile's values in one place, as both FLUX pack it."""
    batch, channels, height, width = latents.shape
    tiles = latents.view(batch, channels, height // 2, 2, width // 2, 2)
    return tiles.permute(0, 1, 3, 5, 2, 4).reshape(batch, channels * 4, height // 2, width // 2)


def colours_of(pipeline: Any, entry: ModelEntry) -> LatentMap:
    """Return the pipeline's map from tokens to colours, fitted to its VAE on first use."""
    patch = 1 if entry.kind is Kind.LETTERING else FLUX_PATCH
    return latent_map(pipeline.vae, lambda picture: encoded(pipeline, picture), patch)


def noise(entry_channels: int, rows: int, columns: int, seed: int) -> Any:
    """Return packed noise (1, rows * columns, channels), the same on every device.

    Drawn on the processor: a GPU's generators give each chip a picture of its own.
    """
    torch = the_torch()
    generator = torch.Generator("cpu").manual_seed(seed)
    drawn = torch.randn((1, entry_channels, rows, columns), generator=generator)
    return drawn.reshape(1, entry_channels, rows * columns).permute(0, 2, 1)
