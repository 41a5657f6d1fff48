"""BiRefNet is used where its weights are, and never in the way where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.pipeline.cutout import cut_out
from generation.pipeline.cutout.birefnet import WEIGHTS_VARIABLE, decidedness

from .product_photos import intersection_over_union, product_photo


@pytest.fixture
def photo(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A dark bowl on a light wall, and its exact alpha."""
    drawn = product_photo("bowl", "plain", side=300, colour=(60, 40, 30), shadow=0, noise=0)
    path = tmp_path / "photo.png"
    Image.fromarray(drawn.rgb).save(path)
    return path, drawn.alpha


def tiny_model(path: Path, weight: float = -12.0) -> Path:
    """A network with BiRefNet's interface: what is darker than the mean is product."""
    onnx = pytest.importorskip("onnx", reason="onnx is needed to make the tiny model")
    pytest.importorskip("onnxruntime", reason="the birefnet extra is not installed")
    helper: Any = onnx.helper
    kind = onnx.TensorProto.FLOAT
    shape = [1, 3, 256, 256]
    kernel = helper.make_tensor("kernel", kind, [1, 3, 1, 1], [weight / 3] * 3)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input_image", "kernel"], ["output_image"])],
        "tiny",
        [helper.make_tensor_value_info("input_image", kind, shape)],
        [helper.make_tensor_value_info("output_image", kind, [1, 1, 256, 256])],
        [kernel],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))
    return path


def test_configured_weights_cut_the_product_out(
    photo: tuple[Path, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tiny_model(tmp_path / "tiny.onnx")))
    found = cut_out(photo[0])
    assert (found.method, found.note) == ("birefnet", "")
    alpha = np.zeros(photo[1].shape)
    left, top, right, bottom = found.box
    alpha[top:bottom, left:right] = found.rgba[..., 3] / 255
    assert intersection_over_union(alpha > 0.5, photo[1] > 0.5) > 0.97


def test_a_map_that_is_no_number_falls_back_to_the_colour_model(
    photo: tuple[Path, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tiny_model(tmp_path / "nan.onnx", float("nan"))))
    found = cut_out(photo[0])
    assert found.method == "colour_model"
    assert "not finite" in found.note


def test_weights_that_cannot_be_loaded_fall_back_and_say_why(
    photo: tuple[Path, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(broken))
    found = cut_out(photo[0])
    assert found.method == "colour_model"
    assert found.note.startswith("BiRefNet cannot be loaded")


def test_an_undecided_map_is_not_trusted() -> None:
    sure = np.zeros((100, 100), np.float32)
    sure[30:70, 30:70] = 1
    assert decidedness(sure) == 1.0
    assert decidedness(np.full((100, 100), 0.6, np.float32)) == 0.0
