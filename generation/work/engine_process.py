"""The warm engine process, seen from its worker: start, feed, listen, cancel, kill."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from generation.deadlines import CHILD_EXIT_PATIENCE
from generation.pipeline.types import StageRequest

from .engine_messages import Answer, Cancel, Ready, Run

logger = logging.getLogger(__name__)

# How often a wait for the engine looks whether the worker is to leave, in seconds.
LOOK_EVERY: Final = 0.2
ROOT: Final = Path(__file__).resolve().parent.parent.parent


class EngineDied(Exception):  # noqa: N818 - a fact about the process
    """The engine process ended by itself: killed, crashed, or out of memory."""


class EngineProcess:
    """One child process that holds the engine's warm state and runs one stage at a time.

    A fresh interpreter, not a fork: GPU libraries and threads do not survive a fork. To be used
    from the worker's main thread: the kernel ends the child with the *thread* that started it.
    """

    def __init__(self, engine: str, *, pace: float = 0.0) -> None:
        """`pace`: seconds the engine rests after each report, to leave the processor to others."""
        self.engine = engine
        self.pace = pace
        self._child: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._number = 0
        self.ready: Ready | None = None

    @property
    def variant(self) -> str:
        """What it renders with, in words, as far as it has said."""
        return self.ready.variant if self.ready else ""

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def start(self) -> None:
        """Start the process unless it runs. Returns at once; it warms up by itself."""
        if self.pid is not None:
            return
        self._discard()
        self.ready = None
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "generation.work.engine_child"]
        arguments = [str(theirs.fileno()), self.engine, str(self.pace), str(os.getpid())]
        with theirs:
            self._child = subprocess.Popen(
                [*command, *arguments], cwd=ROOT, pass_fds=[theirs.fileno()]
            )
        self._pipe = Connection(ours.detach())

    def await_ready(self, patience: float, leaving: threading.Event) -> Ready | None:
        """Start the process and return what it says once it is warm.

        None when it is not within `patience` seconds, or the worker leaves. Raises EngineDied.
        """
        self.start()
        deadline = time.monotonic() + patience
        while self.ready is None and time.monotonic() < deadline and not leaving.is_set():
            self.next_answer(LOOK_EVERY)
        return self.ready

    def begin(self, request: StageRequest) -> None:
        """Hand over a stage, starting the process if need be. Raises EngineDied."""
        self.start()
        self._number += 1
        self._send(Run(self._number, request))

    def cancel(self) -> None:
        """Ask for the current stage to end at its next report. Raises EngineDied."""
        self._send(Cancel(self._number))

    def next_answer(self, timeout: float) -> Answer | None:
        """Return what the engine says about the current stage within `timeout` seconds.

        None when it says nothing new. Raises EngineDied.
        """
        if self._pipe is None:
            raise EngineDied("not started")
        try:
            answer: Answer | None = self._pipe.recv() if self._pipe.poll(timeout) else None
        except (EOFError, OSError) as error:
            raise EngineDied(self._obituary()) from error
        if isinstance(answer, Ready):
            self.ready = answer
            logger.info(
                "engine %s warm after %.1f s: %s", self.engine, answer.seconds, answer.variant
            )
            return None
        return answer if answer and answer.number == self._number else None

    def kill(self) -> None:
        """End the process now, whatever it does."""
        if self._child is not None:
            self._child.kill()
        self._discard()

    def stop(self) -> None:
        """End an idle process: it goes when its pipe closes, or is killed a moment later."""
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            try:
                self._child.wait(CHILD_EXIT_PATIENCE)
            except subprocess.TimeoutExpired:
                self._child.kill()
        self._discard()

    def _send(self, message: Run | Cancel) -> None:
        if self._pipe is None:
            raise EngineDied("not started")
        try:
            self._pipe.send(message)
        except OSError as error:
            raise EngineDied(self._obituary()) from error

    def _obituary(self) -> str:
        if self._child is None:
            return "never started"
        try:
            code = self._child.wait(CHILD_EXIT_PATIENCE)
        except subprocess.TimeoutExpired:
            return f"engine {self._child.pid} closed its pipe"
        return f"engine {self._child.pid} ended with {code}"

    def _discard(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.wait()
        self._pipe = self._child = None
