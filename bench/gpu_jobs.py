"""How the models behave in jobs: stopped, out of memory, one ad after the other."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import Any, Final

import torch

from generation.pipeline.diffusion.out_of_memory import FULL, LESS, Effort, with_less
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.errors import StageCancelled

from .gpu_measures import Painter, StepClock, timed, wait_for

# As the lettering stage does it: letters are painted over from this share of noise.
RESTYLE: Final = 0.55


def cancel_latency(painter: Painter, after: float) -> float:
    """Seconds from the request to stop, `after` seconds into a run, until the GPU is free."""
    clock = StepClock(painter.device)
    asked: list[float] = []

    def ask() -> None:
        asked.append(time.perf_counter())
        clock.stop.set()

    timer = threading.Timer(after, ask)
    timer.start()
    with contextlib.suppress(StageCancelled):
        while not asked:
            painter.paint(painter.entry.steps, clock)
    wait_for(painter.device)
    return time.perf_counter() - asked[0]


def recovery(painter: Painter) -> tuple[float, float]:
    """Seconds of a picture that runs out of memory and is tried with less, and of the next one.

    The shortage is real: beyond the smaller size, the first layer asks for more than there is.
    """
    small, _ = LESS.size(painter.side, painter.side)

    def ask_for_too_much(_: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        hidden = kwargs.get("hidden_states", inputs[0] if inputs else None)
        if hidden is not None and hidden.shape[1] > (small // 16) ** 2:
            torch.empty(2**46, dtype=torch.uint8, device=painter.device)

    def run(effort: Effort) -> Any:
        side, _ = effort.size(painter.side, painter.side)
        with painter.residency.use(painter.key) as pipeline:
            effort.prepare(pipeline)
        return painter.paint(painter.entry.steps, side=side)

    with painter.residency.use(painter.key) as pipeline:
        handle = pipeline.transformer.register_forward_pre_hook(ask_for_too_much, with_kwargs=True)
    short = timed(painter.device, lambda: with_less(run, painter.residency))
    handle.remove()
    return short, timed(painter.device, lambda: run(FULL))


def ad_seconds(residency: Residency, background: str, lettering: str, side: int) -> float:
    """Seconds of the models' part of one ad: scene, retouch, letters."""
    scene, letters = Painter(residency, background, side), Painter(residency, lettering, side)

    def make() -> None:
        residency.expect((lettering, background))
        picture = scene.paint(scene.entry.steps)
        scene.retouch(picture)
        letters.paint(math.ceil(letters.entry.steps * RESTYLE))

    return timed(residency.chip.device, make)
