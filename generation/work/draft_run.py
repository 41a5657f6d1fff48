"""The worker's side of a draft: drawn in the warm engine while no job wants it."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from django.conf import settings
from PIL import Image

from campaigns.models import ProductPhoto
from generation import errors
from generation.drafts import pictures, slots
from generation.drafts.drawers import DRAWN_BY, jobs_want
from generation.drafts.limits import CANCEL_PATIENCE, DEADLINE, LOOK_EVERY, SHOW_EVERY
from generation.drafts.stage_store import StageStore
from generation.pipeline.fingerprint import engine_version, stage_key
from generation.pipeline.types import AdSpec, Progress, Stage, StageOutput, StageRequest, SubStep
from generation.plan import planned_stages

from .engine_messages import Cancelled, Failed, Finished, Reported
from .engine_process import EngineDied, EngineProcess
from .stage_run import StageEndedBadly

logger = logging.getLogger(__name__)

# WebP quality of the finished draft: shown larger than it is, so artefacts would be too.
QUALITY: Final = 86


class DraftGivenUp(Exception):  # noqa: N818 - a decision, not an error
    """Newer wishes, a job, or the end of the worker: nobody waits for this draft any more."""


class DraftStages:
    """Makes stages of drafts in the engine process, or takes those that were made before."""

    def __init__(self, wishes: slots.Wishes, engine: EngineProcess) -> None:
        self.engine = engine
        self.store = StageStore(Path(settings.CACHE_DIR) / "drafts")
        photo = _photo(wishes)
        self.digest = photo.sha256 if photo else None
        path = Path(photo.image.path) if photo else None
        self.spec = AdSpec(photo=path, engine=DRAWN_BY, **wishes.spec)

    def made(
        self,
        stage: Stage,
        spec: AdSpec,
        earlier: Mapping[Stage, StageOutput],
        *,
        go_on: Callable[[], None],
        show: Callable[[Progress], None],
    ) -> StageOutput:
        """Return a stage's output, kept from before or made now.

        `go_on` is called often and raises DraftGivenUp when it is not wanted any more. Raises
        StageEndedBadly and EngineDied too; the engine is idle or dead afterwards.
        """
        key = stage_key(stage, spec, self.digest, engine_version(DRAWN_BY))
        if (known := self.store.get(key)) is not None:
            return known
        folder = self.store.new_folder()
        request = StageRequest(
            stage=stage,
            spec=spec,
            earlier=dict(earlier),
            out_dir=folder,
            cache_dir=Path(settings.CACHE_DIR),
        )
        try:
            ended = self._drive(request, go_on, show)
            if isinstance(ended, Failed):
                raise StageEndedBadly(ended)
            return self.store.put(key, ended.output, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _drive(
        self,
        request: StageRequest,
        go_on: Callable[[], None],
        show: Callable[[Progress], None],
    ) -> Finished | Failed:
        """Run the stage in the engine process. Raises DraftGivenUp, EngineDied."""
        idle = False
        try:
            self.engine.begin(request)
            while True:
                answer = self.engine.next_answer(LOOK_EVERY)
                match answer:
                    case Reported(progress=progress):
                        show(progress)
                    case Finished() | Failed():
                        idle = True
                        return answer
                go_on()
        except DraftGivenUp:
            idle = self._cancelled()
            raise
        finally:
            if not idle:
                self.engine.kill()

    def _cancelled(self) -> bool:
        """Ask the engine to stop at its next report; True once it has."""
        self.engine.cancel()
        deadline = time.monotonic() + CANCEL_PATIENCE
        while time.monotonic() < deadline:
            if isinstance(self.engine.next_answer(LOOK_EVERY), Cancelled | Finished | Failed):
                return True
        return False


def _photo(wishes: slots.Wishes) -> ProductPhoto | None:
    """A photo that was deleted meanwhile leaves the set alone."""
    if wishes.photo_id is None:
        return None
    return ProductPhoto.objects.filter(pk=wishes.photo_id).first()


class DraftRun:
    """One draft from its wishes to its picture."""

    def __init__(
        self, wishes: slots.Wishes, engine: EngineProcess, leaving: threading.Event
    ) -> None:
        self.wishes = wishes
        self.engine = engine
        self.leaving = leaving
        self.seq = 0
        self.next_look = self.next_show = 0.0
        self.started = time.monotonic()

    def run(self) -> None:
        """Draw it, or say why not. Raises RedisError; the engine is idle or dead afterwards."""
        if jobs_want(self.wishes.engine):
            pictures.tell(self.wishes, "busy")
            return
        try:
            self._draw()
        except DraftGivenUp:
            self._say_why()
        except StageEndedBadly as ended:
            failed = ended.failed
            if not failed.code:
                logger.exception("a bug in a draft\n%s", failed.detail)
            self._fail(failed.code or errors.BUG, dict(failed.params))
        except EngineDied as death:
            logger.warning("a draft lost its engine: %s", death)
            self._fail(errors.WORKER_LOST)
        except OSError as error:
            logger.warning("a draft's files: %s", error)
            self._fail(errors.BUG)

    def _say_why(self) -> None:
        """Tell the page why its newest draft was given up; of an older one it knows."""
        if self.leaving.is_set() or not slots.are_newest(self.wishes):
            return
        if jobs_want(self.wishes.engine):
            pictures.tell(self.wishes, "busy", seq=self.seq)
        else:
            self._fail(errors.TOOK_TOO_LONG)

    def _draw(self) -> None:
        stages = DraftStages(self.wishes, self.engine)
        outputs: dict[Stage, StageOutput] = {}
        for stage in planned_stages({"ad_text": stages.spec.ad_text}):
            self._go_on()
            outputs[stage] = stages.made(
                stage, stages.spec, outputs, go_on=self._go_on, show=self._show
            )
        self.seq += 1
        picture = _webp(list(outputs.values())[-1].image)
        pictures.tell(self.wishes, "done", seq=self.seq, picture=picture)

    def _go_on(self) -> None:
        """Raise DraftGivenUp when nobody waits for this draft, or somebody needs the engine."""
        now = time.monotonic()
        if self.leaving.is_set() or now - self.started > DEADLINE:
            raise DraftGivenUp
        if now < self.next_look:
            return
        self.next_look = now + LOOK_EVERY
        if not slots.are_newest(self.wishes) or jobs_want(self.wishes.engine):
            raise DraftGivenUp

    def _show(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.preview is None or now < self.next_show:
            return
        self.next_show = now + SHOW_EVERY
        self.seq += 1
        rough = progress.sub_step == SubStep.CUTOUT
        pictures.tell(self.wishes, "drawing", seq=self.seq, picture=progress.preview, rough=rough)

    def _fail(self, code: str, params: dict[str, object] | None = None) -> None:
        pictures.tell(self.wishes, "failed", seq=self.seq, code=code, params=params)


def _webp(path: Path) -> bytes:
    with Image.open(path) as image:
        buffer = BytesIO()
        image.convert("RGB").save(buffer, "WEBP", quality=QUALITY, method=2)
    return buffer.getvalue()
