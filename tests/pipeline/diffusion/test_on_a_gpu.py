"""All that is painted, on a pretended GPU: what lies there, what it takes, what is let go."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch

from generation.pipeline.diffusion import catalog, sizes
from generation.pipeline.diffusion.background import run_painted_background
from generation.pipeline.diffusion.component import Component
from generation.pipeline.diffusion.flux import paint_takes, repaint
from generation.pipeline.diffusion.maps import Maps
from generation.pipeline.diffusion.memory import Chip, chosen_chip
from generation.pipeline.diffusion.reserved import reserved_on
from generation.pipeline.diffusion.residency import Residency, the_residency
from generation.pipeline.diffusion.sdxl_text import Restyling, restyle
from generation.pipeline.diffusion.sizes import canvas_for
from generation.pipeline.diffusion.store import Store
from generation.pipeline.diffusion.warm import first_strokes
from generation.pipeline.errors import OutOfMemory
from generation.pipeline.layout import Box
from generation.pipeline.stopwatch import Stopwatch
from generation.pipeline.types import Stage

from .asking import pixels, request, save_photo
from .pretend_gpu import PretendGpu, pretended
from .test_residency import KLEIN, SDXL, paint
from .test_steps import FLUX, SIZE, brush, telling

MIB = 2**20
# What the tiny models take, and what is kept for a VAE, is far less than this.
ROOMY = 512 * MIB
# Beside weights: a scheduler's few numbers stay on the device.
CRUMBS = 1024


@pytest.fixture(autouse=True)
def as_much_ram_as_the_full_size_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plenty:
        available = total = 2**40

    monkeypatch.setattr(psutil, "virtual_memory", Plenty)


@pytest.fixture
def gpu() -> Iterator[PretendGpu]:
    with pretended(ROOMY) as made:
        yield made


def owner_of(store: Store) -> Residency:
    # The catalogue's sizes are those of the full-size models: they would be quantised.
    return Residency(store, chosen_chip({"DEVICE": "cuda"}), quantise="none")


def scene(owner: Residency, key: str) -> np.ndarray:
    """Two takes with a place kept free, the first of them painted over round what is kept."""
    with owner.use(key) as pipeline:
        canvas = canvas_for(*SIZE, 16, draft=True, share=0.5)
        job = brush(
            owner, key, pipeline, negative="cars", reserved=reserved_on(canvas, Box(60, 30, 50, 60))
        )
        takes = paint_takes(job, (1, 2), telling())
        changing = np.full(takes[0].shape[:2], 255, np.uint8)
        changing[20:40] = 0
        return np.stack([*takes, repaint(job, takes[0], changing, 0.6, telling())])


def letters(owner: Residency, key: str) -> np.ndarray:
    picture = np.full((96, 128, 3), 90, np.uint8)
    with owner.use(key) as pipeline:
        job = Restyling(
            entry=catalog.model(key),
            pipeline=pipeline,
            prompt="gold",
            negative="blur",
            guidance=None,
            seed=3,
            canvas=canvas_for(128, 96, 32, draft=True, share=0.5),
            watch=Stopwatch(),
        )
        maps = Maps(picture, picture, picture)
        return restyle(job, picture, maps, lambda _: None, span=(0, 1), overlay=lambda small: small)


@pytest.mark.parametrize("key", FLUX)
def test_scenes_are_the_same_as_on_a_processor(
    gpu: PretendGpu, tiny_store: Store, residency: Residency, key: str
) -> None:
    owner = owner_of(tiny_store)
    there, here = scene(owner, key), scene(residency, key)
    assert gpu.used >= sum(owner.loaded.values()) > 0
    # Convolutions lie in memory otherwise there.
    assert np.abs(there.astype(int) - here).mean() < 2
    first_strokes(owner, key, lambda: True)


def test_letters_are_painted_in_half_floats(gpu: PretendGpu, tiny_store: Store) -> None:
    owner = owner_of(tiny_store)
    assert letters(owner, "sdxl-lightning").std() > 1
    with owner.use("sdxl-lightning") as pipeline:
        assert {pipeline.unet.dtype, pipeline.vae.dtype} == {torch.float16}
        assert pipeline.unet.device.type == "cuda"
    assert letters(owner, SDXL).std() > 1


def test_what_leaves_the_device_is_held_by_nobody(gpu: PretendGpu, tiny_store: Store) -> None:
    owner = owner_of(tiny_store)
    for key in (KLEIN, SDXL):
        paint(owner, key)
    gc.collect()
    assert 0 <= gpu.used - sum(owner.loaded.values()) < CRUMBS
    owner.free()
    assert gpu.used < CRUMBS
    paint(owner, KLEIN)
    owner.unload_all()
    assert gpu.used < CRUMBS


def test_host_copies_are_page_locked_and_given_back_when_a_model_is_forgotten(
    gpu: PretendGpu, tiny_store: Store
) -> None:
    owner = owner_of(tiny_store)
    for key in (KLEIN, "flux1-schnell"):
        paint(owner, key)
    copies = [one.copy for one in owner._components()]
    assert all(copy.pinned for copy in copies)
    assert gpu.kept_locked >= gpu.locked > sum(copy.size for copy in copies)
    del copies
    owner.free()
    before = gpu.locked
    owner.unload(KLEIN)
    assert 0 < gpu.kept_locked < before
    owner.unload_all()
    assert gpu.kept_locked == 0


def test_what_torch_keeps_for_later_is_left_to_another_library(
    gpu: PretendGpu, tiny_store: Store
) -> None:
    class Session:
        size, on_device, free = MIB, False, 0

        def to_device(self, device: str) -> None:
            self.free = torch.cuda.mem_get_info(device)[0]

    owner, session = owner_of(tiny_store), Session()
    paint(owner, KLEIN)
    lying, kept = sum(owner.loaded.values()), gpu.reserved
    working = ROOMY - lying - 2 * MIB
    assert ROOMY - kept < session.size + working
    with owner.having(Component("guest", "session", session, working=working)):
        assert session.free >= session.size + working
    assert sum(owner.loaded.values()) == lying


def test_weights_stay_within_what_the_driver_says_is_free(tiny_store: Store) -> None:
    with pretended(ROOMY) as gpu:
        owner = owner_of(tiny_store)
        others = others_leave(owner.chip.working + MIB)
        for key in (KLEIN, SDXL, KLEIN):
            paint(owner, key)
            assert sum(owner.loaded.values()) <= MIB
        assert gpu.peak <= ROOMY
        del others


def background(folder: Path, **wishes: Any) -> Any:
    photo = save_photo(folder / "photo.png")
    told = {"photo": photo, "format": "1029x258", "strength": 0.5, **wishes}
    return run_painted_background(request(folder, Stage.BACKGROUND, **told), lambda _: None)


@pytest.fixture
def on_the_gpu(tiny_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process's own residency on a GPU, over the tiny models, for whole stages."""
    monkeypatch.setenv("NANOCOCOA_MODELS", str(tiny_store.root))
    monkeypatch.setenv("NANOCOCOA_QUANTISE", "none")
    monkeypatch.setenv("NANOCOCOA_COMPILE", "never")
    monkeypatch.setenv("DEVICE", "cuda")
    monkeypatch.setattr(sizes, "LEAST_DRAFT_PIXELS", 1)
    monkeypatch.setattr("generation.pipeline.diffusion.background.TAKEN", 1.0)
    the_residency.cache_clear()
    yield
    the_residency.cache_clear()


