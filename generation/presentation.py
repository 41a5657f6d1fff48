"""A job in the words and pictures of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.choices import wishes_of
from campaigns.formats import FormatOffer, format_offer
from campaigns.models import Ad

from . import live
from .asked import Asked, asked_of
from .engines import engine_note, engine_state, unheeded_note
from .made_by import MadeBy, made_by, summary, told_together
from .models import Job
from .own_words import OWN_WORDS_LIMIT
from .phrases import STATUSES, SUB_STEPS, stage_name
from .pipeline.errors import NoProductFound
from .pipeline.types import PROGRESS_SPAN, STAGES, Stage
from .proof import ProofLine, proof_lines

# Failures that another try, as it is, cannot mend: the merchant has to change something.
NEEDS_CHANGE: Final = frozenset(
    {"no_product_found", "photo_unreadable", "glyph_missing", "text_does_not_fit", "unknown_choice"}
)


@dataclass(frozen=True)
class Step:
    """One of the three stages as the page lists them; `url` is empty until it has a picture."""

    stage: str
    number: int
    name: str
    starts_at: int
    url: str
    seconds: str
    state: str


@dataclass(frozen=True)
class JobView:
    """All that the live page and the result show. `state` is the socket's snapshot."""

    job: Job
    state: Any
    can_edit: bool
    can_cut_out: bool
    can_resume: bool
    width: int
    height: int
    wishes: list[str]
    steps: list[Step]
    took: str

    @property
    def ad(self) -> Ad:
        return self.job.ad

    @property
    def formats(self) -> FormatOffer:
        """The same ad in other formats, and those still to make."""
        return format_offer(self.job.ad)

    @property
    def copy_limit(self) -> int:
        return int(settings.MAX_COPY_LENGTH)

    @property
    def download_name(self) -> str:
        return download_name(self.job)

    @property
    def proofs(self) -> list[ProofLine]:
        return proof_lines(self.state["checks"])

    @property
    def made_by(self) -> list[tuple[str, MadeBy]]:
        """What was made by whom, for those who want to know exactly."""
        return told_together(made_by(self.job))

    @property
    def made_by_summary(self) -> str:
        """The engines and models in one line."""
        return summary(made_by(self.job))

    @property
    def engine_notes(self) -> list[str]:
        """Why another engine made it than was asked for, and what that one could not honour."""
        notes = (engine_note(engine_state(self.job), self.job.status), unheeded_note(self.job))
        return [note for note in notes if note]

    @property
    def asked(self) -> Asked | None:
        """Who wrote the prompts and what they say; None before they are written."""
        return asked_of(self.job)

    @property
    def own_words_limit(self) -> int:
        return OWN_WORDS_LIMIT

    @property
    def is_sharp(self) -> bool:
        """Whether the frame shows the finished picture, not one on the way to it."""
        return bool(self.state["result_url"])

    @property
    def picture_url(self) -> str:
        """The best picture there is: result, running preview, finished scene, the photo itself."""
        if self.state["result_url"]:
            return str(self.state["result_url"])
        if self.state["preview_url"] and self.job.status == Job.Status.RUNNING:
            return str(self.state["preview_url"])
        if self.steps[0].url:
            return self.steps[0].url
        return self.ad.photo.preview_url if self.ad.photo else ""

    @property
    def is_photo(self) -> bool:
        """Whether nothing is made yet, so that the frame shows the merchant's photo."""
        made = self.steps[0].url or self.state["preview_url"] or self.state["result_url"]
        return self.ad.photo_id is not None and not made

    @property
    def picture_alt(self) -> str:
        return self.ad.ad_text if self.is_sharp else _("만들어지고 있는 광고")

    @property
    def phrases(self) -> dict[str, str]:
        """What the page says at each sub-step and status, in the reader's language."""
        return {key: str(words) for key, words in {**SUB_STEPS, **STATUSES}.items()}


def job_view(job: Job, user: User) -> JobView:
    """Return the page of a job for a user who may see it."""
    state = live.snapshot(job)
    width, height = job.ad.frame
    can_edit = Job.objects.editable_by(user).filter(pk=job.pk).exists()
    ended_early = job.status in (Job.Status.FAILED, Job.Status.STOPPED)
    return JobView(
        job=job,
        state=state,
        can_edit=can_edit,
        can_cut_out=can_edit and bool(job.ad.photo_id) and job.error_code == NoProductFound.code,
        can_resume=can_edit and ended_early and job.error_code not in NEEDS_CHANGE,
        width=width,
        height=height,
        wishes=wishes_of(job.ad),
        steps=_steps(state),
        took=duration_words(_seconds_taken(job, state["elapsed_sec"])),
    )


def _seconds_taken(job: Job, elapsed: float) -> float:
    """Return the seconds of making: a clock that was set anew by resuming missed earlier stages."""
    if not job.is_finished or job.started_at is None:
        return elapsed
    earlier = job.stages.filter(created_at__lt=job.started_at, attempt__gt=0, reused_from=None)
    return elapsed + float(earlier.aggregate(sum=Sum("seconds"))["sum"] or 0)


def _steps(state: Any) -> list[Step]:
    done = {stage["stage"]: stage for stage in state["stages"]}
    return [
        Step(
            stage=stage.value,
            number=stage.number,
            name=stage_name(stage),
            starts_at=PROGRESS_SPAN[stage][0],
            url=done[stage]["image_url"] if stage in done else "",
            seconds=_seconds_words(done[stage]) if stage in done else "",
            state=_step_state(stage, state),
        )
        for stage in STAGES
    ]


def _step_state(stage: Stage, state: Any) -> str:
    """Return "done", "now" or "next"."""
    if any(finished["stage"] == stage for finished in state["stages"]):
        return "done"
    running = state["status"] == Job.Status.RUNNING
    return "now" if running and state["current_step"] == stage else "next"


def _seconds_words(stage: Any) -> str:
    return _("그대로 씀") if stage["reused"] else duration_words(stage["seconds"])


def duration_words(seconds: float | None) -> str:
    """Return "8.4초", "24초" or "1분 5초" for a time in seconds."""
    if seconds is None:
        return ""
    if seconds < 10:
        return _("%(seconds).1f초") % {"seconds": seconds}
    minutes, rest = divmod(round(seconds), 60)
    if minutes:
        return _("%(minutes)d분 %(seconds)d초") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)d초") % {"seconds": rest}


def download_name(job: Job) -> str:
    """Return the name under which the job's picture is saved."""
    return job.ad.file_name
