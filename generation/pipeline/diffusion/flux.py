"""Scenes by FLUX: out of noise, or round what stays; one face over FLUX.1's and FLUX.2's pipelines.

All that the pipelines would take from defaults of their own is said here: distilled weights want
their own steps and no guidance.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.pipeline.stopwatch import Stopwatch
from generation.pipeline.types import Report, SubStep

from .catalog import ModelEntry
from .latents import colours_of, noise, tokens_of
from .memory import the_torch
from .prompts_kept import Embedded, kept_prompt
from .reserved import TOKEN, Reserved
from .sizes import Canvas
from .steps import Steps, enlarged

Picture = NDArray[np.uint8]

# Repainting draws other noise than painting did: the same would bring back the same mistakes.
REPAINT_SEED: Final = 0x5EED
SEED_MASK: Final = 0x7FFFFFFF


@dataclass(frozen=True, kw_only=True)
class Brush:
    """A model with what it is to paint, and what not. `guidance` None is the model's own."""

    entry: ModelEntry
    pipeline: Any
    prompt: str
    negative: str = ""
    guidance: float | None
    seed: int
    canvas: Canvas
    watch: Stopwatch
    reserved: Reserved | None = None

    @property
    def is_flux2(self) -> bool:
        """Whether it is FLUX.2, whose pipelines take no pooled prompt and no guidance embedding."""
        return self.entry.pipeline.startswith("Flux2")

    @property
    def true_cfg(self) -> float:
        """Scale of the second pass that a negative prompt needs; 0 without one, or unheeded."""
        return self.entry.true_cfg if self.negative else 0.0

    @property
    def rows(self) -> int:
        """Tokens down the canvas."""
        return self.canvas.height // TOKEN

    @property
    def columns(self) -> int:
        """Tokens across the canvas."""
        return self.canvas.width // TOKEN

    @property
    def guided(self) -> float:
        """Guidance that is handed to the pipeline: what was asked only where weights heed it."""
        if self.guidance is None or self.entry.guidance <= 1:
            return self.entry.guidance
        return self.guidance


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Where a pass tells what it does: its part of the stage, and what lies over its previews."""

    report: Report
    sub_step: SubStep
    span: tuple[float, float]
    overlay: Callable[[Picture], Picture] = lambda picture: picture


def paint(brush: Brush, telling: Telling) -> Picture:
    """Return a scene (H, W, 3) sRGB at the frame's size, painted out of noise.

    What is `reserved` of it is kept free.
    """
    return paint_takes(brush, (brush.seed,), telling)[0]


def paint_takes(brush: Brush, seeds: Sequence[int], telling: Telling) -> list[Picture]:
    """Return a scene of each seed, painted in one pass; previews show the first."""
    total = brush.entry.steps
    embedded = {name: _times(fact, len(seeds)) for name, fact in _embedded(brush).items()}
    channels = brush.pipeline.transformer.config.in_channels
    drawn = [noise(channels, brush.rows, brush.columns, seed) for seed in seeds]
    start = the_torch().cat(drawn)
    steps = _steps(brush, telling, total)
    steps.steer = brush.reserved.keep_free if brush.reserved else None
    like = embedded["prompt_embeds"]
    start = steps.before = start.to(device=like.device, dtype=like.dtype)
    if brush.is_flux2:  # packs it by itself
        start = start.permute(0, 2, 1).reshape(len(seeds), -1, brush.rows, brush.columns)
    return _run(brush, brush.pipeline, steps, embedded, latents=start, num_inference_steps=total)


def repaint(
    brush: Brush, picture: Picture, changing: Picture, strength: float, telling: Telling
) -> Picture:
    """Return a frame-sized picture painted over where `changing` (H, W) is 255, kept where 0.

    `strength` 0..1 is the share of noise it starts from: 1 paints anew. What is kept comes back as
    the VAE sees it, which is not quite as it was.
    """
    if strength <= 0:
        return picture
    total = max(1, math.ceil(brush.entry.steps * strength))
    sibling = _repainter(brush)
    steps = _steps(brush, telling, total)
    generator = the_torch().Generator("cpu").manual_seed((brush.seed ^ REPAINT_SEED) & SEED_MASK)
    return _run(
        brush,
        sibling,
        steps,
        _embedded(brush),
        image=Image.fromarray(brush.canvas.enter(picture)),
        mask_image=Image.fromarray(brush.canvas.enter(changing)),
        generator=generator,
        strength=1.0,
        num_inference_steps=total,
        sigmas=sigmas_from(strength, total, _shift(brush, total)),
    )[0]


def sigmas_from(strength: float, steps: int, shift: float) -> list[float]:
    """Return the noise levels of a pass that begins at `strength`, before the scheduler's shift.

    The scheduler turns s into shift * s / (1 + (shift - 1) * s) (Esser et al., "Scaling Rectified
    Flow Transformers", 2024, section 5.3.2), which would make 0.25 into 0.7 for large pictures; the
    first level is chosen so that it comes out as it was asked for, whatever the picture's size.
    """
    first = strength / (shift - (shift - 1) * strength)
    return [float(level) for level in np.linspace(first, first / steps, steps)]


def _shift(brush: Brush, steps: int) -> float:
    """Return the factor by which the scheduler shifts noise levels for this canvas."""
    config = brush.pipeline.scheduler.config
    if not config.use_dynamic_shifting:
        return float(config.shift)
    tokens = brush.rows * brush.columns
    if brush.is_flux2:
        from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

        mu = compute_empirical_mu(image_seq_len=tokens, num_steps=steps)
    else:
        from diffusers.pipelines.flux.pipeline_flux import calculate_shift

        names = ("base_image_seq_len", "max_image_seq_len", "base_shift", "max_shift")
        mu = calculate_shift(tokens, *(config[name] for name in names))
    return float(mu) if config.time_shift_type == "linear" else math.exp(mu)


def _repainter(brush: Brush) -> Any:
    """Return the inpainting pipeline over the same weights."""
    import diffusers

    if brush.is_flux2:
        distilled = brush.pipeline.config.is_distilled
        kind = diffusers.Flux2KleinInpaintPipeline
        made = kind(**brush.pipeline.components, is_distilled=distilled)
    else:
        made = diffusers.FluxInpaintPipeline(**brush.pipeline.components)
    made.set_progress_bar_config(disable=True)
    return made


def _embedded(brush: Brush) -> Embedded:
    """Return what the pipeline takes for the prompts: the negative one too where it is heeded."""
    started = time.perf_counter()
    found = _read(brush, brush.prompt)
    if brush.true_cfg:
        unwanted = _read(brush, brush.negative)
        found |= {f"negative_{name}": tensor for name, tensor in unwanted.items()}
        found["true_cfg_scale"] = brush.true_cfg
    brush.watch.add("prompt", time.perf_counter() - started)
    return found


def _read(brush: Brush, prompt: str) -> Embedded:
    """Return a prompt as the pipeline takes it, read by the text encoders at most once."""
    pipeline = brush.pipeline
    device = pipeline._execution_device  # noqa: SLF001 - the only name diffusers has for it
    longest = brush.entry.max_prompt_tokens

    def read() -> Embedded:
        with the_torch().no_grad():
            if brush.is_flux2:
                embeds, _ = pipeline.encode_prompt(
                    prompt, device=device, max_sequence_length=longest
                )
                return {"prompt_embeds": embeds}
            embeds, pooled, _ = pipeline.encode_prompt(
                prompt, None, device=device, max_sequence_length=longest
            )
            return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}

    return kept_prompt(pipeline.text_encoder, (prompt, longest), device, read)


def _steps(brush: Brush, telling: Telling, total: int) -> Steps:
    colours = colours_of(brush.pipeline, brush.entry)

    def show(latents: Any) -> Picture:
        small = colours.colours(tokens_of(latents, brush.rows, brush.columns))
        return telling.overlay(enlarged(brush.canvas.leave_small(small)))

    return Steps(
        report=telling.report,
        sub_step=telling.sub_step,
        span=telling.span,
        total=total,
        show=show,
        watch=brush.watch,
    )


def _times(fact: Any, count: int) -> Any:
    """Return what the pipeline takes for so many pictures: tensors (1, ...) as (count, ...)."""
    return fact.expand(count, *fact.shape[1:]) if hasattr(fact, "expand") else fact


def _run(
    brush: Brush, pipeline: Any, steps: Steps, embedded: Embedded, **settings: Any
) -> list[Picture]:
    steps.started = time.perf_counter()
    made = pipeline(
        **embedded,
        **settings,
        height=brush.canvas.height,
        width=brush.canvas.width,
        guidance_scale=brush.guided,
        max_sequence_length=brush.entry.max_prompt_tokens,
        callback_on_step_end=steps,
        callback_on_step_end_tensor_inputs=["latents"],
        output_type="np",
    )
    steps.book()
    found = np.clip(np.nan_to_num(made.images) * 255, 0, 255).round().astype(np.uint8)
    return [brush.canvas.leave(picture) for picture in found]
