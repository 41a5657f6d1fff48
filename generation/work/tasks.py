"""What RQ calls."""

from __future__ import annotations

from . import worker


def work_on_next_job(engine: str) -> bool:
    """Work on one waiting job of the engine, if there is one left."""
    serving = worker.current()
    if serving.engine != engine:
        raise ValueError(f"a message for {engine} came to a worker of {serving.engine}")
    return serving.work_on_next_job()
