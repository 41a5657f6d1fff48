"""What happens after every denoising step: progress, now and then a preview, and cancelling."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.previews import MAX_SIDE, encode_preview
from generation.pipeline.stopwatch import Stopwatch
from generation.pipeline.studio.render import Pacer
from generation.pipeline.types import Progress, Report, SubStep

Picture = NDArray[np.uint8]

# A preview costs some 8 ms; at this interval that is less than 2 % of any stage.
PREVIEW_INTERVAL: Final = 0.5


@dataclass
class Steps:
    """A diffusers `callback_on_step_end` that reports one pass of `total` denoising steps.

    `span` is where the pass lies on the stage's 0..1. `show` makes a preview (H, W, 3 or 4) of
    latents as the pipeline holds them. `steer` changes the latents that a step made, given the
    clean picture they are on the way to and the noise level they are at. Out of the call comes what
    `report` raises: a cancelled stage leaves the pipeline as it was, its weights untouched.
    """

    report: Report
    sub_step: SubStep
    span: tuple[float, float]
    total: int
    show: Callable[[Any], Picture]
    watch: Stopwatch
    pacer: Pacer = field(default_factory=lambda: Pacer(PREVIEW_INTERVAL))
    # Latents before the step: known from the start where the caller made the noise itself.
    before: Any = None
    steer: Callable[[Any, Any, float], Any] | None = None
    started: float = field(default_factory=time.perf_counter)
    ended: float | None = None

    def __call__(
        self, pipeline: Any, index: int, _timestep: Any, kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        """Report the step that was just taken. Raises what `report` raises."""
        latents = kwargs["latents"]
        estimate = clean_estimate(pipeline.scheduler, self.before, latents)
        level = noise_level(pipeline.scheduler)
        steered = self.steer is not None and estimate is not None and bool(level)
        if self.steer is not None and steered:
            latents = self.steer(latents, estimate, level)
        self.before = latents
        start, end = self.span
        done = index + 1
        self.report(
            Progress(
                sub_step=self.sub_step,
                fraction=start + (end - start) * min(done / self.total, 1.0),
                index=min(done, self.total),
                total=self.total,
                preview=self._preview(estimate),
            )
        )
        self.ended = time.perf_counter()
        return {"latents": latents} if steered else {}

    def _preview(self, estimate: Any) -> bytes | None:
        if estimate is None or not self.pacer.due():
            return None
        return encode_preview(enlarged(self.show(estimate)))

    def book(self) -> None:
        """Book what the pass took: denoising up to the last step, decoding after it."""
        now = time.perf_counter()
        ended = self.ended or now
        self.watch.add("denoise", ended - self.started)
        self.watch.add("decode", now - ended)


def clean_estimate(scheduler: Any, before: Any, after: Any) -> Any:
    """Return the picture x0, as latents, that the model has in mind after an Euler step.

    One step went from noise level s0 to s1 along the straight line to x0, so
    x0 = x1 - s1 * (x1 - x0) / (s1 - s0), for flow matching and for SDXL's Euler schedulers alike.
    None when the latents before the step are not known; without noise levels, the latents.
    """
    level = noise_level(scheduler)
    if level == 0.0:
        return after
    reached = scheduler.step_index
    if before is None or reached == 0:
        return None
    change = level - float(scheduler.sigmas[reached - 1])
    return after - (after - before) * (level / change)


def noise_level(scheduler: Any) -> float:
    """Return the noise level that a scheduler has reached; 0 at the end, or without levels."""
    sigmas, reached = getattr(scheduler, "sigmas", None), getattr(scheduler, "step_index", None)
    if sigmas is None or reached is None:
        return 0.0
    return float(sigmas[reached]) if reached < len(sigmas) else 0.0


def enlarged(picture: Picture) -> Picture:
    """Return a preview that fills a phone: latents are an eighth of the picture's size."""
    height, width = picture.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale <= 1:
        return picture
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def with_layer(small: Picture, layer: Picture | None) -> Picture:
    """Return a preview with a layer (RGBA, any size) laid over it; as it is without one."""
    if layer is None:
        return small
    size = (small.shape[1], small.shape[0])
    over = cv2.resize(layer, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    share = over[..., 3:] / 255
    return np.asarray((small * (1 - share) + over[..., :3] * share).round(), np.uint8)
