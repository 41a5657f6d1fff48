"""An engine process with nothing to do leaves the GPU, where the deployment wants it so."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.warm import first_strokes, warm_models
from generation.pipeline.errors import StageCancelled
from generation.pipeline.types import Stage
from generation.work import engine_child
from generation.work.engine_child import Engine
from generation.work.engine_messages import Finished, Reported, Run
from tests.waiting import PATIENCE

from .asking import request

KLEIN = "flux2-klein-4b"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """The worker's end of the pipe to an engine that serves in a thread of this process."""
    monkeypatch.setattr(engine_child, "IDLE_AFTER", PATIENCE)
    ours, theirs = Pipe()

    def serve() -> None:
        with contextlib.suppress(EOFError):
            Engine(theirs, pace=0.0).serve("diffusion")

    thread = threading.Thread(target=serve)
    thread.start()
    yield ours
    ours.close()
    thread.join()


def make_a_scene(
    engine: Connection,
    folder: Path,
    number: int,
    residency: Residency,
    meanwhile: Callable[[], None] = lambda: None,
) -> list[int]:
    """Have a scene painted and return the bytes on the device at each report."""
    wish = request(folder / str(number), Stage.BACKGROUND, ad_text="", strength=0.5)
    seen = []
    engine.send(Run(number, wish))
    while isinstance(answer := engine.recv(), Reported):
        seen.append(residency.loaded.get(KLEIN, 0))
        meanwhile()
    assert isinstance(answer, Finished), answer
    return seen


@pytest.mark.parametrize("leaves", [True, False])
def test_the_device_is_left_after_the_last_stage_and_not_before(
    engine_environment: Residency,
    engine: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    leaves: bool,
) -> None:
    engine_environment.unload_when_idle = leaves
    rested = threading.Event()
    rest = engine_environment.rest
    monkeypatch.setattr(engine_environment, "rest", lambda: (rest(), rested.set()))
    assert make_a_scene(engine, tmp_path, 1, engine_environment)[-1] > 0
    # The second stage finds on the device what the first one left; no third one follows.
    seen = make_a_scene(
        engine,
        tmp_path,
        2,
        engine_environment,
        lambda: monkeypatch.setattr(engine_child, "IDLE_AFTER", 0.1),
    )
    assert min(seen) > 0
    assert rested.wait(PATIENCE)
    assert (engine_environment.loaded[KLEIN] == 0) is leaves


def test_an_idle_engine_has_its_models_ready_before_the_first_job(
    engine_environment: Residency,
) -> None:
    engine_environment.compile_blocks = False
    assert warm_models(lambda: True) == (KLEIN, "sdxl")
    assert set(engine_environment.load_seconds) == {KLEIN, "sdxl"}
    assert engine_environment.loaded == {KLEIN: 0, "sdxl": 0}


@pytest.mark.parametrize("key", [KLEIN, "flux1-schnell", "sdxl", "sdxl-lightning"])
def test_first_strokes_bring_a_model_to_the_device(residency: Residency, key: str) -> None:
    first_strokes(residency, key, lambda: True)
    assert residency.loaded[key] > 0


def test_first_strokes_stop_at_the_next_step_when_work_comes(residency: Residency) -> None:
    with pytest.raises(StageCancelled):
        first_strokes(residency, KLEIN, lambda: False)
