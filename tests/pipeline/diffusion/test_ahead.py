"""Work beside other work: waited for at the end, but not by a job that is cancelled."""

from __future__ import annotations

import threading

import pytest

from generation.pipeline.diffusion.ahead import beside
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.errors import StageCancelled

KEY = "flux2-klein-4b"
LONG = 300.0


def test_a_block_ends_with_the_work_beside_it() -> None:
    told: list[str] = []
    with beside(lambda: told.append("work")):
        pass
    assert told == ["work"]


@pytest.mark.parametrize("when", ["in the block", "while it waits"])
def test_a_job_that_is_cancelled_does_not_wait_for_a_model_that_loads(
    residency: Residency, when: str
) -> None:
    go_on, loaded = threading.Event(), threading.Event()

    def load() -> None:
        go_on.wait(LONG)
        with residency.use(KEY):
            loaded.set()

    def cancelled(*, now: bool = True) -> None:
        if now:
            raise StageCancelled

    with pytest.raises(StageCancelled), beside(load, cancelled):
        cancelled(now=when == "in the block")
    assert not loaded.is_set()
    go_on.set()
    # The next job finds it where the cancelled one left it.
    assert loaded.wait(LONG)
    assert residency.load_seconds.keys() == {KEY}
