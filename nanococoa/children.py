"""Long-running child processes: started, watched, started again with growing pauses, ended."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
STOP_TIMEOUT_SECONDS: Final = 8.0
# A child that lived this long has recovered: the next pause starts small again.
HEALTHY_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 30.0


def say(sentence: str) -> None:
    print(sentence, flush=True)


@dataclass
class Child:
    """One process and how often it had to be started again.

    `name` is what people call it, `environment` what it is told beside its parent's environment.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 1.0
    restart_at: float | None = field(default=None)

    def start(self) -> None:
        # A session of its own: the terminal's Ctrl-C reaches only the parent.
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            start_new_session=True,
        )
        self.started_at = time.monotonic()
        self.restart_at = None

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def keep_alive(self) -> None:
        """Start the process again when it has ended, after a pause that doubles each time."""
        assert self.process is not None  # noqa: S101 - started before it is watched
        if not self.has_ended:
            return
        now = time.monotonic()
        if self.restart_at is None:
            if now - self.started_at > HEALTHY_SECONDS:
                self.pause = 1.0
            say(f"{self.name} 프로세스가 끝났어요 (코드 {self.process.returncode}). 다시 켤게요.")
            self.restart_at = now + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        elif now >= self.restart_at:
            self.start()

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def make_stop(self, deadline: float) -> None:
        if not self.process:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def stop_all(children: Iterable[Child]) -> None:
    """Ask all to end, and end those that have not after STOP_TIMEOUT_SECONDS."""
    children = list(children)
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    for child in children:
        child.make_stop(deadline)
