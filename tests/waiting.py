"""Waiting for what must come true, however slow or busy the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

# Seconds. Reached only by what never happens: two busy cores need several to start a process.
PATIENCE: Final = 300.0

T = TypeVar("T")


def eventually(true: Callable[[], T], patience: float = PATIENCE) -> T:
    """Return the first truthy answer; fail when there was none in all that time."""
    deadline = time.monotonic() + patience
    while not (answer := true()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return answer
