"""What is measured of a model on a GPU: seconds, memory, and how soon it lets go."""

from __future__ import annotations

import io
import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import diffusers
import numpy as np
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.errors import StageCancelled

PROMPT: Final = "a rustic wooden table in front of a traditional Korean market, soft evening light"
# As the background stage does it: the retouch starts from this share of noise.
RETOUCH: Final = 0.6
PREVIEW_SIDE: Final = 512
# Seconds between two previews, and the first one at once, as in the stages.
PREVIEW_INTERVAL: Final = 0.5
# Random weights paint the same at any of these; so many steps give a median.
MEASURED_STEPS: Final = 8
# Of the same; the shortest counts.
PICTURES: Final = 3
MATMUL_SIDE: Final = {"cuda": 8192, "cpu": 512}
MATMULS: Final = 20


def wait_for(device: str) -> None:
    """Wait until the GPU has done what it was given."""
    if device != "cpu":
        torch.cuda.synchronize(device)


def repeats(device: str, times: int) -> int:
    """How often to measure: once on a processor, whose figures say nothing."""
    return 1 if device == "cpu" else times


def matmul_rate(device: str) -> float:
    """FLOP a second of large bfloat16 products: the arithmetic that models are measured against."""
    side = MATMUL_SIDE[device.split(":", maxsplit=1)[0]]
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        a @ b
    wait_for(device)
    started = time.perf_counter()
    for _ in range(MATMULS):
        a @ b
    wait_for(device)
    return MATMULS * 2 * side**3 / (time.perf_counter() - started)


