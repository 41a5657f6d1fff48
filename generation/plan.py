"""Which stages a job runs, where each lies on the progress bar, and the addresses of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .painting import painted_by
from .pipeline.fingerprint import engine_version, stage_key
from .pipeline.types import (
    PAINTED_BACKGROUND,
    PAINTED_LETTERING,
    PROGRESS_SPAN,
    STAGES,
    AdSpec,
    Stage,
)

if TYPE_CHECKING:
    from campaigns.models import Ad

    from .models import Job

# What a job keeps of AdSpec by these names: all but the photo's path, which belongs to the machine
# that runs it, the engine, which is the job's own, and what `painted_by` puts together.
NOT_KEPT: Final = ("photo", "engine", *PAINTED_BACKGROUND, *PAINTED_LETTERING)
SPEC_FIELDS: Final = tuple(field.name for field in fields(AdSpec) if field.name not in NOT_KEPT)
# The engine an uploaded stage image counts as: no engine made it.
UPLOADED: Final = "upload"


def job_parameters(ad: Ad, *, test_mode: bool) -> dict[str, Any]:
    """Return what is asked of the pipeline, as `Job.parameters` keeps it.

    The photo is known by its digest.
    """
    wishes = {name: getattr(ad, name, None) for name in SPEC_FIELDS}
    return wishes | {
        "font": ad.font or None,
        "draft": False,
        "together": False,
        "test_mode": test_mode,
        "background_words": ad.background_words,
        "text_words": ad.text_words,
        "photo_sha256": ad.photo.sha256 if ad.photo else None,
    }


def job_spec(job: Job) -> AdSpec:
    """Return the job's AdSpec with the photo's path on this machine."""
    # A job from before a field existed takes the field's default.
    wishes = {name: job.parameters[name] for name in SPEC_FIELDS if name in job.parameters}
    if job.engine == "diffusion":
        wishes |= painted_by(job.parameters)
    photo = Path(job.ad.photo.image.path) if job.ad.photo else None
    return AdSpec(photo=photo, engine=job.engine, **wishes)


def styled_by(parameters: Mapping[str, Any], prompts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with the styles that own words chose: set, palette, material.

    Where there are no own words, what was picked stays.
    """
    styled = dict(parameters)
    if parameters.get("background_words"):
        styled["background_style"] = prompts["set"]
        if parameters.get("palette", "auto") == "auto":
            styled["palette"] = prompts["palette"]
    if parameters.get("text_words"):
        styled["text_style"] = prompts["material"]
    return styled


def planned_stages(parameters: Mapping[str, Any]) -> tuple[Stage, ...]:
    """Return the stages a job goes through: without copy the scene alone is the ad.

    `end_step` cuts the rest off. Lettering alone is stage 2 without a scene.
    """
    if parameters.get("lettering_alone"):
        return (Stage.TEXT,)
    stages = STAGES if parameters.get("ad_text") else (Stage.BACKGROUND,)
    return stages[: int(parameters.get("end_step") or len(STAGES))]


def progress_span(parameters: Mapping[str, Any], stage: Stage) -> tuple[float, float]:
    """Return where the stage begins and ends on the job's 0-100 bar."""
    if len(planned_stages(parameters)) == 1:
        return (0.0, 100.0)
    start, end = PROGRESS_SPAN[stage]
    return (float(start), float(end))


def content_address(job: Job, stage: Stage) -> str:
    """Return the address (64 hex digits) of what this stage of this job makes.

    Images uploaded in place of earlier stages are part of it.
    """
    photo = job.parameters["photo_sha256"]
    key = stage_key(stage, job_spec(job), photo, engine_version(job.engine))
    uploads: Mapping[str, str] = job.parameters.get("stage_images") or {}
    earlier = {name: uploads[name] for name in sorted(uploads) if name <= stage}
    if job.parameters.get("lettering_alone"):
        earlier["scene"] = "none"
    if not earlier:
        return key
    return sha256(f"{key} {earlier}".encode()).hexdigest()
