"""BiRefNet's weights come from the models folder, and never stand in the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.pipeline.cutout import cut_out
from generation.pipeline.cutout.birefnet import WEIGHTS_VARIABLE, weights
from generation.pipeline.cutout.kept import kept_cut_out
from generation.pipeline.diffusion.store import Store
from tests.pipeline.product_photos import intersection_over_union, product_photo


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


def test_an_empty_models_folder_has_no_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANOCOCOA_MODELS", str(tmp_path / "nothing"))
    assert weights() is None
