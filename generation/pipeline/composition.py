"""Stage 3: the lettering on the scene, its light on the set, the product's pixels, the proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .ad_layers import Layers, Window, load_layers
from .behind import Slide, slid, slide_behind
from .beside import Beside
from .board import board_behind
from .frames import frame_for
from .keyline import edged, too_plain
from .layout import Box
from .legibility import ENOUGH, REACH, Backing, back_up, toned, unbacked, worst_contrast
from .linear_light import luminance, to_linear, to_srgb
from .png import write_png
from .previews import encode_preview
from .product_proof import check_product, product_core
from .stopwatch import Stopwatch
from .subline import Subline, Surroundings, plan_subline
from .subline_ink import Inked, ink_in
from .types import CompositionMode, Progress, Report, StageOutput, StageRequest, SubStep

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# "blend": how far the letters take on the hue of the scene's light, how much of the scene their
# dark tones let through, and their opacity. More than this and dark letters fade from bright sets.
BLEND_HUE: Final = 0.28
BLEND_SCENE: Final = 0.05
BLEND_OPACITY: Final = 0.94
# A change of the light by less than this is less than a step of 8 bits.
LEAST_LIGHT: Final = 0.004
# Every so many pixels it is looked for.
COARSE: Final = 4
# Height of a letter as a part of the frame's shorter side, where nothing says it.
LETTER: Final = 0.12
# Height of a headline's letters as a share of its ink, where nothing says where they stand.
LETTER_OF_INK: Final = 0.45


@dataclass(frozen=True)
class Composed:
    """The finished picture (H, W, 3) sRGB, and how it came about.

    `layers` as they stand in it, `alpha` (H, W) the headline's opacity, the rest for the proof.
    """

    picture: Bytes
    layers: Layers
    alpha: Floats | None = None
    slide: Slide | None = None
    backing: Backing | None = None
    subline: Inked | None = None


def run_composition(request: StageRequest, report: Report) -> StageOutput:
    """Compose the finished ad from the outputs of stages 1 and 2.

    Without a stage 2 output the scene itself is finished and checked. Raises InputMissing without
    stage 1, PhotoUnreadable for an image that cannot be read.
    """
    watch = Stopwatch()
    report(Progress(sub_step=SubStep.COMPOSE, fraction=0.02))
    spec = request.spec
    with watch.lap(SubStep.COMPOSE):
        layers = load_layers(request.earlier, frame_for(spec))
        report(Progress(sub_step=SubStep.COMPOSE, fraction=0.2))
        composed = compose(layers, spec.composition_mode, spec.seed, spec.subtext)
    image = request.out_dir / "ad.png"
    with Beside() as beside:
        written = beside.begin(write_png, composed.picture, image)
        preview = encode_preview(composed.picture)
        report(Progress(sub_step=SubStep.COMPOSE, fraction=0.6, preview=preview))
        with watch.lap(SubStep.CHECK):
            checks = prove(composed, spec.subtext)
        report(Progress(sub_step=SubStep.CHECK, fraction=0.75))
        with watch.lap(SubStep.EXPORT):
            written.result()
    report(Progress(sub_step=SubStep.EXPORT, fraction=1.0, preview=preview))
    return StageOutput(image=image, checks=checks, seconds=watch.seconds)


def compose(layers: Layers, mode: CompositionMode, seed: int = 0, subtext: str = "") -> Composed:
    """Return the finished picture with what the words needed.

    All light is added in linear light: edges mixed in sRGB go dark round bright letters. Only the
    window that words, their light and their backing reach is worked on.
    """
    picture = _with_product(layers.scene.copy(), layers)
    layers, slide = arranged(layers, mode)
    alpha = None if layers.text is None else text_alpha(layers, mode, slide)
    if alpha is None or not alpha.any():
        return Composed(picture, layers, alpha, slide)
    line = _subline(subtext, layers, alpha) if subtext else None
    window, side = _window(layers, alpha, line), min(alpha.shape)
    part = layers.within(window)
    mixed, alpha[window], backing = _lit(part, alpha[window], mode, side)
    inked = None
    if line is not None:
        free = _set_share(part) * (1 - alpha[window][..., None])
        corner = (window[1].start, window[0].start)
        mixed, inked = ink_in(mixed, line, free, corner, side)
    picture[window] = to_srgb(mixed, seed=seed)
    return Composed(picture, layers, alpha, slide, backing, inked)


def _subline(subtext: str, layers: Layers, alpha: Floats) -> Subline | None:
    """Return the second line's place under the headline, or None where there is no room."""
    height, width = alpha.shape
    rows, columns = _bounds(alpha > LEAST_LIGHT, 0)
    ink = Box(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
    letters = [bottom - top for _left, top, _right, bottom in layers.cells]
    letter = float(np.median(letters)) if letters else LETTER_OF_INK * ink.height
    product = None if layers.product is None else layers.product[..., 3] > 0
    return plan_subline(subtext, Surroundings(ink, letter, product, width, height))


def arranged(layers: Layers, mode: CompositionMode) -> tuple[Layers, Slide | None]:
    """Return the layers with the words slid behind the product where that is asked."""
    if mode != "behind" or layers.product is None or layers.text is None:
        return layers, None
    slide = slide_behind(_opacity(layers.text), _opacity(layers.product), layers.cells)
    moved = tuple(
        (x0 + slide.right, y0 + slide.down, x1 + slide.right, y1 + slide.down)
        for x0, y0, x1, y1 in layers.cells
    )
    light = None if layers.light is None else slid(layers.light, slide, 1.0)
    glow, front = (
        None if layer is None else slid(layer, slide, 0.0) for layer in (layers.glow, layers.front)
    )
    text = slid(layers.text, slide, 0)
    return replace(layers, text=text, light=light, cells=moved, glow=glow, front=front), slide


def text_alpha(layers: Layers, mode: CompositionMode, slide: Slide | None = None) -> Floats:
    """Return the lettering's opacity (H, W) 0..1 in this mode; `behind` hides it by the product,
    but for words that would be hidden too far.
    """
    assert layers.text is not None  # noqa: S101 - for the type checker; callers have words
    alpha = _opacity(layers.text)
    if mode == "blend":
        alpha *= BLEND_OPACITY
    if mode == "behind" and layers.product is not None and not (slide and slide.in_front):
        alpha *= 1 - _opacity(layers.product)
    return np.asarray(alpha, np.float32)


def _window(layers: Layers, alpha: Floats, line: Subline | None) -> Window:
    """Return the rows and columns that change: the words, their backing's reach, their light."""
    changed = alpha > 0
    if line is not None:
        changed[line.box.y : line.box.bottom, line.box.x : line.box.right] = True
    window = _bounds(changed, round(2 * REACH.wide * min(alpha.shape)))
    if layers.light is None and layers.glow is None:
        return window
    changed[window] = True
    # Light is soft: what changes is seen in every fourth row and column.
    changed = changed[::COARSE, ::COARSE]
    if layers.light is not None:
        changed |= (np.abs(layers.light[::COARSE, ::COARSE] - 1) > LEAST_LIGHT).any(2)
    if layers.glow is not None:
        changed |= (layers.glow[::COARSE, ::COARSE] > LEAST_LIGHT).any(2)
    rows, columns = _bounds(changed, 1)
    height, width = alpha.shape
    return (
        slice(COARSE * rows.start, min(COARSE * rows.stop, height)),
        slice(COARSE * columns.start, min(COARSE * columns.stop, width)),
    )


def _bounds(mask: NDArray[np.bool_], reach: int) -> Window:
    """Return the rows and columns that hold all of the mask, and `reach` more on each side."""
    places = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    rows, columns = (
        slice(max(int(where[0]) - reach, 0), min(int(where[-1]) + 1 + reach, size))
        for where, size in zip(places, mask.shape, strict=True)
    )
    return rows, columns


def _lit(
    part: Layers, alpha: Floats, mode: CompositionMode, side: int
) -> tuple[Floats, Floats, Backing]:
    """Return the window (H, W, 3) in linear light: the scene in the lettering's light, softly
    backed where words need it, the product's own pixels, and the words; and the words' opacity,
    which grows where they need sides to be seen by.
    """
    assert part.text is not None  # noqa: S101 - for the type checker
    text, scene, set_share = to_linear(part.text[..., :3]), to_linear(part.scene), _set_share(part)
    if mode == "blend":
        text = _blended(text, scene, side)
    if part.light is not None:
        scene = scene * (1 + (part.light - 1) * set_share)
    if part.glow is not None:
        scene = scene + part.glow * set_share
    words = alpha if part.front is None else np.minimum(part.front, alpha)
    backing, parted = _backed(_ground(scene, text, alpha, part), text, words, part, side), 0.0
    if part.front is None and too_plain(backing, luminance(scene), alpha):
        letter = float(np.median([y1 - y0 for _, y0, _, y1 in part.cells] or [LETTER * side]))
        free = set_share[..., 0]
        sided = edged(text, alpha, scene, letter=letter, free=free, side=side)
        text, alpha, parted = sided.text, sided.alpha, sided.parted
        words, before = alpha, backing.before
        backing = replace(unbacked(alpha, before), tone=sided.tone)
        if parted < ENOUGH:
            backing = back_up(luminance(scene), luminance(text), words, side)
        backing = replace(backing, before=before, edged=True)
    if backing.strength != 0:
        text = toned(text, backing.tone)
        scene = scene * (1 + (backing.gain[..., None] - 1) * set_share)
        scene += backing.lift[..., None] * set_share
    if part.product is not None:
        core = product_core(part.product)
        scene[core] = to_linear(part.product[core][:, :3])
    after = worst_contrast(_ground(scene, text, alpha, part), luminance(text), words, side)
    mixed = scene + (text - scene) * alpha[..., None]
    return mixed, alpha, replace(backing, after=max(after, parted))


def _backed(ground: Floats, text: Floats, words: Floats, part: Layers, side: int) -> Backing:
    """Return the set's change; none round a board, on which letters are read whatever is beyond."""
    if part.front is None:
        return back_up(ground, luminance(text), words, side)
    return unbacked(ground, worst_contrast(ground, luminance(text), words, side))


def _ground(scene: Floats, text: Floats, alpha: Floats, part: Layers) -> Floats:
    """Return the luminance (H, W) that the words are read against: the set's, or their board's."""
    if part.front is None:
        return luminance(scene)
    return board_behind(luminance(text), alpha, part.front)


def _opacity(layer: Bytes) -> Floats:
    return layer[..., 3].astype(np.float32) / np.float32(255)


def _set_share(layers: Layers) -> Floats:
    """Return (H, W, 1): 1 where the set is seen, 0 on the product, which keeps its own light."""
    if layers.product is None:
        return np.ones((*layers.scene.shape[:2], 1), np.float32)
    return 1 - _opacity(layers.product)[..., None]


def _with_product(scene: Bytes, layers: Layers) -> Bytes:
    """Put the product's own pixels back; its 3 px edge keeps the light wrap of stage 1."""
    if layers.product is not None:
        core = product_core(layers.product)
        scene[core] = layers.product[core][:, :3]
    return scene


def _blended(text: Floats, scene: Floats, side: int) -> Floats:
    """Tint the letters by the light around them, and let the scene into their dark tones."""
    around = cv2.GaussianBlur(scene, (0, 0), 0.02 * side)
    hue = (around + 0.02) / (luminance(around)[..., None] + 0.02)
    tinted = text * (1 + BLEND_HUE * (hue - 1))
    dark = np.clip(1 - luminance(text) / 0.35, 0, 1)[..., None]
    return np.asarray(tinted + dark * np.clip(scene - tinted, 0, BLEND_SCENE), np.float32)


def prove(composed: Composed, subtext: str = "") -> dict[str, Any]:
    """Return the stage's checks: `product` where there is one, `contrast` where there are words,
    `behind` where they were slid, `subtext` where there was a second line to write.
    """
    checks: dict[str, Any] = {}
    if composed.layers.product is not None:
        covered = None if composed.alpha is None else composed.alpha > 0
        product = check_product(composed.picture, composed.layers.product, covered)
        checks["product"] = product.to_json()
    if composed.backing is not None:
        backing = composed.backing
        checks["contrast"] = {
            "before": round(backing.before, 2),
            "after": round(backing.after, 2),
            "backing": round(backing.strength, 2),
            "tone": backing.tone,
            "edged": backing.edged,
        }
    if composed.slide is not None:
        checks["behind"] = composed.slide.to_json()
    if composed.subline is not None:
        height = composed.picture.shape[0]
        checks["subtext"] = composed.subline.check(composed.picture, height)
    elif subtext and composed.alpha is not None:
        checks["subtext"] = {"shown": False, "text": subtext, "ok": False}
    return checks
