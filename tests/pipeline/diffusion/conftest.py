"""Tiny models on the processor; skipped where torch is not installed."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from generation.pipeline.diffusion.memory import Chip
    from generation.pipeline.diffusion.residency import Residency
    from generation.pipeline.diffusion.store import Store

INSTALLED = all(importlib.util.find_spec(name) for name in ("torch", "diffusers", "transformers"))
# These know no torch.
ALWAYS = ("test_catalog.py", "test_store.py", "test_sentences.py")
collect_ignore = (
    []
    if INSTALLED
    else [path.name for path in Path(__file__).parent.glob("test_*.py") if path.name not in ALWAYS]
)


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Tiny versions of all models of the catalogue, pinned. Read it, do not change it."""
    import torch

    from .tiny import build_models

    torch.set_num_threads(1)
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def own_store(tiny_store: Store, tmp_path: Path) -> Store:
    """A copy of the tiny models that a test may break."""
    from generation.pipeline.diffusion.store import Store

    shutil.copytree(tiny_store.root, tmp_path / "models")
    return Store(tmp_path / "models", tiny_store.licences)


@pytest.fixture
def chip() -> Chip:
    """A processor on which everything fits."""
    from generation.pipeline.diffusion.memory import Chip

    return Chip("cpu", "CPU", 2**30)


@pytest.fixture
def residency(tiny_store: Store, chip: Chip) -> Iterator[Residency]:
    from generation.pipeline.diffusion.residency import Residency

    owner = Residency(tiny_store, chip)
    yield owner
    owner.unload_all()


@pytest.fixture
def engine_environment(tiny_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Residency]:
    """This process's own residency, over the tiny models, as the environment describes it."""
    from generation.pipeline.diffusion.residency import the_residency

    monkeypatch.setenv("NANOCOCOA_MODELS", str(tiny_store.root))
    monkeypatch.setenv("NANOCOCOA_LICENCES", ",".join(tiny_store.licences))
    monkeypatch.setenv("DEVICE", "cpu")
    monkeypatch.setenv("NANOCOCOA_GPU_BUDGET_MB", "1024")
    the_residency.cache_clear()
    yield the_residency()
    the_residency().unload_all()
    the_residency.cache_clear()
