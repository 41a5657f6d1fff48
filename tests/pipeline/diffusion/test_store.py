"""The models folder: only what is pinned, whole and allowed is used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.store import Pin, PinnedFile, Store, safetensors_fault, sha256
from generation.pipeline.errors import LicenceNotSet, ModelDamaged, ModelMissing, ModelUnknown

KEY = "controlnet-depth-sdxl"
WEIGHTS = "diffusion_pytorch_model.safetensors"


def safetensors_bytes(payload: int = 16) -> bytes:
    header = {"weight": {"dtype": "F32", "shape": [payload // 4], "data_offsets": [0, payload]}}
    words = json.dumps(header).encode()
    return len(words).to_bytes(8, "little") + words + bytes(payload)


def put(store: Store, key: str, licence_of: str = "") -> None:
    """Lay a small pinned model into the store."""
    folder = store.folder(key)
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(safetensors_bytes())
    (folder / "config.json").write_text("{}")
    files = {
        name: PinnedFile((folder / name).stat().st_size, sha256(folder / name))
        for name in (WEIGHTS, "config.json")
    }
    store.record(key, Pin(catalog.model(licence_of or key).repo_id, "f" * 40, files))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "models")
    put(store, KEY)
    return store


def test_a_pinned_model_is_found_and_verified(store: Store) -> None:
    seen: list[int] = []
    store.verify(KEY, seen.append)
    assert store.check(KEY) == store.root / KEY
    assert sum(seen) == store.pins()[KEY].size


def test_a_model_that_was_never_fetched_says_how_to_fetch_it(store: Store) -> None:
    with pytest.raises(ModelMissing, match="models fetch flux1-schnell"):
        store.check("flux1-schnell")


def test_a_model_is_missing_as_long_as_a_part_of_it_is(store: Store) -> None:
    put(store, "sdxl")
    with pytest.raises(ModelMissing) as missing:
        store.check("sdxl")
    assert missing.value.params["model"] == "controlnet-canny-sdxl"


def test_a_missing_file_is_named(store: Store) -> None:
    (store.folder(KEY) / "config.json").unlink()
    with pytest.raises(ModelMissing, match=r"config\.json is missing"):
        store.check(KEY)


def test_a_truncated_file_is_damaged_before_anything_is_loaded(store: Store) -> None:
    path = store.folder(KEY) / WEIGHTS
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ModelDamaged, match=r"has \d+ bytes, not \d+"):
        store.check(KEY)


def test_a_changed_file_of_the_same_size_is_caught_by_its_hash(store: Store) -> None:
    path = store.folder(KEY) / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    store.check(KEY)
    with pytest.raises(ModelDamaged, match="SHA-256"):
        store.verify(KEY)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (safetensors_bytes()[:-5], "its header says"),
        (safetensors_bytes() + b"more", "its header says"),
        (safetensors_bytes()[:6], "cut short"),
        (b"", "cut short"),
        ((2**60).to_bytes(8, "little") + b"{}", "cut short"),
        ((4).to_bytes(8, "little") + b"nope", "cannot be read"),
        ((2).to_bytes(8, "little") + b"[]", "cannot be read"),
        (safetensors_bytes(), ""),
    ],
)
def test_the_form_of_a_safetensors_file_is_checked(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    found = safetensors_fault(path)
    assert fault in found
    assert bool(found) == bool(fault)


def test_a_non_commercial_model_is_refused_and_says_what_to_set(store: Store) -> None:
    put(store, "flux1-dev")
    with pytest.raises(LicenceNotSet, match="NANOCOCOA_LICENCES=flux1-dev") as refused:
        store.check("flux1-dev")
    assert "flux-1-dev-non-commercial-license" in refused.value.detail
    bought = Store(store.root, frozenset({"flux1-dev"}))
    assert bought.check("flux1-dev") == store.root / "flux1-dev"


def test_a_pin_of_another_repository_is_not_used(store: Store) -> None:
    put(store, "sdxl-vae-fp16-fix", licence_of="sdxl")
    with pytest.raises(ModelDamaged, match="stable-diffusion-xl-base"):
        store.check("sdxl-vae-fp16-fix")


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        '{"birefnet": {}}',
        json.dumps({"birefnet": {"repo_id": "a", "revision": "b", "files": {"../x": {"size": 1}}}}),
    ],
)
def test_a_lock_file_that_cannot_be_right_is_refused(store: Store, content: str) -> None:
    store.lock_path.write_text(content)
    with pytest.raises(ModelDamaged, match=r"models\.lock\.json cannot be read"):
        store.check(KEY)


def test_an_unknown_key_is_no_folder_name(store: Store) -> None:
    with pytest.raises(ModelUnknown):
        store.check("../../etc")


def test_the_environment_names_folder_and_licences(tmp_path: Path) -> None:
    store = Store.from_environment(
        {"NANOCOCOA_MODELS": str(tmp_path), "NANOCOCOA_LICENCES": "flux1-dev, ,"}
    )
    assert (store.root, store.licences) == (tmp_path, {"flux1-dev"})
    hub = Store.from_environment({"HF_HOME": str(tmp_path)})
    assert hub.root == tmp_path / "nanococoa" / "models"
    assert Store.from_environment({}).root.is_relative_to(Path.home())
