"""Answers that are asked for again and again while nothing has changed: made once, then kept."""

from __future__ import annotations

import random
import time
from collections.abc import Hashable
from typing import Final, NamedTuple

# Answers kept by a process; the oldest go first.
MOST: Final = 512


class _Answer(NamedTuple):
    state: object
    until: float
    body: bytes


class Answers:
    """Bodies by whom they were said to, good for one state and for some seconds.

    For `seconds` at most, half of that at least: what was asked for together is not made again
    together.
    """

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._answers: dict[Hashable, _Answer] = {}

    def kept(self, to: Hashable, state: object) -> bytes | None:
        """Return the body that was kept for this state and is still good."""
        found = self._answers.get(to)
        good = found is not None and found.state == state and time.monotonic() < found.until
        return found.body if found and good else None

    def keep(self, to: Hashable, state: object, body: bytes) -> bytes:
        """Keep a body and return it."""
        self._answers.pop(to, None)
        good_for = self._seconds * random.uniform(0.5, 1)  # noqa: S311 - no secret
        self._answers[to] = _Answer(state, time.monotonic() + good_for, body)
        while len(self._answers) > MOST:
            self._answers.pop(next(iter(self._answers)), None)
        return body
