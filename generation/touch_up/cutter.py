"""The web process's side of the cutting child: started on demand, ended when idle."""

from __future__ import annotations

import itertools
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Hashable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from .messages import Answer, Broken, Cut, Order, Unreadable

logger = logging.getLogger(__name__)

ROOT: Final = Path(__file__).resolve().parent.parent.parent
# A mask takes half a second and a full-size cut-out three; a loaded machine some times that.
PATIENCE: Final = 20.0
# A child without work gives its 150 MB back after this many seconds.
IDLE_AFTER: Final = 120.0
# People who may stand in line for the one child at a time: more would wait for seconds.
LONGEST_LINE: Final = 12
EXIT_PATIENCE: Final = 1.0


class CutRefused(Exception):  # noqa: N818 - a refusal, answered with a code
    """The cutter could not take the order, or could not finish it. `code` is for the page."""

    code = "broken"


class Superseded(CutRefused):
    """The same person has painted on meanwhile; a newer order is on its way."""

    code = "superseded"


class CutterBusy(CutRefused):
    """Too many people are painting, or the child took too long."""

    code = "busy"


class PhotoGone(CutRefused):
    """The photo cannot be read."""

    code = "photo_unreadable"


class Cutter:
    """One child process that serves one order at a time; safe to call from many threads."""

    def __init__(self, *, idle_after: float = IDLE_AFTER) -> None:
        self.idle_after = idle_after
        self._at_work = threading.Lock()
        self._tickets = itertools.count(1)
        self._newest: dict[Hashable, int] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._last_used = 0.0
        self._rest: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it lives."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def warm(self) -> None:
        """Start the child unless it runs or somebody is being served; returns at once."""
        if self._at_work.acquire(blocking=False):
            try:
                self._start()
            finally:
                self._at_work.release()

    def cut(self, order: Order, *, by: Hashable, patience: float = PATIENCE) -> Cut:
        """Return the cut-out that the order asks for, within `patience` seconds.

        Of one person's (`by`) waiting orders only the newest is served. Raises Superseded,
        CutterBusy, PhotoGone, and CutRefused for a bug in the child.
        """
        if len(self._newest) >= LONGEST_LINE and by not in self._newest:
            raise CutterBusy
        ticket = self._newest[by] = next(self._tickets)
        deadline = time.monotonic() + patience
        try:
            if not self._at_work.acquire(timeout=patience):
                raise CutterBusy
            try:
                if self._newest.get(by) != ticket:
                    raise Superseded
                return self._judged(self._ask(ticket, order, deadline))
            finally:
                self._at_work.release()
        finally:
            if self._newest.get(by) == ticket:
                del self._newest[by]

    def stop(self) -> None:
        """End the child; the next order starts another."""
        with self._at_work:
            self._end()

    def _ask(self, number: int, order: Order, deadline: float) -> Answer:
        self._start()
        assert self._pipe is not None  # noqa: S101 - started above
        try:
            self._pipe.send((number, order))
            while self._pipe.poll(max(0.0, deadline - time.monotonic())):
                answered, answer = self._pipe.recv()
                if answered == number:
                    return answer  # type: ignore[no-any-return]
        except (EOFError, OSError) as error:
            self._end()
            raise CutRefused("the cutting child died") from error
        self._end()
        raise CutterBusy("the cutting child took too long")

    def _judged(self, answer: Answer) -> Cut:
        if isinstance(answer, Unreadable):
            raise PhotoGone(answer.detail)
        if isinstance(answer, Broken):
            logger.error("a bug in the cutting child\n%s", answer.detail)
            raise CutRefused
        return answer

    def _start(self) -> None:
        self._last_used = time.monotonic()
        if self.pid is not None:
            return
        self._end()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "generation.touch_up.child", str(theirs.fileno())]
        with theirs:
            # A session of its own: a terminal's Ctrl-C is the web process's to answer.
            self._child = subprocess.Popen(
                command, cwd=ROOT, pass_fds=[theirs.fileno()], start_new_session=True
            )
        self._pipe = Connection(ours.detach())
        self._look_again(self.idle_after)

    def _look_again(self, seconds: float) -> None:
        self._rest = threading.Timer(seconds, self._end_if_idle)
        self._rest.daemon = True
        self._rest.start()

    def _end_if_idle(self) -> None:
        with self._at_work:
            if self._child is None:
                return
            left = self._last_used + self.idle_after - time.monotonic()
            if left > 0:
                self._look_again(left)
            else:
                self._end()

    def _end(self) -> None:
        """End the child; called by whoever holds the lock. A closed pipe ends an idle one."""
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            try:
                self._child.wait(0 if self._child.poll() is not None else EXIT_PATIENCE)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._pipe = self._child = None


cutter = Cutter()
