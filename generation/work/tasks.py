"""What RQ calls."""

from __future__ import annotations

from . import worker


def work_on_next_job(engine: str) -> bool:
    """Work on one waiting job of the engine, if there is one left."""
    return _serving(engine).work_on_next_job()


def draw_next_draft(engine: str) -> bool:
    """Draw one draft for the engine, if anybody still waits for one."""
    return _serving(engine).draw_next_draft()


def _serving(engine: str) -> worker.EngineWorker:
    serving = worker.current()
    if serving.engine != engine:
        raise ValueError(f"a message for {engine} came to a worker of {serving.engine}")
    return serving