@pytest.mark.usefixtures("on_the_gpu")
@pytest.mark.parametrize("way", ["empty", "around"])
def test_a_whole_stage_runs_and_keeps_the_product(
    gpu: PretendGpu, tmp_path: Path, way: str
) -> None:
    output = background(tmp_path, background_way=way)
    assert the_residency().chip == Chip("cuda:0", "Pretended", ROOMY, (8, 6))
    assert gpu.peak > the_residency().loaded[KLEIN] > 0
    assert output.checks["product"]["largest_difference"] == 0
    assert pixels(output.image).shape == (120, 480, 3)


def others_leave(size: int) -> torch.Tensor:
    """Have another program hold all but so many bytes."""
    return torch.empty(ROOMY - size, dtype=torch.uint8, device="cuda:0")


@pytest.mark.usefixtures("on_the_gpu")
def test_a_full_gpu_gets_a_smaller_picture_then_advice_and_the_next_job_runs(
    gpu: PretendGpu, tmp_path: Path
) -> None:
    wishes = {"draft": False, "strength": 0.0}
    background(tmp_path, **wishes)
    needed, owner = gpu.peak, the_residency()
    owner.free()
    others = others_leave(int(0.8 * needed))
    output = background(tmp_path, **wishes, seed=8)
    assert pixels(output.image).shape == (258, 1029, 3)
    assert owner._models[KLEIN].pipeline.vae.use_tiling
    owner.free()
    del others
    others = others_leave(int(0.1 * needed))
    with pytest.raises(OutOfMemory, match="NANOCOCOA_QUANTISE"):
        background(tmp_path, **wishes, seed=9)
    assert gpu.used - others.numel() < CRUMBS
    del others
    background(tmp_path, **wishes, seed=9)
    assert not owner._models[KLEIN].pipeline.vae.use_tiling
