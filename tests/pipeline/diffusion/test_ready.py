"""What keeps the engine from starting is said when it starts, not at the first job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generation.pipeline.diffusion.ready import check_ready
from generation.pipeline.diffusion.store import Store
from generation.pipeline.errors import (
    GpuTooSmall,
    LicenceNotSet,
    ModelDamaged,
    ModelMissing,
    ModelUnknown,
    NoGpu,
)

from . import tiny

KLEIN = "flux2-klein-4b"


def here(root: Path, **settings: str) -> dict[str, str]:
    return {"DEVICE": "cpu", "NANOCOCOA_MODELS": str(root), **settings}


def test_pinned_models_that_are_whole_are_enough(
    tiny_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    check_ready(here(tiny_store.root))
    assert caplog.messages == []


def test_without_an_exact_revision_nothing_starts_and_the_reason_says_how_to_pin(
    own_store: Store, tmp_path: Path
) -> None:
    with pytest.raises(ModelMissing, match=f"models fetch {KLEIN} --pin"):
        check_ready(here(tmp_path / "nothing"))
    # The files alone, copied from somewhere, are no pinned model.
    pins = json.loads(own_store.lock_path.read_text())
    del pins[KLEIN]
    own_store.lock_path.write_text(json.dumps(pins))
    with pytest.raises(ModelMissing, match=f"{KLEIN} is not in .*models.lock.json"):
        check_ready(here(own_store.root))


@pytest.mark.parametrize("revision", ["main", "", "0123abc"])
def test_a_branch_or_a_short_id_is_no_exact_revision(own_store: Store, revision: str) -> None:
    pins = json.loads(own_store.lock_path.read_text())
    pins[KLEIN]["revision"] = revision
    own_store.lock_path.write_text(json.dumps(pins))
    with pytest.raises(ModelDamaged, match="no exact revision"):
        check_ready(here(own_store.root))


@pytest.mark.parametrize(
    ("told", "refusal", "words"),
    [
        ({"NANOCOCOA_BACKGROUND_MODEL": "flux9"}, ModelUnknown, KLEIN),
        ({"NANOCOCOA_BACKGROUND_MODEL": "flux1-dev"}, LicenceNotSet, "NANOCOCOA_LICENCES"),
        ({"NANOCOCOA_LETTERING_MODEL": "sdxl9"}, ModelUnknown, "sdxl-lightning"),
        ({"DEVICE": "cuda:99"}, NoGpu, "cuda:99"),
        ({"NANOCOCOA_QUANTISE": "int1"}, ValueError, "NANOCOCOA_QUANTISE"),
        ({"NANOCOCOA_COMPILE": "often"}, ValueError, "NANOCOCOA_COMPILE"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    tiny_store: Store, told: dict[str, str], refusal: type[Exception], words: str
) -> None:
    with pytest.raises(refusal, match=words):
        check_ready(here(tiny_store.root, **told))


def test_a_file_that_was_cut_short_is_found_at_the_start(own_store: Store) -> None:
    weights = next(own_store.folder("sdxl").rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelDamaged, match="bytes, not"):
        check_ready(here(own_store.root))


def test_a_gpu_too_small_for_a_component_is_told_at_the_start(own_store: Store) -> None:
    small = here(own_store.root, NANOCOCOA_GPU_BUDGET_MB="2")
    check_ready(small)
    enlarge(own_store, "sdxl-lightning-unet", "sdxl_lightning_4step_unet.safetensors")
    check_ready(small)
    with pytest.raises(GpuTooSmall, match="sdxl-lightning-unet's unet takes") as refused:
        check_ready({**small, "NANOCOCOA_LETTERING_MODEL": "sdxl-lightning"})
    assert "weights may take" in refused.value.detail


def test_weights_that_will_be_quantised_are_counted_by_what_is_left(own_store: Store) -> None:
    small = here(own_store.root, NANOCOCOA_GPU_BUDGET_MB="2")
    enlarge(own_store, KLEIN, "transformer/diffusion_pytorch_model.safetensors")
    with pytest.raises(GpuTooSmall, match=f"{KLEIN}'s transformer takes"):
        check_ready(small)
    check_ready({**small, "NANOCOCOA_QUANTISE": "fp8"})


def enlarge(store: Store, key: str, name: str) -> None:
    """Have a model's file of weights take 3 MiB, most of it empty, and pin it as it is."""
    shape = {"dtype": "U8", "shape": [3 * 2**20], "data_offsets": [0, 3 * 2**20]}
    header = json.dumps({"weight": shape}).encode()
    with (store.folder(key) / name).open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + 3 * 2**20)
    tiny.pin(store, key)


def test_without_birefnet_it_starts_and_says_who_cuts_out(
    own_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    (own_store.folder("birefnet") / "onnx" / "model.onnx").unlink()
    check_ready(here(own_store.root))
    assert "BiRefNet is not used" in caplog.text
    caplog.clear()
    check_ready(here(own_store.root, NANOCOCOA_BIREFNET_ONNX="/models/own.onnx"))
    assert caplog.messages == []
