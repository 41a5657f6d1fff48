"""Stages of formats that are windows of another's picture: cut out of what that one left.

The other's stage is run when it was not before, so that a window is the same picture whichever
format is made first.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .array_store import UNREADABLE
from .beside import Beside
from .catalog import frame_format
from .compositing import core_difference, core_mask
from .fingerprint import stage_key
from .glow import SCALE, load_glow, save_glow
from .grounding import resize_straight
from .layout import Box
from .png import write_deep_png, write_png
from .previews import encode_preview
from .stopwatch import Stopwatch
from .studio.variant import chosen_variant
from .together import parent_of, window_in_parent
from .types import STAGES, AdSpec, Progress, Report, Stage, StageOutput, StageRequest, SubStep
from .window_proof import prove_window

Picture = NDArray[np.uint8]
Run = Callable[[StageRequest, Report], StageOutput]

# Ads whose stages are kept for their windows, some 20 MB each: eight formats take two.
KEPT: Final = 12
# A window's own work begins here on its stage's bar; before, the whole picture is made.
CUT_FROM: Final = 0.9


def run_with_windows(request: StageRequest, report: Report, run: Run) -> StageOutput:
    """Run stage 1 or 2 of a format that others are windows of; what one of them left is taken."""
    kept = _kept(request)
    if kept is None:
        output = run(request, report)
        _keep(request, output)
        return output
    files = {path: request.out_dir / path.name for path in (kept.image, *kept.extras.values())}
    for source, target in files.items():
        shutil.copyfile(source, target)
    preview = encode_preview(_read(kept.image, "RGB" if request.stage.number == 1 else "RGBA"))
    report(Progress(sub_step=SubStep.EXPORT, fraction=0.95, preview=preview))
    extras = {name: files[path] for name, path in kept.extras.items()}
    return replace(kept, image=files[kept.image], extras=extras)


def _keep(request: StageRequest, output: StageOutput) -> None:
    """Keep a stage's files for the formats that are windows of them, whole or not at all."""
    place = _place(request.spec, request.stage, request.cache_dir)
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=place.parent, prefix=".part-"))
    for path in (output.image, *output.extras.values()):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    account = {
        "image": output.image.name,
        "extras": {name: path.name for name, path in output.extras.items()},
        "checks": dict(output.checks),
    }
    (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
    try:
        folder.rename(place)
    except OSError:  # another process was quicker
        shutil.rmtree(folder, ignore_errors=True)
    forget_old(place.parent.parent)


def run_windowed(request: StageRequest, report: Report, run: Run) -> StageOutput:
    """Run stage 1 or 2 of a format that is a window: `run` makes what it is cut out of."""
    parent = parent_of(request.spec)
    assert parent is not None  # noqa: S101 - only windows come here
    outputs: dict[Stage, StageOutput] = {}
    for stage in STAGES[: request.stage.number]:
        whole = replace(request, stage=stage, spec=parent, earlier=dict(outputs))
        outputs[stage] = _kept(whole) or _made(whole, _scaled(report), run)
    made = outputs[request.stage]
    whole_size, size = (
        (fmt.width, fmt.height) for fmt in map(frame_format, (parent.format, request.spec.format))
    )
    cut = _Cut(window_in_parent(request.spec.format), whole_size, size, request.out_dir)
    watch = Stopwatch()
    if request.stage is Stage.BACKGROUND:
        with watch.lap(SubStep.COMPOSITE):
            output = _scene(made, cut, report)
    else:
        with watch.lap(SubStep.TEXT_RENDER):
            files = {"rig": outputs[Stage.BACKGROUND].extras["rig"]} | dict(made.extras)
            words = prove_window(parent, files, cut.whole, cut.of, cut.box)
            output = _lettering(made, cut, report, words.to_json())
    return replace(output, seconds=watch.seconds)


def _scaled(report: Report) -> Report:
    """Return a report of the whole picture's progress as a part of the window's."""
    return lambda step: report(replace(step, fraction=CUT_FROM * step.fraction))


def _made(request: StageRequest, report: Report, run: Run) -> StageOutput:
    """Make the whole picture's stage aside and keep it."""
    place = _place(request.spec, request.stage, request.cache_dir).parent
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=place, prefix=".part-"))
    try:
        _keep(request, run(replace(request, out_dir=folder), report))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    kept = _kept(request)
    assert kept is not None  # noqa: S101 - it was kept a moment ago
    return kept


def _kept(request: StageRequest) -> StageOutput | None:
    """Return a kept stage, None for one that is not there, or not all of it."""
    place = _place(request.spec, request.stage, request.cache_dir)
    try:
        account = json.loads((place / "account.json").read_text(encoding="utf-8"))
        place.parent.touch()
    except UNREADABLE:
        account = {"image": "", "extras": {}}
    files = {name: place / file for name, file in account["extras"].items()}
    image = place / account["image"]
    if not all(path.is_file() for path in (image, *files.values())):
        shutil.rmtree(place, ignore_errors=True)
        return None
    return StageOutput(image=image, extras=files, checks=account["checks"])


def _place(spec: AdSpec, stage: Stage, cache_dir: Path) -> Path:
    """Return the folder of a stage by all that its files depend on."""
    photo = sha256(spec.photo.read_bytes()).hexdigest() if spec.photo else None
    scene, key = (stage_key(one, spec, photo) for one in (Stage.BACKGROUND, stage))
    variant = chosen_variant().name
    return cache_dir / "together" / f"{scene[:32]}-{variant}" / key[:32]


