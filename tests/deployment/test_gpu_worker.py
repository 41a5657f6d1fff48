"""The GPU worker by its exact command from compose.yaml, until its health check passes.

With torch, tiny models where the volume has the fetched ones, and DEVICE=cpu in place of a GPU.
"""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_services import PATIENCE, Deployment

pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("torch", "diffusers", "transformers")),
    reason="torch is not installed",
)
NAME = "worker-gpu"


class WithModels(Deployment):
    """The deployment with models in its volume, and a processor in place of its GPU."""

    def environment(self, name: str) -> dict[str, str]:
        told = {"DEVICE": "cpu", "ENGINES": "studio,diffusion", "NANOCOCOA_LETTERING_MODEL": "none"}
        return super().environment(name) | told


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    from generation.pipeline.diffusion.catalog import DEFAULT_BACKGROUND
    from generation.pipeline.diffusion.store import Store
    from tests.pipeline.diffusion import tiny

    site = WithModels(tmp_path_factory.mktemp("deployment"))
    store = Store(Path(site.environment(NAME)["NANOCOCOA_MODELS"]))
    for key in ("birefnet", DEFAULT_BACKGROUND):
        tiny.save_model(key, store.folder(key))
        tiny.pin(store, key)
    try:
        site.start("redis")
        migrated = site.run(site.command("migrate"), "migrate")
        assert migrated.returncode == 0, migrated.stderr
        site.start(NAME)
        yield site
    finally:
        site.end()


def test_its_health_check_passes_and_it_says_what_it_runs_on(deployment: Deployment) -> None:
    deadline = time.monotonic() + 3 * PATIENCE  # torch and diffusers are heavy to import
    # A worker lives before its engine has been asked what it can.
    while "engine diffusion warm" not in (said := deployment.log(NAME)):
        assert time.monotonic() < deadline, said
        time.sleep(0.3)
    deployment.wait_until_healthy(NAME)
    assert re.search(r"torch [\d.]+\S*, CPU", deployment.log(NAME))
    assert "cannot work" not in deployment.log(NAME)


def test_its_models_are_those_of_the_volume_and_none_without_its_licence(
    deployment: Deployment,
) -> None:
    listed = deployment.run(["python", "manage.py", "models", "verify", "birefnet"], NAME)
    assert listed.returncode == 0, listed.stderr
    refused = deployment.run(["python", "manage.py", "models", "fetch", "flux1-dev", "--pin"], NAME)
    assert refused.returncode
    assert "NANOCOCOA_LICENCES=flux1-dev" in refused.stderr + refused.stdout
