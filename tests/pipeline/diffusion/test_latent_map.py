"""Previews out of latents: one matrix, fitted to the VAE that is there."""

from __future__ import annotations

import cv2
import diffusers
import numpy as np
import pytest
import torch

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.latent_map import chart, fit
from generation.pipeline.diffusion.latents import colours_of, encoded, pixels_tensor, tokens_of


def as_latents(picture: np.ndarray, patch: int, channels: int) -> np.ndarray:
    """Latents of a VAE that mixes its tiles' colours linearly into more channels."""
    rows, columns = (side // (8 * patch) for side in picture.shape[:2])
    small = cv2.resize(picture, (columns * patch, rows * patch), interpolation=cv2.INTER_AREA)
    tiles = small.reshape(rows, patch, columns, patch, 3).transpose(0, 2, 1, 3, 4)
    mixing = np.random.default_rng(5).normal(size=(patch * patch * 3, channels))
    return (tiles.reshape(rows, columns, -1) @ mixing + 0.3).astype(np.float32)


@pytest.mark.parametrize(("patch", "channels"), [(1, 4), (2, 16), (2, 64)])
def test_a_linear_vae_is_seen_through_exactly(patch: int, channels: int) -> None:
    mapped = fit(as_latents(chart(patch), patch, channels), chart(patch), patch)
    picture = np.zeros((512, 512, 3), np.float32)
    picture[:256], picture[256:, :256] = (0.8, 0.4, 0.1), (0.1, 0.3, 0.9)
    seen = mapped.colours(as_latents(picture, patch, channels))
    assert seen.shape == (64, 64, 3)
    assert np.allclose(seen[2, 5], np.array((0.8, 0.4, 0.1)) * 255, atol=6)
    assert np.allclose(seen[-3, 4], np.array((0.1, 0.3, 0.9)) * 255, atol=6)


def test_the_chart_fills_the_colours_and_is_always_the_same() -> None:
    assert chart(2).min() < 0.1
    assert chart(2).max() > 0.9
    assert chart(2) is chart(2)


@pytest.mark.parametrize("key", ["flux2-klein-4b", "flux1-schnell", "sdxl-lightning"])
def test_every_familys_latents_become_a_picture_of_their_size(residency, key: str) -> None:
    entry = catalog.model(key)
    with residency.use(key) as pipeline:
        tokens = encoded(pipeline, np.full((128, 192, 3), 0.5, np.float32))
        mapped = colours_of(pipeline, entry)
        assert colours_of(pipeline, entry) is mapped
    grid = 8 if entry.parts else 16
    assert tokens.shape[:2] == (128 // grid, 192 // grid)
    assert mapped.colours(tokens).shape == (16, 24, 3)


def test_broken_latents_give_a_picture_and_no_error() -> None:
    mapped = fit(as_latents(chart(1), 1, 4), chart(1), 1)
    assert mapped.colours(np.full((4, 4, 4), np.nan, np.float32)).shape == (4, 4, 3)


@pytest.mark.parametrize("key", ["flux2-klein-4b", "flux1-schnell"])
def test_a_picture_becomes_the_tokens_that_the_pipeline_itself_would_make(
    residency, key: str
) -> None:
    picture = np.random.default_rng(4).random((64, 96, 3), np.float32)
    with residency.use(key) as pipeline, torch.no_grad():
        ours = encoded(pipeline, picture)
        sent = pixels_tensor(pipeline, picture)
        if key.startswith("flux2"):
            theirs = pipeline._encode_vae_image(sent, torch.Generator())
            packed = pipeline._pack_latents(theirs)
        else:
            sibling = diffusers.FluxInpaintPipeline(**pipeline.components)
            found = pipeline.vae.encode(sent).latent_dist.mode()
            theirs = (found - pipeline.vae.config.shift_factor) * pipeline.vae.config.scaling_factor
            packed = sibling._pack_latents(theirs, *theirs.shape)
    assert np.allclose(tokens_of(packed, 4, 6), ours, atol=0.05)
