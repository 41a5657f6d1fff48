"""The process that measures: one thing after the other, each result written down at once.

`bench.gpu` starts it, stops it when time is up, and starts another one when it dies; whatever is in
the results already is not measured again.
"""

from __future__ import annotations

import gc
import statistics
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Final

import torch

from generation.pipeline.diffusion.faults import device_is_lost
from generation.pipeline.diffusion.memory import Chip, Wish, chosen_chip
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.store import Store
from generation.pipeline.diffusion.warm import first_strokes

from .gpu_jobs import ad_seconds, cancel_latency, recovery
from .gpu_measures import (
    PICTURES,
    Painter,
    flop_per_step,
    measure,
    peak_bytes,
    picture_and_step,
    repeats,
    reset_peak,
    timed,
)
from .gpu_plan import Measure
from .gpu_results import Results
from .gpu_weights import ensure

WARM_ADS = 5
CANCELS = 3
TAKES = (1, 2, 4)
# A measure that began takes no longer than its guess by more than this, in the time that is left.
HURRY: Final = 0.7
OTHER_SIZE: Final = 0.75

Rows = list[dict[str, Any]]


@dataclass
class Rig:
    """What measures share: the weights' folder, a model owner at a time, the floor's rate."""

    store: Store
    side: int
    quantise: Wish
    rate: float
    _owner: tuple[tuple[float, bool], Residency] | None = field(default=None, init=False)

    def owner(self, one: Measure, *, fresh: bool = False) -> Residency:
        """Return the owner of memory for a measure, the last one's where it is as that was."""
        kind = (one.cap_gb, one.compiled)
        if self._owner is not None and (fresh or self._owner[0] != kind):
            self.drop()
        if self._owner is None:
            made = Residency(
                self.store,
                the_chip(one.cap_gb),
                quantise=self.quantise,
                compile_blocks=one.compiled,
            )
            self._owner = (kind, made)
        return self._owner[1]

    def drop(self) -> None:
        """Let go of all models, on the device and in host memory."""
        if self._owner is not None:
            _, owner = self._owner
            self._owner = None
            owner.unload_all()
        gc.collect()

    def painter(self, one: Measure, key: str) -> Painter:
        return Painter(self.owner(one), key, self.side)


def the_chip(cap_gb: float) -> Chip:
    """The first GPU, capped, or the processor where there is none."""
    if not torch.cuda.is_available():
        return chosen_chip({"DEVICE": "cpu", "NANOCOCOA_GPU_BUDGET_MB": "1024"})
    chip = chosen_chip({"DEVICE": "cuda:0"})
    cap = min(int(cap_gb * 1e9) or chip.budget, chip.budget)
    torch.cuda.set_per_process_memory_fraction(cap / chip.budget)
    return replace(chip, budget=cap)


def model_rows(rig: Rig, one: Measure) -> Rows:
    rig.drop()  # loading is measured too
    (key,) = one.models
    painter = rig.painter(one, key)
    timing = measure(painter)
    return [
        {
            "weights": painter.residency.quantised(key),
            "steps": painter.entry.steps,
            "over_floor": timing.step * rig.rate / timing.flop,
            "tflop": timing.flop / 1e12,
            "picture": timing.whole,
            "preview_ms": 1000 * timing.preview,
            "preview_percent": timing.preview_percent,
            "peak_gb": gigabytes(timing.peak),
            **{name: getattr(timing, name) for name in ("load", "bring", "step", "decode", "flop")},
        }
    ]


