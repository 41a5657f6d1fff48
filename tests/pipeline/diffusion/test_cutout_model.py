"""BiRefNet's weights come from the models folder, and never stand in the way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.pipeline.cutout import birefnet, cut_out
from generation.pipeline.cutout.birefnet import WEIGHTS_VARIABLE, birefnet_account, weights
from generation.pipeline.cutout.kept import kept_cut_out
from generation.pipeline.diffusion.memory import WORKING_SHARE, Chip
from generation.pipeline.diffusion.residency import Residency, residency_from, the_residency
from generation.pipeline.diffusion.store import Store
from tests.pipeline.product_photos import intersection_over_union, product_photo

from .test_residency import KLEIN, paint


@pytest.fixture
def photo(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A dark bowl on a light wall, and its exact alpha."""
    drawn = product_photo("bowl", "plain", side=300, colour=(60, 40, 30), shadow=0, noise=0)
    path = tmp_path / "photo.png"
    Image.fromarray(drawn.rgb).save(path)
    return path, drawn.alpha


@pytest.fixture(autouse=True)
def _models_folder(own_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("NANOCOCOA_MODELS", str(own_store.root))


def test_fetched_weights_cut_the_product_out(photo: tuple[Path, np.ndarray]) -> None:
    found = cut_out(photo[0])
    assert (found.method, found.note) == ("birefnet", "")
    alpha = np.zeros(photo[1].shape)
    left, top, right, bottom = found.box
    alpha[top:bottom, left:right] = found.rgba[..., 3] / 255
    assert intersection_over_union(alpha > 0.5, photo[1] > 0.5) > 0.97


def test_a_named_file_goes_before_the_fetched_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "own.onnx"))
    assert weights() == tmp_path / "own.onnx"


def test_damaged_weights_fall_back_to_the_colour_model_and_say_why(
    own_store: Store, photo: tuple[Path, np.ndarray]
) -> None:
    (own_store.folder("birefnet") / "onnx" / "model.onnx").write_bytes(b"no network")
    found = cut_out(photo[0])
    assert found.method == "colour_model"
    assert found.note.startswith("BiRefNet cannot be loaded")


def test_a_models_folder_that_cannot_be_read_is_not_in_the_way(
    own_store: Store, photo: tuple[Path, np.ndarray]
) -> None:
    own_store.lock_path.write_text("{")
    assert weights() is None
    assert cut_out(photo[0]).method == "colour_model"


def test_weights_that_are_pinned_and_gone_are_not_used(
    own_store: Store, photo: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    (own_store.folder("birefnet") / "onnx" / "model.onnx").unlink()
    assert kept_cut_out(photo[0], tmp_path).method == "colour_model"


def test_an_ad_says_which_weights_cut_it_out(
    own_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = birefnet_account()
    assert (told["key"], told["licence"], told["revision"]) == ("birefnet", "mit", "0" * 40)
    own_store.lock_path.write_text("{")
    assert birefnet_account()["revision"] is None
    # Of a file of one's own nobody knows where it came from, whatever was fetched beside it.
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "own.onnx"))
    assert birefnet_account()["revision"] is None


def test_an_empty_models_folder_has_no_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANOCOCOA_MODELS", str(tmp_path / "nothing"))
    assert weights() is None


def room_for(size: int, monkeypatch: pytest.MonkeyPatch) -> Residency:
    """This process's owner, whose device has room for so many bytes of weights."""
    owner = residency_from({"DEVICE": "cpu", "NANOCOCOA_MODELS": os.environ["NANOCOCOA_MODELS"]})
    owner.chip = Chip("cpu", "CPU", round(size / (1 - WORKING_SHARE)))
    the_residency.cache_clear()
    monkeypatch.setattr("generation.pipeline.diffusion.residency.residency_from", lambda: owner)
    assert the_residency() is owner
    return owner


@pytest.fixture(autouse=True)
def _nobody_in_charge_afterwards() -> Iterator[None]:
    the_residency.cache_clear()
    yield
    the_residency.cache_clear()


def test_the_session_counts_on_the_device_of_whoever_is_in_charge(
    photo: tuple[Path, np.ndarray], own_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = cut_out(photo[0])
    owner = room_for(2**30, monkeypatch)
    found = cut_out(photo[0])
    file = own_store.folder("birefnet") / "onnx" / "model.onnx"
    assert owner.loaded == {"birefnet": file.stat().st_size}
    assert np.array_equal(found.rgba, alone.rgba)
    owner.free()
    assert owner.loaded == {"birefnet": 0}
    assert np.array_equal(cut_out(photo[0]).rgba, alone.rgba)
    owner.unload_all()
    assert owner.loaded == {}


def test_session_and_painter_take_turns_where_both_do_not_fit(
    photo: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Klein's text encoder and transformer fit; the session's working memory needs it all.
    owner = room_for(560_000, monkeypatch)
    paint(owner, KLEIN)
    assert owner.loaded[KLEIN] > 0
    assert cut_out(photo[0]).method == "birefnet"
    assert owner.loaded[KLEIN] == 0 < owner.loaded["birefnet"]
    paint(owner, KLEIN)
    assert sum(owner.loaded.values()) <= owner.chip.weights_budget


def test_a_session_that_runs_out_of_memory_is_tried_once_more_alone(
    photo: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = room_for(2**60, monkeypatch)
    paint(owner, KLEIN)
    seen: list[int] = []

    def run(session: object, rgb: np.ndarray) -> np.ndarray:
        seen.append(owner.loaded[KLEIN])
        if len(seen) == 1:
            raise RuntimeError("Available memory of 5 is smaller than requested bytes of 6")
        return really_run(session, rgb)

    really_run = birefnet._run
    monkeypatch.setattr(birefnet, "_run", run)
    assert cut_out(photo[0]).method == "birefnet"
    assert seen[0] > 0
    assert seen[1:] == [0]


def test_an_onnxruntime_that_cannot_use_the_gpu_is_warned_of(
    photo: tuple[Path, np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    birefnet._network.cache_clear()
    assert cut_out(photo[0]).method == "birefnet"
    assert "runs on the processor" not in caplog.text
    birefnet._network.cache_clear()
    # As the package for GPUs says of itself; this one has no CUDA to use.
    monkeypatch.setattr(birefnet, "_runs_on_cuda", lambda: True)
    assert cut_out(photo[0]).method == "birefnet"
    assert "runs on the processor" in caplog.text
    birefnet._network.cache_clear()


def test_onnxruntime_may_fill_the_budget_of_the_gpu_that_is_used(own_store: Store) -> None:
    owner = Residency(own_store, Chip("cuda:1", "L4", 5 * 2**30, (8, 9)))
    options = birefnet.cuda_options(owner)
    assert (options["device_id"], options["gpu_mem_limit"]) == ("1", str(5 * 2**30))
    assert "gpu_mem_limit" not in birefnet.cuda_options(None)
