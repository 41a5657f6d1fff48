"""Stage 2 by models: the rendered letters first, then their surface painted over, then judged.

The shape is never a model's: what it paints is seen through the alpha of the rendered letters, and
where it cannot be read, or no model can be used, the rendered letters stay and say why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.pipeline.catalog import text_style
from generation.pipeline.errors import (
    DiffusionNotInstalled,
    GpuTooSmall,
    LicenceNotSet,
    ModelDamaged,
    ModelMissing,
    ModelUnknown,
    NoGpu,
    OutOfMemory,
)
from generation.pipeline.glyphs.plan import Lettering, plan_lettering
from generation.pipeline.glyphs.verify import intended_masks
from generation.pipeline.layout import Box
from generation.pipeline.lettering import run_lettering
from generation.pipeline.png import write_png
from generation.pipeline.previews import encode_preview
from generation.pipeline.stopwatch import Stopwatch
from generation.pipeline.types import (
    Progress,
    Report,
    StageOutput,
    StageRequest,
    SubStep,
)

from .catalog import DEFAULT_LETTERING
from .easel import NO_MODEL, Easel, easel_for
from .latents import grid_of
from .maps import letter_maps
from .out_of_memory import Effort
from .sdxl_text import Restyling, restyle
from .silhouette import is_wished, silhouette_of
from .sizes import canvas_for
from .surface import Verdict, judge

Picture = NDArray[np.uint8]

# Where the rendered letters are done on the stage's 0..1, the maps, and the painting.
RENDERED: Final = 0.55
MAPPED: Final = 0.60
PAINTED: Final = 0.95
# What the model sees round the letters, over their height: their light comes from there.
SURROUNDINGS: Final = 0.15
# Colour is carried this far (px, sigma) over the letters' edge, from where it is surely theirs.
BLEEDS: Final = (1.5, 4.0, 10.0)
SURE: Final = 250
# Share of the swollen letters' inside that a layer may lack before it is taken for the unswollen.
MOST_MISSING: Final = 0.02
FACE: Final = 0.95
# Without a model that can be used the rendered letters are good letters still.
CAN_DO_WITHOUT: Final = (
    DiffusionNotInstalled,
    GpuTooSmall,
    LicenceNotSet,
    ModelDamaged,
    ModelMissing,
    ModelUnknown,
    NoGpu,
    OutOfMemory,
)


@dataclass(frozen=True)
class Rendered:
    """The letters as the studio's code made them: what they are, and their layer's window."""

    lettering: Lettering
    window: Box
    layer: Picture


def run_restyled_lettering(request: StageRequest, report: Report) -> StageOutput:
    """Run stage 2: as the studio does, then painted over by the lettering model.

    Checks also hold `lettering`: who `made_by` the surface ("model" or "render"), `reason` where
    the render stayed, what the judge found of each character; and `models` where one painted.
    Raises what `run_lettering` raises, and StageCancelled out of `report`.
    """
    key = request.spec.lettering_model or DEFAULT_LETTERING
    if request.spec.draft or key == NO_MODEL:
        reason = "draft" if request.spec.draft else "not_asked"
        return _kept(run_lettering(request, report), reason)
    watch = Stopwatch()
    try:
        easel = easel_for(key, watch)
    except CAN_DO_WITHOUT as failure:
        plain = run_lettering(request, report)
        return _kept(plain, failure.code, detail=failure.detail)

    def loading() -> None:
        report(Progress(sub_step=SubStep.TEXT_RENDER, fraction=RENDERED))

    with easel.loading(loading):
        plain = run_lettering(request, _part_of(report, 0.0, RENDERED))
    for name, seconds in plain.seconds.items():
        watch.add(name, seconds)
    try:
        verdict = _painted_over(request, plain, easel, report)
    except CAN_DO_WITHOUT as failure:
        kept = _kept(plain, failure.code, detail=failure.detail)
        return replace(kept, seconds=watch.seconds)
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=0.98))
    made_by = "render" if verdict.reason else "model"
    told = {"made_by": made_by, "model": key, **verdict.to_json()}
    checks = {**plain.checks, "lettering": told}
    if not verdict.reason:
        checks["models"] = easel.accounts()
    return replace(plain, checks=checks, seconds=watch.seconds)


def _kept(plain: StageOutput, reason: str, *, detail: str = "") -> StageOutput:
    """Return the rendered letters with the reason why no model painted them."""
    told: dict[str, Any] = {"made_by": "render", "reason": reason}
    if detail:
        told["detail"] = detail
    return replace(plain, checks={**plain.checks, "lettering": told})


def _part_of(report: Report, start: float, end: float) -> Report:
    """Return a report whose 0..1 is a part of the stage's."""

    def told(progress: Progress) -> None:
        report(replace(progress, fraction=start + (end - start) * progress.fraction))

    return told


def _painted_over(
    request: StageRequest, plain: StageOutput, easel: Easel, report: Report
) -> Verdict:
    """Paint the letters over and keep that in the stage's file if they are read as before."""
    rendered = _rendered(request, plain)
    report(Progress(sub_step=SubStep.TEXT_RENDER, fraction=RENDERED))
    picture = _surface(request, rendered, easel, report)
    painted = np.dstack([_carried_out(picture, rendered.layer[..., 3]), rendered.layer[..., 3]])
    verdict = judge(rendered.lettering, rendered.window, rendered.layer, painted)
    if not verdict.reason and is_wished():
        with easel.watch.lap("silhouette"):
            verdict = with_silhouette(verdict, picture, rendered.layer[..., 3])
    if not verdict.reason:
        _store(plain, rendered.window, painted)
    return verdict


