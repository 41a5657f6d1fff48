"""What the worker and its engine process say to each other over the pipe. Free of Django.

`number` counts the stages of one engine process: whatever carries an old number is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generation.pipeline.types import Progress, StageOutput, StageRequest

# Code of a failure after which the engine process can use its GPU no more.
GPU_LOST: Final = "gpu_lost"


@dataclass(frozen=True)
class Run:
    """To the engine: run this stage."""

    number: int
    request: StageRequest


@dataclass(frozen=True)
class Cancel:
    """To the engine: stop this stage at its next report."""

    number: int


@dataclass(frozen=True)
class Ready:
    """From the engine: everything heavy is imported. `variant`: what it renders with, in words.

    `trouble`: the code of what keeps it from making anything here, `detail` the reason in full.
    """

    seconds: float
    variant: str = ""
    trouble: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Reported:
    number: int
    progress: Progress


@dataclass(frozen=True)
class Finished:
    number: int
    output: StageOutput
    seconds: float


@dataclass(frozen=True)
class Cancelled:
    number: int


@dataclass(frozen=True)
class Failed:
    """The stage ended in a failure. `code` is empty for a bug; `detail` is for the admin."""

    number: int
    code: str
    detail: str
    params: Mapping[str, Any] = field(default_factory=dict)


Answer = Ready | Reported | Finished | Cancelled | Failed
