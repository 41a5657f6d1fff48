"""`manage.py models`: what is there, what may be used, and fetching only what is pinned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.store import Store

from .hub_server import Hub, running_hub

KEY = "controlnet-depth-sdxl"
REPO = catalog.model(KEY).repo_id
WEIGHTS = "diffusion_pytorch_model.safetensors"


def safetensors_bytes(fill: int = 0) -> bytes:
    header = {"weight": {"dtype": "U8", "shape": [64], "data_offsets": [0, 64]}}
    words = json.dumps(header).encode()
    return len(words).to_bytes(8, "little") + words + bytes([fill]) * 64


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("NANOCOCOA_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("NANOCOCOA_LICENCES", raising=False)
    return Store(tmp_path / "models")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    pytest.importorskip("huggingface_hub", reason="the gpu extra is not installed")
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.repositories[REPO] = {
            WEIGHTS: safetensors_bytes(),
            "config.json": b"{}",
            "pytorch_model.bin": b"a pickle",
            "modeling_remote.py": b"raise SystemExit",
        }
        yield hub


def models(*arguments: str) -> str:
    out = StringIO()
    call_command("models", *arguments, stdout=out)
    return out.getvalue()


def test_the_list_tells_licences_and_what_is_here() -> None:
    told = models("list")
    assert all(key in told for key in catalog.MODELS)
    assert "no: non-commercial" in told
    assert "FLUX.2 [klein] 4B" in told
    assert "not pinned" in told


def test_a_bought_licence_is_listed_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NANOCOCOA_LICENCES", "flux1-dev")
    assert "bought" in models("list")
    assert "no: non-commercial" not in models("list")


def test_an_unpinned_model_is_not_fetched_unasked(hub: Hub, store: Store) -> None:
    with pytest.raises(CommandError, match="--pin"):
        models("fetch", KEY)
    assert hub.asked == []


def test_fetching_with_pin_records_revision_and_hashes_of_what_came(hub: Hub, store: Store) -> None:
    told = models("fetch", KEY, "--pin")
    assert f"whole: 0.00 GB at {hub.revision[:12]}" in told
    pin = store.pins()[KEY]
    assert (pin.repo_id, pin.revision) == (REPO, hub.revision)
    assert set(pin.files) == {WEIGHTS, "config.json"}
    assert store.check(KEY).joinpath(WEIGHTS).read_bytes() == safetensors_bytes()
    assert models("verify") == f"{KEY}: whole\n"
    assert "yes" in models("list")


def test_neither_code_nor_pickles_are_fetched(hub: Hub, store: Store) -> None:
    models("fetch", KEY, "--pin")
    assert [path for path in hub.asked if path.endswith((".py", ".bin"))] == []
    assert not list(store.root.rglob("*.py"))


def test_what_is_there_is_not_fetched_again(hub: Hub, store: Store) -> None:
    models("fetch", KEY, "--pin")
    hub.asked.clear()
    assert f"{WEIGHTS}: there" in models("fetch", KEY)
    assert hub.asked == []


def test_a_damaged_file_is_told_deleted_and_fetched_again(hub: Hub, store: Store) -> None:
    models("fetch", KEY, "--pin")
    path = store.folder(KEY) / WEIGHTS
    path.write_bytes(safetensors_bytes(fill=1))
    with pytest.raises(CommandError, match=f"not whole: {KEY}"):
        models("verify", KEY)
    with pytest.raises(CommandError, match="it was deleted"):
        models("fetch", KEY)
    models("fetch", KEY)
    assert path.read_bytes() == safetensors_bytes()


def test_a_pinned_file_that_the_hub_has_changed_is_refused(hub: Hub, store: Store) -> None:
    models("fetch", KEY, "--pin")
    (store.folder(KEY) / WEIGHTS).unlink()
    hub.repositories[REPO][WEIGHTS] = safetensors_bytes(fill=2)
    with pytest.raises(CommandError, match="that was pinned"):
        models("fetch", KEY)
    assert not (store.folder(KEY) / WEIGHTS).exists()


def test_a_file_other_than_the_hub_describes_is_refused_and_nothing_is_pinned(
    hub: Hub, store: Store
) -> None:
    hub.swapped[WEIGHTS] = safetensors_bytes(fill=3)
    with pytest.raises(CommandError, match="that the hub describes"):
        models("fetch", KEY, "--pin")
    assert store.pins() == {}


def test_a_non_commercial_model_is_not_even_fetched(hub: Hub) -> None:
    with pytest.raises(CommandError, match="NANOCOCOA_LICENCES=flux1-dev") as refused:
        models("fetch", "flux1-dev", "--pin")
    assert "non-commercial" in str(refused.value)
    assert hub.asked == []


def test_a_gated_repository_says_how_to_be_let_in(hub: Hub) -> None:
    hub.gated.add(REPO)
    with pytest.raises(CommandError, match="set HF_TOKEN"):
        models("fetch", KEY, "--pin")


def test_a_repository_without_the_files_is_told(hub: Hub) -> None:
    hub.repositories[REPO] = {"README.md": b"#"}
    with pytest.raises(CommandError, match="has none of"):
        models("fetch", KEY, "--pin")


def test_a_repository_that_is_gone_is_told(hub: Hub) -> None:
    with pytest.raises(CommandError, match="the hub has no madebyollin"):
        models("fetch", "sdxl-vae-fp16-fix", "--pin")


def test_a_hub_that_does_not_answer_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(CommandError, match=f"{REPO} could not be fetched"):
        models("fetch", KEY, "--pin")


@pytest.mark.parametrize("what", ["fetch", "verify"])
def test_an_unknown_model_is_refused_with_the_ones_there_are(what: str) -> None:
    with pytest.raises(CommandError, match="there are: birefnet"):
        models(what, "flux9-huge")


def test_there_is_nothing_to_verify_at_first() -> None:
    with pytest.raises(CommandError, match="nothing is pinned"):
        models("verify")
