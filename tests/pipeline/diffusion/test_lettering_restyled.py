"""Stage 2 with tiny models of the real classes: their paint, our outlines, and a way back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from generation.pipeline.diffusion import catalog, easel, sdxl_text, sizes
from generation.pipeline.diffusion.lettering import as_rendered, with_silhouette
from generation.pipeline.diffusion.maps import letter_maps
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.silhouette import silhouette_of
from generation.pipeline.diffusion.store import Store
from generation.pipeline.diffusion.surface import Verdict, judge
from generation.pipeline.errors import InputMissing, StageCancelled
from generation.pipeline.glyphs.plan import Lettering, plan_lettering
from generation.pipeline.lettering import run_lettering
from generation.pipeline.run import run_stage
from generation.pipeline.types import Progress, Stage, StageOutput, StageRequest, SubStep

from .asking import pixels, previews, request

LIGHTNING = "sdxl-lightning"
BANNER = "1029x258"


@pytest.fixture(scope="module", autouse=True)
def small_and_quick() -> Iterator[None]:
    """Small canvases, for half-precision convolutions are slow on a processor; few samples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sizes, "MOST_PIXELS", 192 * 96)
        patch.setattr(sizes, "LEAST_PIXELS", 1)
        patch.setattr("generation.pipeline.letters.SAMPLES", 4)
        yield


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> StageOutput:
    """A painted scene: pale above, dark below."""
    picture = np.full((258, 1029, 3), 205, np.uint8)
    picture[190:] = (90, 70, 50)
    path = tmp_path_factory.mktemp("scene") / "scene.png"
    Image.fromarray(picture).save(path)
    return StageOutput(image=path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, scene: StageOutput) -> np.ndarray:
    """The layer as the studio's code alone makes it."""
    folder = tmp_path_factory.mktemp("plain")
    asked = request(folder, Stage.TEXT, {Stage.BACKGROUND: scene}, format=BANNER)
    return pixels(run_lettering(asked, lambda _: None).image)


@pytest.fixture
def ask(tmp_path: Path, scene: StageOutput) -> Callable[..., StageRequest]:
    def asked(**wishes: Any) -> StageRequest:
        told = {"format": BANNER, "lettering_model": LIGHTNING, **wishes}
        return request(tmp_path, Stage.TEXT, {Stage.BACKGROUND: scene}, **told)

    return asked


def run(asked: StageRequest) -> tuple[StageOutput, list[Progress]]:
    steps: list[Progress] = []
    return run_stage(asked, steps.append), steps


def quieten(residency: Residency, key: str, colour: tuple[float, float, float]) -> None:
    """Have a tiny model's VAE paint one colour with a little grain, as a good model might."""
    with residency.use(key) as pipeline, torch.no_grad():
        last = pipeline.vae.decoder.conv_out
        last.weight.mul_(0.02)
        last.bias.copy_(torch.tensor(colour, dtype=last.bias.dtype))


@pytest.mark.usefixtures("engine_environment")
@pytest.mark.parametrize("key", [LIGHTNING, "sdxl"])
def test_a_models_paint_is_seen_through_the_fonts_outlines(
    ask, plain: np.ndarray, engine_environment: Residency, key: str, monkeypatch
) -> None:
    # SDXL's thirty steps are a minute's work for a processor; two tell as much.
    monkeypatch.setattr(sdxl_text, "RESTYLE", 0.06 if key == "sdxl" else sdxl_text.RESTYLE)
    quieten(engine_environment, key, (0.4, -0.9, -0.9))
    asked = ask(lettering_model=key, text_prompt="red lacquer", text_negative_prompt="flat")
    output, steps = run(asked)
    layer = pixels(output.image)
    told = output.checks["lettering"]
    assert (told["made_by"], told["reason"]) == ("model", ""), told
    assert told["passed"] == told["total"] == 2
    made_by = output.checks["models"]
    assert [one["key"] for one in made_by] == [one.key for one in catalog.with_parts(key)]
    assert {one["licence"] for one in made_by} == {"openrail++", "apache-2.0", "mit"}
    assert {one["revision"] for one in made_by} == {"0" * 40}
    assert (layer[..., 3] == plain[..., 3]).all()
    faces = layer[layer[..., 3] == 255][:, :3].astype(int)
    assert (faces[:, 0] > faces[:, 1] + 60).mean() > 0.9
    assert output.checks["words"]["ok"]
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert all(max(size) <= 512 for size in previews(steps))
    assert {"load", "denoise", "decode", "maps", "text_render"} <= set(output.seconds)


@pytest.mark.usefixtures("engine_environment")
def test_paint_that_breaks_the_strokes_is_not_used_and_the_job_says_so(
    ask, plain: np.ndarray, engine_environment: Residency
) -> None:
    quieten(engine_environment, LIGHTNING, (0.61, 0.61, 0.61))
    output, _ = run(ask())
    told = output.checks["lettering"]
    assert told["made_by"] == "render"
    assert told["reason"] == "strokes_not_kept"
    assert told["passed"] < told["total"]
    assert "models" not in output.checks
    assert (pixels(output.image) == plain).all()


