"""Whether a worker's engine can work here at all: a GPU, room on it, whole models."""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from django.conf import settings

from generation import errors
from generation.deadlines import ENGINE_START_PATIENCE, REST_AFTER_TROUBLE

from .engine_process import EngineDied, EngineProcess

logger = logging.getLogger(__name__)

# The engines that may find themselves unable; the studio works wherever it is installed.
MAY_BE_UNABLE: Final = frozenset({"diffusion"})


class Fitness:
    """What keeps the engine from working: `code` ("" for nothing) and `detail`, for the admin.

    An engine is asked before its worker takes the first job. In trouble it rests, and is then asked
    again in a fresh process: a driver that came up late, or models fetched meanwhile, need no hand.
    """

    def __init__(self, engine: EngineProcess, leaving: threading.Event) -> None:
        self.engine = engine
        self.leaving = leaving
        self.code = self.detail = ""
        self._rests_until = 0.0

    def can_work(self) -> bool:
        """Tell whether to take a job now. To be called from the worker's main thread."""
        if self.engine.engine not in MAY_BE_UNABLE or settings.FORCE_TEST_MODE:
            return True
        if self.code and time.monotonic() < self._rests_until:
            return False
        if self.code or self.engine.ready is None:
            self._ask()
        return not self.code and not self.leaving.is_set()

    def lose(self, code: str, detail: str) -> None:
        """Take note that the engine cannot work, and let it rest."""
        logger.error("the %s engine cannot work: %s\n%s", self.engine.engine, code, detail)
        self.code, self.detail = code, detail
        self._rests_until = time.monotonic() + REST_AFTER_TROUBLE

    def _ask(self) -> None:
        if self.code:
            self.engine.stop()
        try:
            ready = self.engine.await_ready(ENGINE_START_PATIENCE, self.leaving)
        except EngineDied as death:
            self.lose(errors.WORKER_LOST, str(death))
            return
        if ready is None:
            if not self.leaving.is_set():
                self.lose(errors.TOOK_TOO_LONG, f"not ready in {ENGINE_START_PATIENCE:.0f} s")
        elif ready.trouble:
            self.lose(ready.trouble, ready.detail)
        else:
            self.code = self.detail = ""
