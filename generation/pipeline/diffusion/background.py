"""Stage 1 by models: the product cut out, a scene painted for it or round it, its pixels kept.

The scene comes from FLUX, the product from its photo: grounded with shadows, the whole repainted a
little so that it holds together, and the product's own pixels put back last.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.cast_shadow import balanced, cast_shade, light_side, shaded
from generation.pipeline.catalog import FrameFormat
from generation.pipeline.compositing import composite
from generation.pipeline.frames import frame_for
from generation.pipeline.grounding import contact_shade
from generation.pipeline.layout import Layout
from generation.pipeline.placing import Placed, place_product, product_checks
from generation.pipeline.png import write_png
from generation.pipeline.previews import encode_preview
from generation.pipeline.stopwatch import Stopwatch
from generation.pipeline.studio.palette import palette_for
from generation.pipeline.studio.proxy import footing_of
from generation.pipeline.studio.stage import rig_for
from generation.pipeline.types import (
    AdSpec,
    Progress,
    Report,
    StageOutput,
    StageRequest,
    SubStep,
)

from .ahead import beside, build_letters
from .catalog import DEFAULT_BACKGROUND
from .easel import Easel, brush_for, easel_for, needed_models
from .flux import Telling, paint_takes, repaint
from .out_of_memory import Effort
from .reserved import TAKEN, share_taken
from .scene_words import scene_prompt
from .steps import with_layer
from .variants import at_once, keep, painted_ahead

Picture = NDArray[np.uint8]

# Where each sub-step ends on the stage's own progress, 0..1.
CUTOUT_DONE: Final = 0.10
SCENE_DONE: Final = 0.60
# A scene that has something in the product's place is painted once more, from another seed.
SCENE_AGAIN: Final = 0.64
SECOND_SEED: Final = 0xF4EE
GROUNDED: Final = 0.66
RETOUCHED: Final = 0.95
# The shorter side of the formats that the edge widths of the grounding are given for.
REFERENCE_SIDE: Final = 1080
# Repainting stays this far (of the frame's shorter side) off the product's outline, so that the
# outline itself is painted over and no fringe of the cut-out's own edge is left.
KEPT_INSET: Final = 0.006
# The rig that stands in for a painted scene: light and camera for letters, nothing of it is seen.
STAND_IN_SET: Final = "minimal"
# Grey of what is not painted yet when a scene is painted round a product.
UNPAINTED: Final = 128


@dataclass(frozen=True)
class Studio:
    """What all steps of the stage share."""

    request: StageRequest
    report: Report
    easel: Easel
    layout: Layout
    placed: Placed | None

    @property
    def spec(self) -> AdSpec:
        """What the ad is to be."""
        return self.request.spec


@dataclass(frozen=True)
class Plate:
    """A painted scene, and how free the product's place in it is (for the ad's checks)."""

    picture: Picture
    place: dict[str, Any] = field(default_factory=dict)


def run_painted_background(request: StageRequest, report: Report) -> StageOutput:
    """Cut out, paint, ground, repaint, put the product back; write the stage's files.

    `scene.png` is the result; extras: `plate` (the scene as it was painted), `stand_in` (the rig
    that lights the letters, JSON) and, with a photo, `product` (RGBA at frame size). Checks: those
    of the studio, `models` and `painted`. Raises what the studio raises for photo and styles, what
    `Residency.use` raises for models, OutOfMemory, and StageCancelled out of `report`.
    """
    spec, watch = request.spec, Stopwatch()
    report(Progress(sub_step=SubStep.CUTOUT, fraction=0.0))
    easel = easel_for(spec.background_model or DEFAULT_BACKGROUND, watch)
    easel.residency.expect(needed_models(spec))

    def loading() -> None:
        report(Progress(sub_step=SubStep.BACKGROUND, fraction=CUTOUT_DONE))

    with easel.loading(loading), watch.lap(SubStep.CUTOUT):
        placed, layout = place_product(spec, frame_for(spec), request.cache_dir)
    preview = None if placed is None else encode_preview(placed.subject.rgba)
    report(Progress(sub_step=SubStep.CUTOUT, fraction=CUTOUT_DONE, preview=preview))
    studio = Studio(request, report, easel, layout, placed)
    with beside(lambda: build_letters(spec, layout, request.cache_dir)):
        plate = _plate(studio)
        scene = plate.picture
        if placed is not None:
            scene = _with_product(studio, plate.picture, placed)
    report(Progress(sub_step=SubStep.COMPOSITE, fraction=0.98, preview=encode_preview(scene)))
    paths = _write(studio, scene, plate.picture)
    told = _told(studio) | ({"place": plate.place} if plate.place else {})
    checks: dict[str, Any] = {} if placed is None else product_checks(scene, placed)
    checks |= {"models": [*easel.accounts(), *checks.get("models", ())], "painted": told}
    return StageOutput(image=paths["scene"], extras=paths, checks=checks, seconds=watch.seconds)


def _plate(studio: Studio) -> Plate:
    """Return the painted scene without the product's own pixels, at the frame's size.

    An empty one that has something in the product's place after all is painted once more.
    """
    if studio.placed is None:
        return Plate(_scene(studio, studio.spec.seed, (CUTOUT_DONE, RETOUCHED)))
    first = _scene(studio, studio.spec.seed, (CUTOUT_DONE, SCENE_DONE))
    if _around(studio):
        return Plate(first)
    box = studio.placed.box
    tries = [(share_taken(first, box), first)]
    if tries[0][0] > TAKEN:
        again = _scene(studio, studio.spec.seed ^ SECOND_SEED, (SCENE_DONE, SCENE_AGAIN))
        tries.append((share_taken(again, box), again))
    taken, best = min(tries, key=lambda one: one[0])
    return Plate(best, {"taken": round(taken, 3), "free": taken <= TAKEN, "tries": len(tries)})


def _scene(studio: Studio, seed: int, span: tuple[float, float]) -> Picture:
    """Return a scene as the deployment's way is, from one seed; of further takes too where it can.

    What was painted with an earlier take is only handed out.
    """
    spec = replace(studio.spec, seed=seed)
    if (known := painted_ahead(spec)) is not None:
        return known
    ahead = studio.request.ahead if seed == studio.spec.seed and not _around(studio) else ()
    if ahead:
        together = partial(_painted, studio, span=span)
        scenes = at_once(together, (seed, *ahead), studio.easel.residency)
        for take, scene in zip(ahead, scenes[1:], strict=False):
            keep(replace(spec, seed=take), scene)
        if scenes:
            return scenes[0]
    return _painted(studio, (seed,), span=span)[0]


def _painted(studio: Studio, seeds: Sequence[int], *, span: tuple[float, float]) -> list[Picture]:
    """Paint a scene of each seed in one pass. Raises OutOfMemory, for several at the first lack."""
    around, placed = _around(studio), studio.placed
    prompt = scene_prompt(studio.spec, studio.layout, around=around)
    telling = Telling(
        report=studio.report,
        sub_step=SubStep.BACKGROUND,
        span=span,
        overlay=lambda small: with_layer(small, layer_of(placed)),
    )
    free = placed.box if placed is not None and not around else None
    spec = replace(studio.spec, seed=seeds[0])

    def run(pipeline: Any, effort: Effort) -> list[Picture]:
        brush = brush_for(spec, studio.easel, pipeline, effort, prompt, free=free)
        if not around or placed is None:
            return paint_takes(brush, seeds, telling)
        blank = np.full((*placed.layer.shape[:2], 3), UNPAINTED, np.uint8)
        picture = composite(blank, placed.layer, scale=_scale(studio))
        return [repaint(brush, picture, _changing(placed), 1.0, telling)]

    return studio.easel.work(run) if len(seeds) == 1 else studio.easel.once(run)


def layer_of(placed: Placed | None) -> Picture | None:
    """Return the product's layer, None without one."""
    return None if placed is None else placed.layer