@pytest.mark.usefixtures("engine_environment")
def test_paint_without_the_letters_shape_is_not_used_where_birefnet_is_asked(
    ask, plain: np.ndarray, engine_environment: Residency, monkeypatch
) -> None:
    monkeypatch.setenv("NANOCOCOA_SILHOUETTE_CHECK", "1")
    quieten(engine_environment, LIGHTNING, (0.4, -0.9, -0.9))  # one colour: no shape at all
    output, _ = run(ask())
    told = output.checks["lettering"]
    assert (told["made_by"], told["reason"]) == ("render", "silhouette_differs")
    assert told["passed"] == told["total"]
    assert told["silhouette"]["iou"] < 0.6
    assert engine_environment.loaded["birefnet"] > 0
    assert (pixels(output.image) == plain).all()


@pytest.mark.usefixtures("engine_environment")
def test_a_text_prompt_of_five_thousand_characters_is_cut_off(ask) -> None:
    output, _ = run(ask(text_prompt="red lacquer " * 420, text_negative_prompt="flat " * 1000))
    assert output.checks["lettering"]["reason"] in ("", "strokes_not_kept")
    assert output.checks["words"]["ok"]


def letters_in(colour: int, *, lost: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Three dark strokes on a pale wall as painted, and their alpha; one lost in the paint."""
    alpha = np.zeros((120, 200), np.uint8)
    for left in (20, 80, 140):
        alpha[20:100, left : left + 40] = 255
    picture = np.full((120, 200, 3), 220, np.uint8)
    picture[alpha > 0] = colour
    if lost:
        picture[:, 70:] = 220
    return picture, alpha


@pytest.mark.usefixtures("engine_environment")
def test_birefnet_tells_the_same_shape_from_another() -> None:
    good = silhouette_of(*letters_in(30))
    assert good["same"]
    assert good["iou"] > 0.9
    lost = silhouette_of(*letters_in(30, lost=True))
    assert (lost["same"], lost["iou"]) == (False, pytest.approx(1 / 3, abs=0.05))


def test_without_birefnets_weights_the_paint_stays_and_the_ad_says_so(
    monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NANOCOCOA_MODELS", str(tmp_path / "none"))
    monkeypatch.delenv("NANOCOCOA_BIREFNET_ONNX", raising=False)
    verdict = with_silhouette(Verdict((), ""), *letters_in(30))
    assert verdict.reason == ""
    assert verdict.to_json()["silhouette"] == {"reason": "no weights of BiRefNet are here"}


def test_without_its_files_the_rendered_letters_stay_and_say_why(
    ask, plain, engine_environment: Residency, monkeypatch, tmp_path: Path
) -> None:
    licences = engine_environment.store.licences
    empty = Residency(Store(tmp_path / "none", licences), engine_environment.chip)
    monkeypatch.setattr(easel, "the_residency", lambda: empty)
    output, _ = run(ask())
    assert output.checks["lettering"]["made_by"] == "render"
    assert output.checks["lettering"]["reason"] == "model_missing"
    assert LIGHTNING in output.checks["lettering"]["detail"]
    assert (pixels(output.image) == plain).all()


def test_a_damaged_model_costs_the_paint_and_not_the_words(
    ask, own_store: Store, engine_environment: Residency, monkeypatch
) -> None:
    weights = next(own_store.folder(LIGHTNING).rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:100])
    broken = Residency(own_store, engine_environment.chip)
    monkeypatch.setattr(easel, "the_residency", lambda: broken)
    output, _ = run(ask())
    assert output.checks["lettering"]["reason"] == "model_damaged"
    assert output.checks["words"]["ok"]


@pytest.mark.usefixtures("engine_environment")
def test_out_of_memory_costs_the_paint_and_not_the_words(
    ask, engine_environment: Residency
) -> None:
    with engine_environment.use(LIGHTNING) as pipeline:
        block = pipeline.unet.conv_in

    def allocate(*_: Any) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    handle = block.register_forward_pre_hook(allocate)
    output, _ = run(ask())
    handle.remove()
    assert output.checks["lettering"]["reason"] == "out_of_memory"
    assert output.checks["words"]["ok"]


@pytest.mark.parametrize(
    ("wishes", "reason"), [({"lettering_model": "none"}, "not_asked"), ({"draft": True}, "draft")]
)
def test_where_no_model_is_wanted_none_is_asked(ask, wishes: dict[str, Any], reason: str) -> None:
    output, _ = run(ask(**wishes))
    assert output.checks["lettering"] == {"made_by": "render", "reason": reason}


@pytest.mark.usefixtures("engine_environment")
def test_a_cancelled_restyling_leaves_everything_usable(ask, engine_environment: Residency) -> None:
    def stop(progress: Progress) -> None:
        if progress.sub_step is SubStep.TEXT_RENDER and progress.fraction > 0.61:
            raise StageCancelled

    with pytest.raises(StageCancelled):
        run_stage(ask(), stop)
    with engine_environment.use(LIGHTNING) as pipeline:
        grey = Image.new("RGB", (64, 64), "grey")
        told = {
            "image": grey,
            "control_image": [grey, grey],
            "controlnet_conditioning_scale": [0.5, 0.5],
        }
        made = pipeline("gold", num_inference_steps=4, guidance_scale=0.0, strength=0.5, **told)
    assert made.images[0].size == (64, 64)


@pytest.mark.usefixtures("engine_environment")
def test_letters_need_copy(ask) -> None:
    with pytest.raises(InputMissing):
        run(ask(ad_text=""))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lettering, np.ndarray]:
    """Deep letters on a plain scene, and their rendered window."""
    folder = tmp_path_factory.mktemp("letters")
    picture = np.full((258, 1029, 3), 205, np.uint8)
    Image.fromarray(picture).save(folder / "scene.png")
    earlier = {Stage.BACKGROUND: StageOutput(image=folder / "scene.png")}
    asked = request(
        folder, Stage.TEXT, earlier, format=BANNER, text_style="lacquer", ad_text="세일 뺄"
    )
    layer = pixels(run_lettering(asked, lambda _: None).image)
    shutil.rmtree(asked.out_dir)
    planned = as_rendered(plan_lettering(asked), layer[..., 3])
    crop = planned.placement.crop
    return planned, layer[crop.y : crop.bottom, crop.x : crop.right]


def test_the_maps_lie_on_the_letters_to_the_pixel(letters) -> None:
    planned, layer = letters
    maps = letter_maps(planned, planned.placement.crop, seed=1)
    solid, nothing = layer[..., 3] == 255, layer[..., 3] == 0
    assert maps.depth.shape == maps.normal.shape == maps.canny.shape == (*layer.shape[:2], 3)
    # Both take their samples at random: at the very edge they may see another thing.
    assert (maps.depth[nothing] == 0).mean() > 0.999
    assert (maps.depth[solid] > 100).mean() > 0.98
    assert (maps.normal[nothing] == (128, 128, 255)).mean() > 0.999
    towards_us = maps.normal[solid][:, 2].astype(int)
    assert (towards_us > 120).mean() > 0.95
    lines = maps.canny[..., 0] > 0
    assert 0.01 < lines.mean() < 0.4
    assert maps.of_kind("controlnet-depth-sdxl") is maps.depth
    with pytest.raises(KeyError):
        maps.of_kind("controlnet-pose")


def test_letters_of_a_second_try_are_known_by_their_thinner_strokes(letters) -> None:
    planned, layer = letters
    alpha = np.zeros(planned.backdrop.shape[:2], np.uint8)
    crop = planned.placement.crop
    alpha[crop.y : crop.bottom, crop.x : crop.right] = layer[..., 3]
    assert as_rendered(planned, alpha) is planned
    thinner = cv2.erode(alpha, np.ones((5, 5), np.uint8))
    assert as_rendered(planned, thinner).mesh.swell == 0


def painted_with(layer: np.ndarray, colour: np.ndarray) -> np.ndarray:
    return np.dstack([np.clip(colour, 0, 255).astype(np.uint8), layer[..., 3]])


def test_other_colours_and_a_little_grain_are_a_surface_like_any(letters) -> None:
    planned, layer = letters
    grain = np.random.default_rng(1).normal(0, 5, layer.shape[:2])[..., None]
    green = layer[..., [1, 0, 2]].astype(float) + grain
    verdict = judge(planned, planned.placement.crop, layer, painted_with(layer, green))
    assert verdict.reason == ""
    assert all(cell.ok for cell in verdict.cells)
    assert verdict.to_json()["passed"] == 3


def cut_through(layer: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Thin bars in the backdrop's colour, as if strokes were parted."""
    colour = layer[..., :3].astype(float)
    for row in range(10, layer.shape[0], 30):
        colour[row : row + 6] = behind
    return colour


def flat(layer: np.ndarray) -> np.ndarray:
    """One colour for faces and sides: the gaps between strokes close."""
    return (
        np.full_like(layer[..., :3], (200, 60, 40), dtype=float)
        + np.linspace(0, 4, layer.shape[1])[None, :, None]
    )


BREAKS = {
    "gaps filled like the faces": flat,
    "lost in the backdrop": lambda layer: np.full_like(layer[..., :3], 205, dtype=float),
    "parted by bars": lambda layer: cut_through(layer, np.full(3, 205.0)),
    "noise": lambda layer: np.random.default_rng(2).integers(0, 255, layer[..., :3].shape),
    "crossed by other strokes": lambda layer: cut_through(layer, np.full(3, 255.0) * (0, 1, 0)),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_would_not_be_read_is_refused(letters, name: str) -> None:
    planned, layer = letters
    colour = np.asarray(BREAKS[name](layer), float)
    verdict = judge(planned, planned.placement.crop, layer, painted_with(layer, colour))
    assert verdict.reason
    assert not all(cell.ok for cell in verdict.cells)


def test_black_from_overflowed_weights_counts_as_nothing(letters) -> None:
    planned, layer = letters
    black = painted_with(layer, np.zeros_like(layer[..., :3], dtype=float))
    verdict = judge(planned, planned.placement.crop, layer, black)
    assert verdict.reason == "nothing_painted"
