"""A stage's model at work: loaded, tried once more with less memory, accounted for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from generation.pipeline.frames import frame_for
from generation.pipeline.layout import Box
from generation.pipeline.stopwatch import LOAD_WAIT, Stopwatch
from generation.pipeline.types import AdSpec

from .ahead import beside
from .catalog import DEFAULT_BACKGROUND, DEFAULT_LETTERING, ModelEntry, model, with_parts
from .flux import Brush
from .latents import grid_of
from .out_of_memory import FULL, Effort, with_less
from .reserved import reserved_on
from .residency import Residency, the_residency
from .sizes import Canvas, canvas_for
from .store import account

T = TypeVar("T")

# In place of a model's key: letters stay as they are rendered.
NO_MODEL: Final = "none"


@dataclass(frozen=True)
class Easel:
    """One model of the catalogue for one stage; `watch` books what it takes."""

    entry: ModelEntry
    residency: Residency
    watch: Stopwatch

    @contextmanager
    def loading(self, meanwhile: Callable[[], None]) -> Iterator[None]:
        """Bring the model into host memory beside the block, and wait for it at the block's end.

        `meanwhile` is called every second of the waiting. What goes wrong is raised by `work`.
        """
        with beside(self._load, meanwhile):
            yield
            ended = time.perf_counter()
        self.watch.add(LOAD_WAIT, time.perf_counter() - ended)

    def _load(self) -> None:
        started = time.perf_counter()
        with self.residency.use(self.entry.key):
            self.watch.add("load", time.perf_counter() - started)

    @contextmanager
    def pipeline(self) -> Iterator[Any]:
        """Give the pipeline; what loading takes is booked. Raises what `Residency.use` raises."""
        started = time.perf_counter()
        with self.residency.use(self.entry.key) as pipeline:
            taken = time.perf_counter() - started
            self.watch.add("load", taken)
            self.watch.add(LOAD_WAIT, taken)
            yield pipeline

    def once(self, run: Callable[[Any, Effort], T], effort: Effort = FULL) -> T:
        """Run with the pipeline; whatever goes wrong is the caller's."""
        with self.pipeline() as pipeline:
            effort.prepare(pipeline)
            return run(pipeline, effort)

    def work(self, run: Callable[[Any, Effort], T]) -> T:
        """Run with the pipeline, once more with less if memory runs out. Raises OutOfMemory."""
        return with_less(lambda effort: self.once(run, effort), self.residency)

    def accounts(self) -> list[dict[str, Any]]:
        """Return what made the picture, its parts too, for the ad's checks."""
        key, pins = self.entry.key, self.residency.store.pins()
        loaded = key in self.residency.load_seconds
        method = self.residency.quantised(key) if loaded else None
        return [
            account(one, pins.get(one.key), method if one is self.entry else None)
            for one in with_parts(key)
        ]


def easel_for(key: str, watch: Stopwatch) -> Easel:
    """Return the easel of a model in this process. Raises ModelUnknown, NoGpu."""
    return Easel(model(key), the_residency(), watch)


def needed_models(spec: AdSpec) -> tuple[str, ...]:
    """Return the catalogue's keys of what an ad's stages need, in their order."""
    background = spec.background_model or DEFAULT_BACKGROUND
    lettering = spec.lettering_model or DEFAULT_LETTERING
    paints_letters = spec.ad_text and lettering != NO_MODEL and not spec.draft
    return (background, lettering) if paints_letters else (background,)


def canvas_of(spec: AdSpec, entry: ModelEntry, effort: Effort) -> Canvas:
    """Return the canvas for the ad's frame, smaller when memory is short."""
    frame = frame_for(spec)
    return canvas_for(
        frame.width, frame.height, grid_of(entry), draft=spec.draft, share=effort.scale
    )


def brush_for(
    spec: AdSpec,
    easel: Easel,
    pipeline: Any,
    effort: Effort,
    prompt: str,
    *,
    free: Box | None = None,
) -> Brush:
    """Return the brush with which this pipeline paints the ad's scene; `free` (px) stays empty."""
    canvas = canvas_of(spec, easel.entry, effort)
    return Brush(
        entry=easel.entry,
        pipeline=pipeline,
        prompt=prompt,
        negative=spec.background_negative_prompt,
        guidance=spec.guidance_scale,
        seed=spec.seed,
        canvas=canvas,
        watch=easel.watch,
        reserved=reserved_on(canvas, free) if free else None,
    )