def _around(studio: Studio) -> bool:
    return studio.spec.background_way == "around" and studio.placed is not None


def _with_product(studio: Studio, plate: Picture, placed: Placed) -> Picture:
    """Return the plate with the grounded product in it, its own pixels untouched."""
    with studio.easel.watch.lap(SubStep.COMPOSITE):
        grounded = _grounded(studio, plate, placed)
    preview = encode_preview(grounded)
    studio.report(Progress(sub_step=SubStep.COMPOSITE, fraction=GROUNDED, preview=preview))
    if studio.spec.strength <= 0:
        return grounded
    retouched = _retouched(studio, grounded, placed)
    return composite(retouched, placed.layer, scale=_scale(studio))


def _grounded(studio: Studio, plate: Picture, placed: Placed) -> Picture:
    """Return the product on the plate: white balance, cast and contact shadow, light wrap."""
    seed = studio.spec.seed
    scene = balanced(plate, placed.layer, seed)
    alpha = placed.layer[..., 3].astype(np.float32) / np.float32(255)
    footing = footing_of(alpha, placed.subject.pose)
    shade = contact_shade(alpha, placed.box, footing)
    if not _around(studio):
        # A scene that was painted round the product may have a shadow of its own.
        shade = shade * cast_shade(alpha, placed.box, footing, light_side(scene))
    return composite(shaded(scene, shade, seed), placed.layer, scale=_scale(studio))


