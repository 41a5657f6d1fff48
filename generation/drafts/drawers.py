"""Who draws drafts: the studio's code, in the engine process of a worker that has nothing to do.

Every worker can: those of the diffusion engine render their letters with the same code. Models
paint no drafts, their first strokes come too late for somebody who is still typing.
"""

from __future__ import annotations

from typing import Final

from generation.models import Job, WorkerProcess

# The engine that AdSpec names for every draft.
DRAWN_BY: Final = "studio"
# By whose workers, the first that are there and free: a GPU's worker keeps its models warm.
LINES: Final = ("studio", "diffusion")


def jobs_want(engine: str) -> bool:
    """Tell whether a job of the engine waits or runs: then its workers draw no draft."""
    return Job.objects.unfinished().filter(engine=engine).exists()


def drawing_line() -> str:
    """Return the engine whose workers can draw a draft now, "busy", or "nobody" with none alive.

    A worker without a GPU or models is as good as any: a draft needs neither.
    """
    alive = set(WorkerProcess.objects.alive().values_list("engine", flat=True))
    lines = [engine for engine in LINES if engine in alive]
    if not lines:
        return "nobody"
    return next((engine for engine in lines if not jobs_want(engine)), "busy")