def compiled_rows(rig: Rig, one: Measure) -> Rows:
    """What compiling the repeated blocks costs once, and gives at every step; production's code."""
    (key,) = one.models
    painter, owner = rig.painter(one, key), rig.owner(one)
    # FLOP are counted where operators are called one by one.
    with torch.compiler.set_stance("force_eager"):
        flop = flop_per_step(painter)
    first = timed(painter.device, partial(first_strokes, owner, key, lambda: True))
    reset_peak(painter.device)
    painter.paint(2)
    picture, step = picture_and_step(painter)
    peak = peak_bytes(painter.device)
    # No new compiling is wanted for another size: both runs of it should take the same.
    other = partial(painter.paint, 2, side=int(rig.side * OTHER_SIZE) // 32 * 32)
    new, known = timed(painter.device, other), timed(painter.device, other)
    figures = {"first": first, "step": step, "picture": picture, "other_size": new - known}
    return [{**figures, "over_floor": step * rig.rate / flop, "peak_gb": gigabytes(peak)}]


def interrupted_rows(rig: Rig, one: Measure) -> Rows:
    """How soon it stops, and what running out of memory costs."""
    scene = rig.painter(one, one.models[0])
    scene.paint(1)
    whole = timed(scene.device, lambda: scene.paint(scene.entry.steps))
    times = repeats(scene.device, CANCELS)
    stops = [cancel_latency(scene, whole * (n + 1) / (times + 1)) for n in range(times)]
    short, following = recovery(scene)
    return [{"stopped": max(stops), "with_less": short, "next_picture": following}]


def takes_rows(rig: Rig, one: Measure) -> Rows:
    """What a picture costs where several takes are painted in one pass."""
    scene, rows = rig.painter(one, one.models[0]), []
    for takes in TAKES:
        reset_peak(scene.device)
        run = partial(scene.paint, scene.entry.steps, takes=takes)
        run()
        seconds = min(timed(scene.device, run) for _ in range(repeats(scene.device, PICTURES)))
        peak = gigabytes(peak_bytes(scene.device))
        rows.append({"takes": takes, "first": seconds, "each": seconds / takes, "peak_gb": peak})
    return rows


def ad_rows(rig: Rig, one: Measure) -> Rows:
    """The models' part of whole ads: scene, retouch and letters; the rest runs on the processor.

    Cold: from files in the page cache, nothing loaded; what was compiled before is on the disk.
    """
    owner = rig.owner(one, fresh=True)
    reset_peak(owner.chip.device)
    warm_ads = repeats(owner.chip.device, WARM_ADS)
    cold, *warm = (ad_seconds(owner, *one.models, rig.side) for _ in range(1 + warm_ads))
    usual, peak = statistics.median(warm), gigabytes(peak_bytes(owner.chip.device))
    return [{"cold": cold, "warm": usual, "per_hour": 3600 / usual, "peak_gb": peak}]


TAKEN_BY: Final[Mapping[str, Callable[[Rig, Measure], Rows]]] = {
    "model": model_rows,
    "compiled": compiled_rows,
    "interrupted": interrupted_rows,
    "takes": takes_rows,
    "ad": ad_rows,
}


def gigabytes(count: int) -> float | None:
    """GB; None where there was no GPU to count them."""
    return count / 1e9 if count else None


def take(rig: Rig, one: Measure, results: Results) -> bool:
    """Take one measure and write it down, or why it could not be. False when the GPU is lost."""
    results.add(what="begun", key=one.key, at=time.time())
    began = time.perf_counter()
    try:
        wrote = ensure(rig.store, one.models, the_chip(one.cap_gb))
        rows = TAKEN_BY[one.name](rig, one)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are to be measured
        trace = traceback.format_exc()
        results.add(what="missed", key=one.key, why=_first_line(error), trace=trace)
        if device_is_lost(error):
            return False
        del error
        rig.drop()
        return True
    seconds = time.perf_counter() - began
    within = f"{one.cap_gb:g} GB" if one.cap_gb else "all of it"
    facts = {**asdict(one), "measure": one.name, "models": "+".join(one.models), "within": within}
    results.add(what="rows", key=one.key, rows=rows, seconds=seconds, wrote=wrote, **facts)
    return True


def _first_line(error: BaseException) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0] if words else ''}"[:300]


def take_all(rig: Rig, measures: list[Measure], results: Results, until: float) -> bool:
    """Take what is not in the results yet. `until`: of time.time(). False when the GPU is lost."""
    for one in measures:
        if one.key in results.done():
            continue
        if time.time() + HURRY * one.guess > until:
            results.add(what="missed", key=one.key, why="no time was left for it")
            continue
        if not take(rig, one, results):
            return False
    rig.drop()
    return True
