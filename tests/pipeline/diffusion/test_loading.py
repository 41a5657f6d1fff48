"""From pinned files to a pipeline: offline, safetensors only, no code, clear refusals."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.loading import load
from generation.pipeline.diffusion.store import Store
from generation.pipeline.errors import LicenceNotSet, ModelDamaged, ModelMissing, ModelUnknown

from .tiny import pin

KLEIN = catalog.model("flux2-klein-4b")
SDXL = catalog.model("sdxl")


@pytest.mark.parametrize("key", [e.key for e in catalog.ENTRIES if e.pipeline.endswith("Pipeline")])
def test_every_pipeline_is_of_its_class_and_dtype(tiny_store: Store, key: str) -> None:
    entry = catalog.model(key)
    pipeline = load(entry, tiny_store)
    assert type(pipeline).__name__ == entry.pipeline
    core = getattr(pipeline, "transformer", None) or pipeline.unet
    assert core.dtype == getattr(torch, entry.dtype)
    assert not core.training


def test_nothing_is_asked_of_the_network(
    tiny_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for entry in (KLEIN, SDXL):
        load(entry, tiny_store)


def test_the_parts_are_put_in_depth_first(tiny_store: Store) -> None:
    pipeline = load(SDXL, tiny_store)
    assert isinstance(pipeline.controlnet, diffusers.MultiControlNetModel)
    assert SDXL.parts[:2] == ("controlnet-depth-sdxl", "controlnet-canny-sdxl")
    for part, net in zip(SDXL.parts[:2], pipeline.controlnet.nets, strict=True):
        stored = diffusers.ControlNetModel.from_pretrained(
            tiny_store.folder(part), dtype=torch.float16
        )
        name, expected = next(iter(stored.named_parameters()))
        assert torch.equal(net.get_parameter(name), expected)


def test_lightning_brings_its_own_unet_and_schedule(tiny_store: Store) -> None:
    base, fast = load(SDXL, tiny_store), load(catalog.model("sdxl-lightning"), tiny_store)
    assert fast.scheduler.config.timestep_spacing == "trailing"
    assert base.scheduler.config.timestep_spacing != "trailing"
    assert not torch.equal(fast.unet.conv_in.weight, base.unet.conv_in.weight)


@pytest.mark.parametrize("key", ["birefnet", "controlnet-depth-sdxl", "sdxl-vae-fp16-fix"])
def test_what_is_no_pipeline_is_not_loaded_as_one(tiny_store: Store, key: str) -> None:
    with pytest.raises(ModelUnknown, match="is no pipeline"):
        load(catalog.model(key), tiny_store)


def test_a_missing_file_is_refused_before_loading(own_store: Store) -> None:
    (own_store.folder(KLEIN.key) / "vae" / "config.json").unlink()
    with pytest.raises(ModelMissing, match="models fetch flux2-klein-4b"):
        load(KLEIN, own_store)


def test_truncated_weights_are_refused_before_loading(own_store: Store) -> None:
    path = own_store.folder(KLEIN.key) / "transformer" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelDamaged, match=r"diffusion_pytorch_model\.safetensors has"):
        load(KLEIN, own_store)


def test_without_the_licence_it_is_not_loaded(tiny_store: Store) -> None:
    with pytest.raises(LicenceNotSet):
        load(catalog.model("flux1-dev"), Store(tiny_store.root))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model_index.json", "{"),
        ("transformer/config.json", "not json"),
        ("transformer/config.json", '{"_class_name": "Flux2Transformer2DModel", "num_layers": 9}'),
        ("tokenizer/tokenizer.json", "{}"),
    ],
)
def test_a_file_that_the_library_cannot_use_is_told_with_its_reason(
    own_store: Store, file: str, content: str
) -> None:
    (own_store.folder(KLEIN.key) / file).write_text(content)
    pin(own_store, KLEIN.key)
    with pytest.raises(ModelDamaged, match="flux2-klein-4b cannot be loaded: ") as refused:
        load(KLEIN, own_store)
    assert refused.value.__cause__ is not None


def test_code_in_a_models_folder_is_not_run(own_store: Store, tmp_path: Path) -> None:
    folder = own_store.folder(KLEIN.key)
    index: dict[str, Any] = json.loads((folder / "model_index.json").read_text())
    index["transformer"] = ["my_transformer", "MyTransformer"]
    (folder / "model_index.json").write_text(json.dumps(index))
    proof = tmp_path / "ran"
    for place in (folder / "transformer", folder):
        code = f"open({str(proof)!r}, 'w')\nclass MyTransformer: pass\n"
        (place / "my_transformer.py").write_text(code)
    pin(own_store, KLEIN.key)
    with pytest.raises(ModelDamaged):
        load(KLEIN, own_store)
    assert not proof.exists()


def test_pickled_weights_are_not_read(own_store: Store) -> None:
    folder = own_store.folder(KLEIN.key) / "transformer"
    weights = folder / "diffusion_pytorch_model.safetensors"
    weights.unlink()
    torch.save({}, folder / "diffusion_pytorch_model.bin")
    pin(own_store, KLEIN.key)
    with pytest.raises(ModelDamaged, match="cannot be loaded"):
        load(KLEIN, own_store)
