"""While a merchant thinks: other sets and places of the words, so that trying one costs no wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, get_args

from generation.drafts import slots
from generation.drafts.drawers import DRAWN_BY, jobs_want
from generation.drafts.limits import LOOK_EVERY, QUIET_BEFORE_AHEAD
from generation.pipeline.catalog import BACKGROUND_STYLES
from generation.pipeline.types import AdSpec, Progress, Stage, TextPosition

from .draft_run import DraftGivenUp, DraftStages
from .engine_process import EngineDied, EngineProcess
from .stage_run import StageEndedBadly

logger: Final = logging.getLogger(__name__)


class DraftsAhead:
    """The scenes that may be wanted next, after wishes that have just been drawn.

    Anything else goes before: another wish, a job, a message to this worker.
    """

    def __init__(
        self, wishes: slots.Wishes, engine: EngineProcess, leaving: threading.Event
    ) -> None:
        self.wishes = wishes
        self.engine = engine
        self.leaving = leaving
        self.next_look = 0.0

    def run(self) -> None:
        """Photograph set by set until all are there or somebody wants something.

        Raises RedisError, DatabaseError; the engine is idle or dead afterwards.
        """
        if self.wishes.engine != DRAWN_BY:
            return  # a GPU's worker
        try:
            self._wait()
            stages = DraftStages(self.wishes, self.engine)
            for other in likely_next(stages.spec):
                self._go_on()
                stages.made(Stage.BACKGROUND, other, {}, go_on=self._go_on, show=_unseen)
        except DraftGivenUp:
            return
        except (StageEndedBadly, EngineDied, OSError) as error:
            # Whoever asks for that set is told what is wrong with it.
            logger.warning("no scenes ahead: %s", error)

    def _wait(self) -> None:
        """Let a merchant who is still typing type: what is begun takes a moment to end."""
        rested = time.monotonic() + QUIET_BEFORE_AHEAD
        while time.monotonic() < rested:
            self._go_on()
            self.leaving.wait(LOOK_EVERY)

    def _go_on(self) -> None:
        """Raise DraftGivenUp when anybody wants this worker."""
        if self.leaving.is_set():
            raise DraftGivenUp
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + LOOK_EVERY
        engine = self.wishes.engine
        if slots.anybody_waits(engine) or jobs_want(engine):
            raise DraftGivenUp


def likely_next(spec: AdSpec) -> Iterator[AdSpec]:
    """Yield the wishes whose scene is another one: every set, then every place of the words."""
    for style in BACKGROUND_STYLES:
        yield replace(spec, background_style=style.key)
    if spec.ad_text:
        for position in get_args(TextPosition):
            yield replace(spec, text_position=position)


def _unseen(_: Progress) -> None:
    """Nobody watches."""
