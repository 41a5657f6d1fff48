"""Stage 1: the product cut out and grounded in a path-traced set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .beside import Beside
from .catalog import FrameFormat
from .compositing import composite
from .frames import frame_for
from .grounding import contact_shade, mean_colour
from .layout import Layout
from .placing import Placed, layout_for, place_product, product_checks
from .png import write_png
from .previews import MAX_SIDE, encode_preview
from .stopwatch import Stopwatch
from .studio.palette import palette_for
from .studio.photograph import Plate
from .studio.proxy import footing_of
from .studio.reflection import mirrored
from .studio.render import Image, Pacer, develop
from .studio.rig import Rig
from .studio.shading import product_shade, shade_through
from .studio.stage import rig_for, studio_set
from .studio.whole import Wishes, window_rig
from .studio.windows import plate_of
from .together import is_together, own_pictures
from .types import AdSpec, Progress, Report, StageOutput, StageRequest, SubStep

# Where each sub-step begins on the stage's own progress, 0..1.
CUTOUT_DONE: Final = 0.10
SET_DONE: Final = 0.72
SHADE_DONE: Final = 0.92
# Previews at most this often, in seconds: each costs about 30 ms.
PREVIEW_INTERVAL: Final = 0.3
# The shorter side of the formats the edge widths are given for.
REFERENCE_SIDE: Final = 1080


def run_background(request: StageRequest, report: Report) -> StageOutput:
    """Cut out, photograph the set, ground the product in it; write the stage's files.

    `scene.png` is the result; extras: `plate` (the set without product), `rig` (JSON) and, with a
    photo, `product` (RGBA at frame size). Raises NoProductFound, PhotoUnreadable, UnknownChoice,
    and StageCancelled out of `report`.
    """
    watch, spec = Stopwatch(), request.spec
    fmt = frame_for(spec)
    report(Progress(sub_step=SubStep.CUTOUT, fraction=0.0))
    with watch.lap(SubStep.CUTOUT):
        placed, layout = place_product(spec, fmt, request.cache_dir)
        cut_out = _cutout_preview(placed)
    report(Progress(sub_step=SubStep.CUTOUT, fraction=CUTOUT_DONE, preview=cut_out))
    with watch.lap(SubStep.BACKGROUND):
        rig = _rig(spec, fmt, layout, placed)
        plate, rig = plate_of(rig, request.cache_dir, _watch_set(placed, report))
    files = {name: request.out_dir / f"{name}.png" for name in ("scene", "plate", "product")}
    with watch.lap(SubStep.COMPOSITE), Beside() as beside:
        scene = developed = develop(plate.picture, 1.0)
        beside.begin(write_png, developed, files["plate"])
        if placed is None:
            del files["product"]
        else:
            beside.begin(write_png, placed.layer, files["product"])
            scene = _ground(rig, plate, placed, report, request.cache_dir)
        beside.begin(write_png, scene, files["scene"])
        report(Progress(sub_step=SubStep.COMPOSITE, fraction=0.95, preview=encode_preview(scene)))
        files["rig"] = request.out_dir / "rig.json"
        files["rig"].write_text(json.dumps(rig.to_json()), encoding="utf-8")
    checks = {} if placed is None else product_checks(scene, placed)
    return StageOutput(image=files["scene"], extras=files, checks=checks, seconds=watch.seconds)


def _rig(spec: AdSpec, fmt: FrameFormat, layout: Layout, placed: Placed | None) -> Rig:
    palette = palette_for(spec.palette, None if placed is None else placed.subject.rgba)
    pose = "stands" if placed is None else placed.subject.pose
    if is_together(spec):
        aspect = None if placed is None else placed.subject.aspect
        layouts = {other.key: layout_for(spec, other, aspect) for other in own_pictures()}
        wishes = Wishes(spec.background_style, palette, spec.seed, pose)
        return window_rig(wishes, fmt.key, layouts)
    return rig_for(
        spec.background_style, fmt, layout, palette, spec.seed, pose=pose, draft=spec.draft
    )


def _watch_set(placed: Placed | None, report: Report) -> Any:
    """Return the callback that reports the set's steps, with the product already in the picture."""
    pacer = Pacer(PREVIEW_INTERVAL)

    def on_step(done: int, total: int, picture: Image | None) -> None:
        shown = picture is not None and (pacer.due() or done == total)
        preview = _draft(picture, placed) if picture is not None and shown else None
        fraction = CUTOUT_DONE + (SET_DONE - CUTOUT_DONE) * done / total
        report(
            Progress(
                sub_step=SubStep.BACKGROUND,
                fraction=fraction,
                index=done,
                total=total,
                preview=preview,
            )
        )

    return on_step


def _draft(picture: Image, placed: Placed | None) -> bytes:
    """Return a preview of the unfinished set with the product laid over it."""
    height, width = picture.shape[:2]
    shrink = min(1.0, MAX_SIDE / max(height, width))
    size = (max(round(width * shrink), 1), max(round(height * shrink), 1))
    small = develop(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), 1.0)
    if placed is None:
        return encode_preview(small)
    layer = cv2.resize(placed.layer, size, interpolation=cv2.INTER_AREA)
    return encode_preview(composite(small, layer, scale=0.3))


def _cutout_preview(placed: Placed | None) -> bytes | None:
    return None if placed is None else encode_preview(placed.subject.rgba)


def _ground(
    rig: Rig, plate: Plate, placed: Placed, report: Report, cache_dir: Path
) -> NDArray[np.uint8]:
    """Shade the plate with the product's shadow, develop it, and put the product in."""

    def on_pass(done: int, total: int) -> None:
        fraction = SET_DONE + (SHADE_DONE - SET_DONE) * done / total
        report(Progress(sub_step=SubStep.COMPOSITE, fraction=fraction, index=done, total=total))

    alpha = placed.layer[..., 3].astype(np.float32) / np.float32(255)
    colour = mean_colour(placed.subject.rgba)
    shade_of = product_shade if rig.whole is None else shade_through(placed.subject.rgba)
    shade = shade_of(rig, alpha, colour, on_pass, cache_dir=cache_dir, thin=placed.subject.is_card)
    near = plate.near[..., None]
    footing = footing_of(alpha, rig.pose)
    contact = contact_shade(alpha, placed.box, footing)
    lit = plate.picture * (1 + (shade * contact[..., None] - 1) * near)
    scene, gloss = develop(lit, 1.0), studio_set(rig.style).gloss
    if gloss is not None:
        scene = mirrored(scene, placed.layer, rig, gloss(rig), footing, contact=contact)
    scale = min(rig.camera.width, rig.camera.height) / REFERENCE_SIDE
    return composite(scene, placed.layer, scale=scale)