def with_silhouette(verdict: Verdict, picture: Picture, alpha: Picture) -> Verdict:
    """Return a good verdict with what BiRefNet sees, no longer good if that is another shape."""
    seen = silhouette_of(picture, alpha)
    reason = "" if seen.get("same", True) else "silhouette_differs"
    return replace(verdict, reason=reason, silhouette=seen)


def _rendered(request: StageRequest, plain: StageOutput) -> Rendered:
    with Image.open(plain.image) as stored:
        whole = np.asarray(stored.convert("RGBA"))
    lettering = as_rendered(plan_lettering(request), whole[..., 3])
    crop, frame = lettering.placement.crop, lettering.rig.layout.frame
    reach = round(SURROUNDINGS * crop.height)
    left, top = max(crop.x - reach, 0), max(crop.y - reach, 0)
    right, bottom = min(crop.right + reach, frame.width), min(crop.bottom + reach, frame.height)
    window = Box(left, top, right - left, bottom - top)
    return Rendered(lettering, window, whole[top:bottom, left:right])


def as_rendered(lettering: Lettering, alpha: Picture) -> Lettering:
    """Return the lettering that the layer's alpha (H, W) shows: after a second try, unswollen."""
    wanted = intended_masks(
        lettering.layout, lettering.placement.mapping, alpha.shape, lettering.mesh.swell
    )
    missing = float((alpha[wanted > FACE] < SURE / 2).mean())
    return lettering.unswollen() if missing > MOST_MISSING else lettering


def _surface(request: StageRequest, rendered: Rendered, easel: Easel, report: Report) -> Picture:
    """Return the window (H, W, 3) as the model paints it. Raises OutOfMemory."""
    spec, window = request.spec, rendered.window
    with easel.watch.lap("maps"):
        maps = letter_maps(rendered.lettering, window, spec.seed)
    report(Progress(sub_step=SubStep.TEXT_RENDER, fraction=MAPPED))
    picture = _shown(rendered, rendered.layer[..., :3])

    def overlay(small: Picture) -> Picture:
        size = (window.width, window.height)
        return _shown(rendered, cv2.resize(small, size, interpolation=cv2.INTER_LINEAR))

    def run(pipeline: Any, effort: Effort) -> Picture:
        job = Restyling(
            entry=easel.entry,
            pipeline=pipeline,
            prompt=letters_prompt(request),
            negative=spec.text_negative_prompt,
            guidance=spec.guidance_scale,
            seed=spec.seed,
            canvas=canvas_for(
                window.width,
                window.height,
                grid_of(easel.entry),
                share=effort.scale,
            ),
            watch=easel.watch,
        )
        return restyle(job, picture, maps, report, span=(MAPPED, PAINTED), overlay=overlay)

    painted = easel.work(run)
    preview = encode_preview(_shown(rendered, painted))
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=PAINTED, preview=preview))
    return painted


def letters_prompt(request: StageRequest) -> str:
    """Return the English prompt of the letters' surface. Raises UnknownChoice."""
    style = text_style(request.spec.text_style)
    wanted = request.spec.text_prompt.strip().rstrip(". ")
    wanted = wanted or f"{style.label_en} letters"
    return f"{wanted}, 3D lettering, professional product photograph, sharp detail"


def _shown(rendered: Rendered, colour: Picture) -> Picture:
    """Return colours (H, W, 3) of the window, through the letters' alpha, over what is behind."""
    window = rendered.window
    behind = rendered.lettering.backdrop[window.y : window.bottom, window.x : window.right]
    share = rendered.layer[..., 3:].astype(np.float32) / np.float32(255)
    return np.asarray((behind + (colour - behind.astype(np.float32)) * share).round(), np.uint8)


def _carried_out(picture: Picture, alpha: Picture) -> Picture:
    """Return the colours with those of the letters' inside carried over their edge.

    At the edge the model painted letter and backdrop in one; straight alpha must not show that.
    """
    sure = (alpha >= SURE).astype(np.uint8)
    inner = cv2.erode(sure, np.ones((3, 3), np.uint8))
    known = inner.astype(np.float32)[..., None]
    colour = picture.astype(np.float32)
    result, missing = colour * known, known[..., 0] == 0
    for sigma in BLEEDS:
        weight = cv2.GaussianBlur(known, (0, 0), sigma)[..., None]
        carried = cv2.GaussianBlur(colour * known, (0, 0), sigma)
        fresh = missing & (weight[..., 0] > 1e-3)
        result[fresh] = carried[fresh] / weight[fresh]
        missing &= ~fresh
    result[missing] = colour[missing]
    return np.asarray(np.clip(result, 0, 255).round(), np.uint8)


def _store(plain: StageOutput, window: Box, painted: Picture) -> None:
    """Put the painted window into the stage's layer."""
    with Image.open(plain.image) as stored:
        layer = np.array(stored.convert("RGBA"))
    layer[window.y : window.bottom, window.x : window.right] = painted
    write_png(layer, plain.image)
