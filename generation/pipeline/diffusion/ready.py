"""Whether this machine can run the diffusion engine: asked when its process starts.

Nothing is loaded: packages, device and the models' files are looked at, in a second or two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from generation.pipeline.errors import DiffusionNotInstalled

from .catalog import DEFAULT_BACKGROUND, DEFAULT_LETTERING, GIB
from .memory import chosen_chip, wished_quantisation
from .store import Store

PACKAGES: Final = ("torch", "diffusers", "transformers", "accelerate", "safetensors")
BACKGROUND: Final = "NANOCOCOA_BACKGROUND_MODEL"
LETTERING: Final = "NANOCOCOA_LETTERING_MODEL"
NO_MODEL: Final = "none"


def check_ready(environment: Mapping[str, str] = os.environ) -> None:
    """Raise what would keep every job from being made here.

    DiffusionNotInstalled, NoGpu, ModelUnknown, LicenceNotSet, ModelMissing, ModelDamaged; their
    details say what to do about it. ValueError for a setting that cannot be.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise DiffusionNotInstalled(
            f"not installed: {', '.join(missing)} (pip install -r requirements/gpu.txt)"
        )
    chosen_chip(environment)
    wished_quantisation(environment)
    store = Store.from_environment(environment)
    for key in needed_models(environment):
        store.check(key)


def needed_models(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the catalogue's keys of the models that every job needs here."""
    background = environment.get(BACKGROUND) or DEFAULT_BACKGROUND
    lettering = environment.get(LETTERING) or DEFAULT_LETTERING
    return (background,) if lettering == NO_MODEL else (background, lettering)


def described() -> str:
    """Return what the engine runs on, in words, for the worker's log and the admin."""
    import torch

    chip = chosen_chip()
    return f"torch {torch.__version__}, {chip.name}, {chip.budget / GIB:.1f} GiB to fill"
