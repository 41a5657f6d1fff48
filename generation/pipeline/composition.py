"""Stage 3: the lettering on the scene, its light on the set, the product's pixels, the proof."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from .catalog import FrameFormat, frame_format
from .errors import InputMissing, PhotoUnreadable
from .legibility import Backing, back_up, worst_contrast
from .linear_light import luminance, to_linear, to_srgb
from .previews import encode_preview
from .product_proof import check_product, product_core
from .types import CompositionMode, Progress, Report, Stage, StageOutput, StageRequest, SubStep

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# `light` stores a ratio of 1.0 at half of the file's range.
UNCHANGED_LIGHT: Final = 0.5
# Lettering may not put out the sun, nor set fire to the set: limits of the light ratio.
LIGHT_RANGE: Final = (0.05, 4.0)
# "blend": how far the letters take on the hue of the scene's light, how much of the scene their
# dark tones let through, and their opacity. More than this and dark letters fade from bright sets.
BLEND_HUE: Final = 0.45
BLEND_SCENE: Final = 0.05
BLEND_OPACITY: Final = 0.94
# Half the time of the default level at a twentieth more bytes.
PNG_LEVEL: Final = 4


@dataclass(frozen=True)
class Layers:
    """What the two stages before left, all at the frame's size.

    `scene` (H, W, 3) sRGB; `text` and `product` (H, W, 4) sRGB straight alpha, or None; `light`
    (H, W, 3) linear ratio, or None.
    """

    scene: Bytes
    text: Bytes | None
    light: Floats | None
    product: Bytes | None


@dataclass
class Stopwatch:
    """Seconds per sub-step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def lap(self, step: SubStep) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[step.value] = round(time.perf_counter() - start, 3)


def run_composition(request: StageRequest, report: Report) -> StageOutput:
    """Compose the finished ad from the outputs of stages 1 and 2.

    Without a stage 2 output the scene itself is finished and checked. Raises InputMissing without
    stage 1, PhotoUnreadable for an image that cannot be read.
    """
    watch = Stopwatch()
    report(Progress(sub_step=SubStep.COMPOSE, fraction=0.02))
    with watch.lap(SubStep.COMPOSE):
        layers = load_layers(request.earlier, frame_format(request.spec.format))
        report(Progress(sub_step=SubStep.COMPOSE, fraction=0.2))
        final, backing = compose(layers, request.spec.composition_mode, request.spec.seed)
    preview = encode_preview(final)
    report(Progress(sub_step=SubStep.COMPOSE, fraction=0.6, preview=preview))
    with watch.lap(SubStep.CHECK):
        checks = prove(final, layers, request.spec.composition_mode, backing)
    report(Progress(sub_step=SubStep.CHECK, fraction=0.75))
    with watch.lap(SubStep.EXPORT):
        image = request.out_dir / "ad.png"
        export_png(final, image)
    report(Progress(sub_step=SubStep.EXPORT, fraction=1.0, preview=preview))
    return StageOutput(image=image, checks=checks, seconds=watch.seconds)


def load_layers(earlier: Mapping[Stage, StageOutput], frame: FrameFormat) -> Layers:
    """Read the layers. A scene of another size is cover-cropped, and then has no product layer."""
    if Stage.BACKGROUND not in earlier:
        raise InputMissing("composition needs a scene", stage=Stage.BACKGROUND.value)
    background, lettering = earlier[Stage.BACKGROUND], earlier.get(Stage.TEXT)
    scene = _open(background.image, "RGB")
    fits = scene.size == (frame.width, frame.height)
    if not fits:
        scene = ImageOps.fit(scene, (frame.width, frame.height), Image.Resampling.LANCZOS)
    product = background.extras.get("product") if fits else None
    light = lettering.extras.get("light") if lettering else None
    return Layers(
        scene=np.asarray(scene),
        text=_text_layer(lettering.image, frame) if lettering else None,
        light=_light_ratio(light, frame) if light else None,
        product=_product_layer(product, frame) if product else None,
    )


