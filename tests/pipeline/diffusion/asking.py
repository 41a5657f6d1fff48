"""Requests of the stages' tests: small drafts, so that tiny models have little to paint."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from generation.pipeline.types import AdSpec, Progress, Stage, StageOutput, StageRequest

SIDE = 240


def save_photo(path: Path, colour: tuple[int, int, int] = (190, 50, 40)) -> Path:
    """A red box on a pale, slightly noisy wall."""
    pixels = np.full((SIDE, SIDE, 3), 235, np.uint8)
    pixels += np.random.default_rng(0).integers(0, 4, pixels.shape, dtype=np.uint8)
    pixels[40:220, 80:160] = colour
    Image.fromarray(pixels).save(path)
    return path


def request(
    folder: Path, stage: Stage, earlier: dict[Stage, StageOutput] | None = None, **wishes: object
) -> StageRequest:
    # One cache for the whole run: cut-outs and meshes are made once.
    out, cache = folder / stage.value, folder.parent / "cache"
    out.mkdir(parents=True, exist_ok=True)
    cache.mkdir(exist_ok=True)
    spec = AdSpec(
        **{
            "photo": None,
            "ad_text": "특가",
            "background_style": "minimal",
            "text_style": "candy",
            "engine": "diffusion",
            "background_prompt": "a worn wooden table",
            "draft": stage is Stage.BACKGROUND,
            "seed": 7,
            **wishes,
        }
    )
    return StageRequest(stage=stage, spec=spec, earlier=earlier or {}, out_dir=out, cache_dir=cache)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def previews(steps: list[Progress]) -> list[tuple[int, int]]:
    """The sizes of the pictures that were shown."""
    return [Image.open(BytesIO(step.preview)).size for step in steps if step.preview]