def _retouched(studio: Studio, grounded: Picture, placed: Placed) -> Picture:
    """Return the picture painted over at `strength` everywhere but inside the product."""
    prompt = scene_prompt(studio.spec, studio.layout, around=True)
    telling = Telling(
        report=studio.report,
        sub_step=SubStep.RETOUCH,
        span=(GROUNDED, RETOUCHED),
        overlay=lambda small: with_layer(small, layer_of(placed)),
    )

    def run(pipeline: Any, effort: Effort) -> Picture:
        brush = brush_for(studio.spec, studio.easel, pipeline, effort, prompt)
        return repaint(brush, grounded, _changing(placed), studio.spec.strength, telling)

    return studio.easel.work(run)


def _changing(placed: Placed) -> Picture:
    """Return 255 (H, W) where a model may paint: all but the product's inside."""
    solid = (placed.layer[..., 3] >= 128).astype(np.uint8)
    inset = max(round(KEPT_INSET * min(solid.shape)), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * inset + 1, 2 * inset + 1))
    kept = cv2.erode(solid, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray((1 - kept) * np.uint8(255), np.uint8)


def _scale(studio: Studio) -> float:
    return min(studio.layout.frame.width, studio.layout.frame.height) / REFERENCE_SIDE


def _told(studio: Studio) -> dict[str, Any]:
    """Return how the scene was painted, for the ad's checks."""
    spec, entry = studio.spec, studio.easel.entry
    told: dict[str, Any] = {
        "way": "around" if _around(studio) else "empty",
        "steps": entry.steps,
        "strength": spec.strength if studio.placed is not None else 0.0,
        "seed": spec.seed,
    }
    if spec.background_negative_prompt and entry.true_cfg:
        told["true_cfg"] = entry.true_cfg
    unheeded = {
        "background_negative_prompt": spec.background_negative_prompt
        and not entry.negative_prompts,
        "guidance_scale": spec.guidance_scale is not None and entry.guidance <= 1,
    }
    if any(unheeded.values()):
        told["not_heeded"] = [name for name, was_asked in unheeded.items() if was_asked]
    return told


def _write(studio: Studio, scene: Picture, plate: Picture) -> dict[str, Path]:
    """Write the stage's files and return their paths by name."""
    folder = studio.request.out_dir
    pictures = {"scene": scene, "plate": plate}
    if studio.placed is not None:
        pictures["product"] = studio.placed.layer
    paths = {name: folder / f"{name}.png" for name in pictures}
    for name, picture in pictures.items():
        write_png(picture, paths[name])
    paths["stand_in"] = folder / "stand_in.json"
    rig = _stand_in(studio, frame_for(studio.spec))
    paths["stand_in"].write_text(json.dumps(rig), encoding="utf-8")
    return paths


def _stand_in(studio: Studio, frame: FrameFormat) -> dict[str, Any]:
    """Return the rig that letters are lit by, as JSON: this frame's layout in a neutral studio."""
    spec, placed = studio.spec, studio.placed
    palette = palette_for(spec.palette, None if placed is None else placed.subject.rgba)
    pose = "stands" if placed is None else placed.subject.pose
    return rig_for(
        STAND_IN_SET, frame, studio.layout, palette, spec.seed, pose=pose, draft=spec.draft
    ).to_json()