def _open(path: Path, mode: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert(mode)
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoUnreadable(f"cannot read {path.name}: {error}") from error


def _text_layer(path: Path, frame: FrameFormat) -> Bytes:
    """An uploaded layer of another size is fitted whole into the frame: words are never cut."""
    layer = _open(path, "RGBA")
    if layer.size != (frame.width, frame.height):
        layer = ImageOps.pad(layer, (frame.width, frame.height), Image.Resampling.LANCZOS, color=0)
    return np.asarray(layer)


def _product_layer(path: Path, frame: FrameFormat) -> Bytes | None:
    layer = _open(path, "RGBA")
    return np.asarray(layer) if layer.size == (frame.width, frame.height) else None


def _light_ratio(path: Path, frame: FrameFormat) -> Floats | None:
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.shape != (frame.height, frame.width, 3):
        return None
    ratio = stored[..., ::-1].astype(np.float32) / (UNCHANGED_LIGHT * np.iinfo(stored.dtype).max)
    return np.asarray(np.clip(ratio, *LIGHT_RANGE), np.float32)


def compose(layers: Layers, mode: CompositionMode, seed: int = 0) -> tuple[Bytes, Backing | None]:
    """Return the finished picture (H, W, 3) sRGB, and the backing that the words needed.

    All light is added in linear light: edges mixed in sRGB go dark round bright letters.
    """
    if layers.text is None:
        return _with_product(layers.scene.copy(), layers), None
    text, alpha = to_linear(layers.text[..., :3]), text_alpha(layers, mode)
    if mode == "blend":
        text = _blended(text, to_linear(layers.scene))
    ground, backing = _lit_ground(layers, text, alpha, seed)
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    if not len(rows):
        return ground, backing
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    behind, opacity = to_linear(ground[window]), alpha[window][..., None]
    mixed = to_srgb(behind + (text[window] - behind) * opacity, seed=seed)
    ground[window] = np.where(opacity == 0, ground[window], mixed)
    return ground, backing


def _lit_ground(layers: Layers, text: Floats, alpha: Floats, seed: int) -> tuple[Bytes, Backing]:
    """Return the scene (H, W, 3) in the lettering's light, softly backed where words need it."""
    scene, set_share = to_linear(layers.scene), _set_share(layers)
    if layers.light is not None:
        scene = scene * (1 + (layers.light - 1) * set_share)
    backing = back_up(luminance(scene), luminance(text), alpha)
    if layers.light is None and backing.strength == 0:
        return _with_product(layers.scene.copy(), layers), backing
    gain = 1 + (backing.gain[..., None] - 1) * set_share
    scene = scene * gain + backing.lift[..., None] * set_share
    ground = _with_product(to_srgb(scene, seed=seed), layers)
    after = worst_contrast(luminance(to_linear(ground)), luminance(text), alpha)
    return ground, replace(backing, after=after)


def text_alpha(layers: Layers, mode: CompositionMode) -> Floats:
    """Return the lettering's opacity (H, W) 0..1 in this mode; `behind` hides it by the product."""
    assert layers.text is not None  # noqa: S101 - for the type checker; callers have words
    alpha = layers.text[..., 3].astype(np.float32) / 255
    if mode == "blend":
        alpha *= BLEND_OPACITY
    if mode == "behind" and layers.product is not None:
        alpha *= 1 - layers.product[..., 3].astype(np.float32) / 255
    return np.asarray(alpha, np.float32)


def _set_share(layers: Layers) -> Floats:
    """Return (H, W, 1): 1 where the set is seen, 0 on the product, which keeps its own light."""
    if layers.product is None:
        return np.ones((*layers.scene.shape[:2], 1), np.float32)
    return np.asarray(1 - layers.product[..., 3:].astype(np.float32) / 255, np.float32)


def _with_product(scene: Bytes, layers: Layers) -> Bytes:
    """Put the product's own pixels back; its 3 px edge keeps the light wrap of stage 1."""
    if layers.product is not None:
        core = product_core(layers.product)
        scene[core] = layers.product[core][:, :3]
    return scene


def _blended(text: Floats, scene: Floats) -> Floats:
    """Tint the letters by the light around them, and let the scene into their dark tones."""
    around = cv2.GaussianBlur(scene, (0, 0), 0.02 * max(scene.shape))
    hue = (around + 0.02) / (luminance(around)[..., None] + 0.02)
    tinted = text * (1 + BLEND_HUE * (hue - 1))
    dark = np.clip(1 - luminance(text) / 0.35, 0, 1)[..., None]
    return np.asarray(tinted + dark * np.clip(scene - tinted, 0, BLEND_SCENE), np.float32)


def prove(
    final: Bytes, layers: Layers, mode: CompositionMode, backing: Backing | None
) -> dict[str, Any]:
    """Return the stage's checks: `product` where there is one, `contrast` where there are words."""
    checks: dict[str, Any] = {}
    alpha = text_alpha(layers, mode) if layers.text is not None else None
    if layers.product is not None:
        covered = alpha > 0 if alpha is not None else None
        checks["product"] = check_product(final, layers.product, covered).to_json()
    if backing is not None:
        checks["contrast"] = {
            "before": round(backing.before, 2),
            "after": round(backing.after, 2),
            "backing": round(backing.strength, 2),
        }
    return checks


def export_png(picture: Bytes, path: Path) -> None:
    """Write sRGB PNG, marked as such, with no other metadata."""
    marked = PngInfo()
    marked.add(b"sRGB", b"\x00")  # rendering intent: perceptual
    Image.fromarray(picture).save(path, "PNG", compress_level=PNG_LEVEL, pnginfo=marked)
