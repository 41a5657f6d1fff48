"""Where a stage's time goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

# What a stage did nothing in but wait for its model: a warm engine does not take it again.
LOAD_WAIT: Final = "load_wait"


@dataclass
class Stopwatch:
    """Seconds per sub-step, by its name; laps of the same name add up."""

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, seconds: float) -> None:
        """Book time."""
        self.seconds[str(name)] = round(self.seconds.get(str(name), 0.0) + seconds, 3)

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Book the time that the block takes."""
        start = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - start)