def forget_old(folder: Path) -> None:
    """Delete the folders of all but the KEPT ads that were used last."""
    ads = sorted(folder.iterdir(), key=_last_used)
    for ad in ads[:-KEPT]:
        shutil.rmtree(ad, ignore_errors=True)


def _last_used(ad: Path) -> float:
    try:
        return ad.stat().st_mtime
    except FileNotFoundError:  # another process has just forgotten it
        return 0.0


@dataclass(frozen=True)
class _Cut:
    """Which part of a picture of the size `whole` is shown, how large, and where it is stored."""

    box: Box
    whole: tuple[int, int]
    size: tuple[int, int]
    folder: Path

    @property
    def scale(self) -> float:
        """Pixels of the window for one of the whole."""
        return self.size[0] / self.box.width

    def of(self, picture: NDArray[Any]) -> NDArray[Any]:
        """Return the window of a picture of the whole: opaque, any depth."""
        part = picture[self.box.y : self.box.bottom, self.box.x : self.box.right]
        if part.shape[1::-1] == self.size:
            return part.copy()
        return np.asarray(cv2.resize(part, self.size, interpolation=cv2.INTER_AREA))

    def layer(self, path: Path) -> Picture:
        """Return the window of a stored layer with straight alpha."""
        whole = _read(path, "RGBA")
        part = whole[self.box.y : self.box.bottom, self.box.x : self.box.right]
        same = part.shape[1::-1] == self.size
        return np.ascontiguousarray(part) if same else resize_straight(part, self.size)


def _read(path: Path, mode: str) -> Picture:
    with Image.open(path) as stored:
        return np.asarray(stored.convert(mode))


def _scene(made: StageOutput, cut: _Cut, report: Report) -> StageOutput:
    """Return stage 1 of the window: its scene with the product's own pixels, plate, layer, rig."""
    files = {name: cut.folder / f"{name}.png" for name in ("scene", "plate")}
    checks = dict(made.checks)
    with Beside() as beside:
        plate = beside.begin(_read, made.extras["plate"], "RGB")
        scene = cut.of(_read(made.image, "RGB"))
        if "product" in made.extras:
            layer = cut.layer(made.extras["product"])
            core = core_mask(layer)
            scene[core] = layer[core][:, :3]
            files["product"] = cut.folder / "product.png"
            beside.begin(write_png, layer, files["product"])
            checks["product"] = _product_shares(scene, layer)
        beside.begin(write_png, scene, files["scene"])
        beside.begin(write_png, cut.of(plate.result()), files["plate"])
        report(Progress(sub_step=SubStep.COMPOSITE, fraction=0.95, preview=encode_preview(scene)))
    return StageOutput(image=files["scene"], extras=files, checks=checks)


def _product_shares(scene: Picture, layer: Picture) -> dict[str, Any]:
    solid = layer[..., 3] > 0
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return {
        "largest_difference": core_difference(scene, layer),
        "height_share": round(float(rows[-1] + 1 - rows[0]) / scene.shape[0], 3),
        "width_share": round(float(columns[-1] + 1 - columns[0]) / scene.shape[1], 3),
    }


def _lettering(made: StageOutput, cut: _Cut, report: Report, words: dict[str, Any]) -> StageOutput:
    """Return stage 2 of the window: the letters, their light and glow, their boxes, their proof."""
    image, files = cut.folder / "text.png", {"cells": cut.folder / "cells.json"}
    whole = made.extras
    with Beside() as beside:
        if "light" in whole:
            files["light"] = cut.folder / "light.png"
            beside.begin(_cut_light, whole["light"], cut, files["light"])
        letters = cut.layer(made.image)
        report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=0.95))
        beside.begin(write_png, letters, image)
        if "glow" in whole:
            files["glow"] = cut.folder / "glow.png"
            _cut_glow(whole["glow"], cut, files["glow"])
        if "front" in whole:
            files["front"] = cut.folder / "front.png"
            write_png(cut.of(_read(whole["front"], "L")), files["front"])
    cells = json.loads(whole["cells"].read_text(encoding="utf-8"))
    moved = json.dumps([_moved(cell, cut) for cell in cells], ensure_ascii=False)
    files["cells"].write_text(moved, encoding="utf-8")
    return StageOutput(image=image, extras=files, checks=_fitted(made.checks, words, cut))


def _cut_light(path: Path, cut: _Cut, target: Path) -> None:
    stored = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint16)
    write_deep_png(cut.of(stored)[..., ::-1], target)


def _cut_glow(path: Path, cut: _Cut, target: Path) -> None:
    box = cut.box
    glow = load_glow(path, *cut.whole)
    if glow is not None:
        size = [max(round(side * SCALE), 1) for side in cut.size]
        part = glow[box.y : box.bottom]
        save_glow(cv2.resize(part, size, interpolation=cv2.INTER_AREA), target)


def _moved(cell: dict[str, Any], cut: _Cut) -> dict[str, Any]:
    """Return a character's box in the window's pixels."""
    moved = dict(cell)
    for name, edge in (("x0", cut.box.x), ("x1", cut.box.x), ("y0", cut.box.y), ("y1", cut.box.y)):
        moved[name] = round((cell[name] - edge) * cut.scale, 1)
    return moved


def _fitted(checks: Any, words: dict[str, Any], cut: _Cut) -> dict[str, Any]:
    """Return the whole's checks with the window's words, their height as a share of its own."""
    tall = checks["fit"]["cap_height"] * cut.whole[1] / cut.box.height
    fit = {**checks["fit"], "cap_height": round(tall, 3)}
    return {**checks, "words": {**checks["words"], **words}, "fit": fit}
