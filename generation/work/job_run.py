"""One claimed job from its first missing stage to its end, whatever that end is."""

from __future__ import annotations

import logging
import shutil
import threading
import traceback
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError

from generation import errors
from generation.models import Job, StageResult
from generation.pipeline.errors import InputMissing, StageCancelled
from generation.pipeline.types import Stage, StageOutput, StageRequest
from generation.plan import content_address, job_spec, planned_stages
from generation.services import (
    Claim,
    ClaimLost,
    begin_stage,
    count_loss,
    fail_job,
    fall_back,
    finish_job,
    finish_stopped,
    give_back,
    record_prompts,
    record_reused_stage,
    record_stage,
    stop_is_requested,
)
from generation.services.stage_files import (
    as_output,
    earlier_of_ad,
    is_whole,
    new_work_folder,
    reusable,
)

from .engine_messages import Failed
from .engine_process import EngineProcess
from .fitness import Fitness
from .patience import patiently
from .prompt_run import PromptRun
from .stage_run import EngineLost, StageEndedBadly, StageRun, WorkerLeaving
from .takes import seeds_ahead

logger = logging.getLogger(__name__)


class JobRun:
    """One attempt at a job. The stages are written as they finish; the claim fences them all."""

    def __init__(
        self, claim: Claim, engine: EngineProcess, leaving: threading.Event, fitness: Fitness
    ) -> None:
        self.claim = claim
        self.engine = engine
        self.leaving = leaving
        self.fitness = fitness
        self.job = Job.objects.select_related("ad__photo", "team").get(pk=claim.job_id)
        self.outputs: dict[Stage, StageOutput] = {}

    def run(self) -> None:
        """Take the job to its end. Only a database that stays away lets an exception out."""
        try:
            self._run_stages()
        except ClaimLost:
            logger.warning("job %s: taken over by somebody else", self.claim.job_id)
        except StageCancelled:
            patiently(lambda: finish_stopped(self.claim))
        except WorkerLeaving:
            patiently(lambda: give_back(self.claim))
        except StageEndedBadly as bad:
            self._ended_badly(bad.failed)
        except InputMissing as missing:
            self._fail(missing.code, missing.params, missing.detail)
        except (OperationalError, InterfaceError):
            raise  # no fault of the job's: its lease runs out, and it is tried again
        except Exception:
            logger.exception("job %s: a bug in the worker", self.claim.job_id)
            self._fail(errors.BUG, {}, traceback.format_exc())

    def _ended_badly(self, failed: Failed) -> None:
        """Fail the job, unless it is the engine that cannot work: then the deployment has chosen.

        A worker without GPU or models takes nothing more for a while.
        """
        unable = self.job.engine == "diffusion" and failed.code in errors.ENGINE_TROUBLE
        if unable:
            self.fitness.lose(failed.code, failed.detail)
        said = {"code": failed.code, "detail": failed.detail}
        if patiently(lambda: fall_back(self.claim, **said)):
            logger.warning("job %s: to the studio engine, %s", self.claim.job_id, failed.code)
        elif unable:
            patiently(lambda: give_back(self.claim))
        else:
            self._fail(failed.code, dict(failed.params), failed.detail)

    def _fail(self, code: str, params: dict[str, object], detail: str) -> None:
        if not code:
            logger.error("job %s: a bug in a stage\n%s", self.claim.job_id, detail)
        patiently(lambda: fail_job(self.claim, code=code, params=params, detail=detail))

    def _run_stages(self) -> None:
        if "prompts" not in self.job.parameters:
            prompts = PromptRun(self.claim, self.job, self._go_on).written()
            patiently(lambda: record_prompts(self.claim, job=self.job, prompts=prompts))
        for stage in planned_stages(self.job.parameters):
            self._go_on()
            self.outputs[stage] = as_output(self._result_of(stage))
        try:
            patiently(lambda: finish_job(self.claim))
        except ClaimLost:
            self._go_on()  # a stop request may have come in at the last moment
            raise

    def _go_on(self) -> None:
        """Between stages: heed a stop request and the worker's own end."""
        if self.leaving.is_set():
            raise WorkerLeaving
        if patiently(lambda: stop_is_requested(self.claim)):
            raise StageCancelled

    def _result_of(self, stage: Stage) -> StageResult:
        """Return the stage's result: kept from before, shared with an earlier job, or made now."""
        address = content_address(self.job, stage)
        kept = self.job.stages.filter(stage=stage).first()
        uploaded = stage in (self.job.parameters.get("stage_images") or {})
        if kept and is_whole(kept) and (uploaded or kept.input_hash == address):
            return kept
        source = reusable(self.job, stage, address)
        if source is None and stage.number < self.job.start_step:
            source = self._earlier(stage)
        if source is None:
            return self._make(stage, address)
        return patiently(
            lambda: record_reused_stage(
                self.claim, job=self.job, stage=stage, source=source, input_hash=address
            )
        )

    def _earlier(self, stage: Stage) -> StageResult:
        """Return an earlier job's result for a stage that this one was told not to run."""
        source = earlier_of_ad(self.job, stage)
        if source is None:
            raise InputMissing(f"no stored result of {stage}", stage=stage.value)
        return source

    def _make(self, stage: Stage, address: str) -> StageResult:
        """Run the stage, again at once when its engine process is lost."""
        while True:
            patiently(lambda: begin_stage(self.claim, job=self.job, stage=stage))
            folder = new_work_folder(self.job.pk, stage)
            try:
                return self._make_once(stage, address, folder)
            except EngineLost as lost:
                logger.warning("job %s: %s lost: %s", self.claim.job_id, stage, lost)
                code = lost.code
                if not patiently(lambda: count_loss(self.claim, code=code)):  # noqa: B023
                    raise ClaimLost(self.claim) from lost
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def _make_once(self, stage: Stage, address: str, folder: Path) -> StageResult:
        cache = Path(settings.CACHE_DIR)
        cache.mkdir(parents=True, exist_ok=True)
        request = StageRequest(
            stage=stage,
            spec=job_spec(self.job),
            earlier=self.outputs,
            out_dir=folder,
            cache_dir=cache,
            ahead=seeds_ahead(self.job) if stage is Stage.BACKGROUND else (),
        )
        done = StageRun(self.claim, self.job, self.engine, self.leaving).drive(request)
        return patiently(
            lambda: record_stage(
                self.claim,
                job=self.job,
                stage=stage,
                output=done.output,
                work_folder=folder,
                input_hash=address,
                seconds=done.seconds,
            )
        )
