"""The engine process: imports the pipeline once, stays warm, runs one stage at a time.

Started by `engine_process`: `python -m generation.work.engine_child FD ENGINE PACE`. It knows no
Django: what it needs comes in the request, what it makes goes into the request's folder. It ends
when its worker does.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Final

from generation.pipeline.diffusion.faults import device_is_lost, is_out_of_memory
from generation.pipeline.errors import OutOfMemory, StageCancelled, StageFailed
from generation.pipeline.run import run_stage
from generation.pipeline.types import Progress

from .engine_messages import (
    GPU_LOST,
    Answer,
    Cancel,
    Cancelled,
    Failed,
    Finished,
    Ready,
    Reported,
    Run,
)

logger = logging.getLogger(__name__)

# Imported before the first request, so that its first preview comes soon; in this order, the
# packages being those that the stages import when they need them.
STAGES: Final = tuple(
    f"generation.pipeline.{name}" for name in ("background", "lettering", "composition")
)
STUDIO: Final = ("mitsuba", "pyoidn", "skimage.color", "skimage.metrics")
PAINTED: Final = tuple(
    f"generation.pipeline.diffusion.{name}" for name in ("background", "lettering")
)
# Letters are rendered by the studio's code on both engines.
WARM_UP: Final = {
    "studio": (*STAGES, *STUDIO),
    "diffusion": (*STAGES, *PAINTED, "torch", "diffusers", "transformers", *STUDIO),
}
# <linux/prctl.h>: have the kernel kill this process when the thread that started it ends.
PR_SET_PDEATHSIG: Final = 1
# The trouble of an engine whose packages do not even import.
ENGINE_BROKEN: Final = "engine_broken"
# The next stage of a job, and the next job, follow at once; after this long (s) there is none.
IDLE_AFTER: Final = 5.0
# The web process and the worker go first on a machine whose every core is rendering.
NICENESS: Final = 5


def die_with(parent_pid: int) -> None:
    """Have the kernel end this process with its worker (Linux); elsewhere the closed pipe does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # the worker died before the line above
        os._exit(1)


def warm_up(engine: str, pipe: Connection) -> None:
    """Import the engine's heavy modules until there is work to do.

    One that fails to import will fail its stage, not this.
    """
    for name in WARM_UP.get(engine, ()):
        if pipe.poll():
            return
        try:
            importlib.import_module(name)
        except ImportError as error:
            logger.warning("%s is not available: %s", name, error)


def rendered_with(engine: str) -> str:
    """Return what the engine renders with, in words, for the worker's log and the admin."""
    if engine == "diffusion":
        from generation.pipeline.diffusion.ready import described as described_gpu

        return described_gpu()
    from generation.pipeline.studio.variant import described

    return described()


def readiness(engine: str, seconds: float) -> Ready:
    """Return what the engine says of itself once it is warm: also what it cannot work without."""
    if engine != "diffusion":
        return Ready(seconds, rendered_with(engine))
    from generation.pipeline.diffusion.ready import check_ready

    try:
        check_ready()
    except StageFailed as failure:
        return Ready(seconds, "", failure.code, failure.detail)
    except Exception:
        logger.exception("the diffusion engine cannot start")
        return Ready(seconds, "", ENGINE_BROKEN, traceback.format_exc())
    return Ready(seconds, rendered_with(engine))


class Engine:
    """Serves one worker over `pipe` until the pipe closes."""

    def __init__(self, pipe: Connection, *, pace: float) -> None:
        """`pace`: seconds to rest after every report, to leave the processor to others."""
        self.pipe = pipe
        self.pace = pace
        self.number = 0

    def serve(self, engine: str) -> None:
        while True:
            if engine == "diffusion" and not self.pipe.poll(IDLE_AFTER):
                self.rest()
            message = self.pipe.recv()
            if isinstance(message, Run):
                self.number = message.number
                self.pipe.send(self.answer(message))

    def use_idleness(self, engine: str) -> None:
        """Read models from disk, or compile kernels, until the worker sends something."""

        def still_idle(_: Progress) -> None:
            if self.pipe.poll():
                raise StageCancelled

        try:
            if engine == "diffusion":
                from generation.pipeline.diffusion.warm import warm_models

                warm_models(lambda: not self.pipe.poll())
            else:
                from generation.pipeline.warm import warm_kernels

                warm_kernels(still_idle)
        except StageCancelled:
            return
        except Exception:
            logger.exception("nothing was warmed")

    def rest(self) -> None:
        """Leave the GPU to others, if so wished: no stage has followed the last one."""
        try:
            from generation.pipeline.diffusion.warm import rest

            rest()
        except Exception:
            logger.exception("the GPU was not left")

    def answer(self, run: Run) -> Answer:
        """Run one stage and say how it ended."""
        started = time.perf_counter()
        try:
            output = run_stage(run.request, self.report)
        except StageCancelled:
            return Cancelled(run.number)
        except StageFailed as failure:
            return Failed(run.number, failure.code, failure.detail, failure.params)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:  # noqa: BLE001 - the boundary: a bug is told, not lost
            return Failed(run.number, code_of(error), traceback.format_exc())
        return Finished(run.number, output, time.perf_counter() - started)

    def report(self, progress: Progress) -> None:
        """Send a step forward. Raises StageCancelled when the worker asked for that."""
        self.pipe.send(Reported(self.number, progress))
        deadline = time.monotonic() + self.pace
        while self.pipe.poll(max(0.0, deadline - time.monotonic())):
            message = self.pipe.recv()
            if isinstance(message, Cancel) and message.number == self.number:
                raise StageCancelled


def code_of(error: BaseException) -> str:
    """Return the code of what no stage expects: a lack of memory, a lost GPU; empty for a bug."""
    if is_out_of_memory(error):
        return OutOfMemory.code
    return GPU_LOST if device_is_lost(error) else ""


def main(arguments: Sequence[str]) -> None:
    descriptor, engine, pace, parent_pid = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to answer
    die_with(int(parent_pid))
    os.nice(NICENESS)
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO").upper())
    pipe = Connection(int(descriptor))
    started = time.perf_counter()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        warm_up(engine, pipe)
        ready = readiness(engine, time.perf_counter() - started)
        pipe.send(ready)
        child = Engine(pipe, pace=float(pace))
        if not ready.trouble:
            child.use_idleness(engine)
        child.serve(engine)


if __name__ == "__main__":
    main(sys.argv[1:])
