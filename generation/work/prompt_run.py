"""Having a job's prompts written, while its lease is kept and a stop request is heeded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from generation.deadlines import LOOK_FOR_STOP_EVERY, RENEW_LEASE_EVERY
from generation.models import Job
from generation.prompts import Wish, Written, from_the_book, write_prompts
from generation.services import Claim, renew_lease

from .patience import patiently


class PromptRun:
    """The prompts of one job. Only what an engine needs a writer for is asked of one."""

    def __init__(self, claim: Claim, job: Job, go_on: Callable[[], None]) -> None:
        self.claim = claim
        self.job = job
        self.go_on = go_on

    def written(self) -> Mapping[str, Any]:
        """Return the prompts as the job keeps them; what `go_on` raises ends the waiting."""
        wish = self._wish()
        needs_writer = self.job.engine == "diffusion" or wish.background_words or wish.text_words
        if not needs_writer or self.job.parameters.get("test_mode"):
            return Written(prompts=from_the_book(wish), source="book").to_json()
        writer = ThreadPoolExecutor(1, thread_name_prefix="prompts")
        try:
            return self._patiently_waiting(writer, wish).to_json()
        finally:
            writer.shutdown(wait=False)

    def _patiently_waiting(self, writer: ThreadPoolExecutor, wish: Wish) -> Written:
        written = writer.submit(write_prompts, wish)
        next_renewal = 0.0
        while not written.done():
            self.go_on()
            if time.monotonic() >= next_renewal:
                patiently(lambda: renew_lease(self.claim))
                next_renewal = time.monotonic() + RENEW_LEASE_EVERY
            time.sleep(LOOK_FOR_STOP_EVERY)
        return written.result()

    def _wish(self) -> Wish:
        names = ("ad_text", "background_style", "text_style", "background_words", "text_words")
        told = {name: str(self.job.parameters.get(name) or "") for name in names}
        return Wish(**told, palette=str(self.job.parameters.get("palette") or "auto"))
