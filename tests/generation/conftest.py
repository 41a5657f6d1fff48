"""Ads to make, and a worker to make them: the real one, in burst mode, in this process."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from accounts.models import Team, User
from campaigns.models import Ad, ProductPhoto
from campaigns.services import create_ad
from generation.models import Job
from generation.services import submit_job
from generation.work.engine_process import EngineProcess
from generation.work.worker import EngineWorker

MakeAd = Callable[..., Ad]
Submit = Callable[..., Job]


@pytest.fixture
def make_ad(team: Team, owner: User, photo: ProductPhoto) -> MakeAd:
    def make(**wishes) -> Ad:
        defaults = {
            "team": team,
            "by": owner,
            "photo": photo,
            "ad_text": "건어물 대박 세일",
            "background_style": "market",
            "text_style": "gold_balloon",
            "seed": 7,
        }
        return create_ad(**defaults | wishes)

    return make


@pytest.fixture
def submit(make_ad: MakeAd, owner: User) -> Submit:
    """Submit a job in test mode for a fresh ad, or for `ad`."""

    def send(ad: Ad | None = None, **options) -> Job:
        return submit_job(ad=ad or make_ad(), by=owner, test_mode=True, **options)

    return send


@pytest.fixture
def burst(transactional_db, empty_redis) -> Iterator[Callable[..., None]]:
    """Run a real RQ worker in this process until nothing is left to do."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def work(pace: float = 0.0, engine: str = "studio") -> None:
        EngineWorker(engine, pace=pace).run(burst=True)

    yield work
    for number, action in before.items():
        signal.signal(number, action)


class KeptEngine(EngineProcess):
    """Outlives the worker that used it; the next one finds it warm."""

    def stop(self) -> None:
        """Stay."""

    def end(self) -> None:
        super().stop()


@pytest.fixture(scope="module")
def kept_engine() -> Iterator[None]:
    """One engine process for a module's workers, where the process itself is not what is tested.

    Importing the engine takes longer than a job in test mode. Started by whoever needs it first.
    """
    kept = KeptEngine("studio")

    def engine_for(engine: str, *, pace: float = 0.0) -> EngineProcess:
        alike = engine == kept.engine and pace == kept.pace
        return kept if alike else EngineProcess(engine, pace=pace)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("generation.work.worker.EngineProcess", engine_for)
        yield
    kept.end()
