"""A job of the diffusion engine from the queue to the picture: real worker, engine process, models.

The models are tiny and the processor paints; all else is as on a server with a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from generation import live
from generation.models import Job, StageResult
from generation.pipeline.diffusion.store import Store
from generation.services import submit_job
from generation.work.worker import EngineWorker
from tests.generation.conftest import burst, make_ad

__all__ = ["burst", "make_ad"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paint_jobs(
    tiny_store: Store, monkeypatch: pytest.MonkeyPatch, settings, burst: Callable[..., None]
) -> Iterator[Callable[[], None]]:
    """Run a real worker of the diffusion engine until nothing is left to do.

    Its engine process is another interpreter: it finds the tiny models by the environment.
    """
    told = {
        "NANOCOCOA_MODELS": str(tiny_store.root),
        "NANOCOCOA_LICENCES": ",".join(tiny_store.licences),
        "NANOCOCOA_LETTERING_MODEL": "none",
        "NANOCOCOA_GPU_BUDGET_MB": "1024",
        "DEVICE": "cpu",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings.LETTERING_MODEL = "none"
    return lambda: EngineWorker("diffusion").run(burst=True)


def stages(job: Job) -> dict[str, StageResult]:
    return {result.stage: result for result in job.stages.all()}


def test_a_painted_job_goes_from_the_queue_to_a_finished_picture(
    make_ad, owner, paint_jobs
) -> None:
    asked = {"strength": 0.3}
    ad = make_ad(format="1029x258", ad_text="특가", text_style="candy")
    job = submit_job(ad=ad, by=owner, engine="diffusion", settings=asked)
    paint_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_detail) == (Job.Status.COMPLETED, "")
    made = stages(job)
    assert list(made) == ["step1_background", "step2_text_asset", "step3_composition"]
    assert {result.engine for result in made.values()} == {"diffusion"}
    assert all("diffusion" in result.engine_version for result in made.values())
    assert job.checks["models"][0]["key"] == "flux2-klein-4b"
    assert job.checks["painted"]["strength"] == 0.3
    assert job.checks["lettering"] == {"made_by": "render", "reason": "not_asked"}
    assert job.checks["product"]["exact"]
    assert job.checks["words"]["ok"]
    assert job.ad.image.size > 0
    assert live.snapshot(job)["status"] == "completed"