@dataclass
class StepClock:
    """A pipeline's callback that times its steps, makes previews and stops when asked."""

    device: str
    preview: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    times: list[float] = field(default_factory=list)
    previews: list[float] = field(default_factory=list)

    def __call__(self, _: Any, __: int, ___: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        if self.stop.is_set():
            raise StageCancelled
        wait_for(self.device)
        reached = time.perf_counter()
        self.times.append(reached)
        if self.preview:
            make_preview(kwargs["latents"])
            self.previews.append(time.perf_counter() - reached)
        return {}


def make_preview(latents: Any) -> bytes:
    """The latents by a linear map to RGB, as a WebP of 512 px: what a stage's preview costs."""
    tokens = latents[0].float().cpu().numpy()
    if tokens.ndim == 3:
        tokens = tokens.reshape(tokens.shape[0], -1).T
    side = int(len(tokens) ** 0.5)
    colours = tokens[: side * side] @ np.full((tokens.shape[1], 3), 0.1, np.float32) + 0.5
    pixels = (np.nan_to_num(colours).clip(0, 1) * 255).astype(np.uint8).reshape(side, side, 3)
    out = io.BytesIO()
    picture = Image.fromarray(pixels).resize((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.BICUBIC)
    picture.save(out, "WEBP", quality=70, method=0)
    return out.getvalue()


@dataclass
class Painter:
    """One model of a residency, painting at one size."""

    residency: Residency
    key: str
    side: int

    @property
    def entry(self) -> catalog.ModelEntry:
        return catalog.model(self.key)

    @property
    def device(self) -> str:
        return self.residency.chip.device

    def paint(
        self, steps: int, clock: StepClock | None = None, side: int = 0, takes: int = 1
    ) -> Any:
        """The first of so many pictures that are painted in one pass."""
        settings: dict[str, Any] = {
            "prompt": PROMPT,
            "num_inference_steps": steps,
            "guidance_scale": self.entry.guidance,
            "width": side or self.side,
            "height": side or self.side,
            "num_images_per_prompt": takes,
            "generator": [torch.Generator().manual_seed(seed) for seed in range(1, takes + 1)],
            "callback_on_step_end": clock,
        }
        with self.residency.use(self.key) as pipeline:
            if self.entry.parts:
                settings |= maps(side or self.side)
            return pipeline(**settings).images[0]

    def retouch(self, picture: Any) -> Any:
        """The picture painted over, as the background stage does it."""
        with self.residency.use(self.key) as pipeline:
            name = self.entry.pipeline.replace("Pipeline", "InpaintPipeline")
            extra = {"is_distilled": True} if name.startswith("Flux2") else {}
            parts = {k: v for k, v in pipeline.components.items() if v is not None}
            sibling = getattr(diffusers, name)(**parts, **extra)
            sibling.set_progress_bar_config(disable=True)
            return sibling(
                prompt=PROMPT,
                image=picture,
                mask_image=Image.new("L", picture.size, 255),
                width=picture.width,
                height=picture.height,
                strength=1.0,
                num_inference_steps=math.ceil(self.entry.steps * RETOUCH),
                guidance_scale=self.entry.guidance,
                generator=torch.Generator().manual_seed(2),
            ).images[0]


def maps(side: int) -> dict[str, Any]:
    """What SDXL is given beside the prompt: the lit letters and their maps."""
    grey = Image.new("RGB", (side, side), "grey")
    return {
        "image": grey,
        "control_image": [grey, grey],
        "controlnet_conditioning_scale": [0.75, 0.55],
        "strength": 1.0,
    }


@contextmanager
def counted(modules: list[Any]) -> Iterator[Callable[[], int]]:
    """Count the FLOP of these modules' forward passes, nothing else of the pipeline."""
    total = 0
    counters: list[FlopCounterMode] = []

    def begin(*_: Any) -> None:
        counters.append(FlopCounterMode(display=False))
        counters[-1].__enter__()

    def end(*_: Any) -> None:
        nonlocal total
        counter = counters.pop()
        counter.__exit__(None, None, None)
        total += counter.get_total_flops()

    handles = [module.register_forward_pre_hook(begin) for module in modules]
    handles += [module.register_forward_hook(end) for module in modules]
    yield lambda: total
    for handle in handles:
        handle.remove()


def flop_per_step(painter: Painter) -> float:
    """FLOP of one denoising step at the painter's size, guidance's second pass included."""
    with painter.residency.use(painter.key) as pipeline:
        found = (getattr(pipeline, name, None) for name in ("transformer", "unet", "controlnet"))
        modules = [module for module in found if module is not None]
    steps = 2
    with counted(modules) as total:
        painter.paint(steps)
    return total() / steps


@dataclass(frozen=True)
class Timing:
    """Seconds of one model. `bring`: host to device; `step`: median; `decode`: the VAE's end.

    `preview`: of one; `preview_percent`: what those of a picture take of its time.
    """

    load: float
    bring: float
    step: float
    decode: float
    whole: float
    preview: float
    preview_percent: float
    flop: float
    peak: int


def measure(painter: Painter) -> Timing:
    """Time a model from the disk (page cache) to the picture."""
    load = timed(painter.device, lambda: touch(painter))
    bring = timed(painter.device, lambda: bring_all(painter))
    flop = flop_per_step(painter)
    reset_peak(painter.device)
    clock = StepClock(painter.device, preview=True)
    painter.paint(MEASURED_STEPS, clock)
    ended = time.perf_counter()
    whole, step = picture_and_step(painter)
    preview = statistics.median(clock.previews)
    return Timing(
        load=load,
        bring=bring,
        step=step,
        decode=ended - clock.times[-1],
        whole=whole,
        preview=preview,
        preview_percent=100 * preview * math.ceil(whole / PREVIEW_INTERVAL) / whole,
        flop=flop,
        peak=peak_bytes(painter.device),
    )


def picture_and_step(painter: Painter) -> tuple[float, float]:
    """Seconds of a picture with the model's own number of steps, and the median one of a step.

    The first step is left out.
    """
    clock = StepClock(painter.device)
    painter.paint(MEASURED_STEPS, clock)
    step = float(statistics.median(np.diff(clock.times)))
    times = repeats(painter.device, PICTURES)
    run = partial(painter.paint, painter.entry.steps)
    return min(timed(painter.device, run) for _ in range(times)), step


def touch(painter: Painter) -> None:
    with painter.residency.use(painter.key):
        pass


def bring_all(painter: Painter) -> None:
    """Bring every component to the device; those that do not fit make the first ones leave."""
    for component in painter.residency._models[painter.key].components:  # noqa: SLF001
        painter.residency.bring(component)


def timed(device: str, run: Callable[[], object]) -> float:
    wait_for(device)
    started = time.perf_counter()
    run()
    wait_for(device)
    return time.perf_counter() - started


def reset_peak(device: str) -> None:
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: str) -> int:
    """The most that torch held on the GPU since the last reset; 0 on a processor."""
    return int(torch.cuda.max_memory_reserved(device)) if device != "cpu" else 0
