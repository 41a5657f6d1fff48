"""Whether this machine can run the diffusion engine: asked when its process starts.

Nothing is loaded: packages, device and the models' files are looked at, in a second or two.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from generation.pipeline.errors import DiffusionNotInstalled, StageFailed

from .catalog import DEFAULT_BACKGROUND, DEFAULT_LETTERING, GIB, model, with_parts
from .memory import (
    Chip,
    Wish,
    choose_quantisation,
    chosen_chip,
    refuse_too_large,
    wished_quantisation,
)
from .quantise import HEAVY, LEAST_LEFT
from .speed import compiles
from .store import Store

logger = logging.getLogger(__name__)

PACKAGES: Final = ("torch", "diffusers", "transformers", "accelerate", "safetensors")
BACKGROUND: Final = "NANOCOCOA_BACKGROUND_MODEL"
LETTERING: Final = "NANOCOCOA_LETTERING_MODEL"
NO_MODEL: Final = "none"
# The catalogue's key of the cut-out, and the variable that names a file of its own.
CUTOUT, BIREFNET = "birefnet", "NANOCOCOA_BIREFNET_ONNX"


def check_ready(environment: Mapping[str, str] = os.environ) -> None:
    """Raise what would keep every job from being made here.

    DiffusionNotInstalled, NoGpu, GpuTooSmall, ModelUnknown, LicenceNotSet, ModelMissing,
    ModelDamaged; their details say what to do about it. ValueError for a setting that cannot be.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise DiffusionNotInstalled(
            f"not installed: {', '.join(missing)} (pip install -r requirements/gpu.txt)"
        )
    wish, chip = wished_quantisation(environment), chosen_chip(environment)
    compiles(chip, environment)
    store = Store.from_environment(environment)
    for key in needed_models(environment):
        store.check(key)
        _refuse_what_cannot_fit(store, key, chip, wish)
    _look_for_birefnet(store, environment)


def _refuse_what_cannot_fit(store: Store, key: str, chip: Chip, wish: Wish) -> None:
    """Raise GpuTooSmall for a model with a component that the chip can never hold.

    By the sizes of its files, before they are read; loading asks again for what is really taken.
    """
    method = choose_quantisation(model(key), chip, wish)
    for entry in with_parts(key):
        for name, size in store.weights_of(entry.key).items():
            share = LEAST_LEFT[method] if name in HEAVY else 1.0
            refuse_too_large(entry.key, name or entry.kind.value, int(size * share), chip)


def _look_for_birefnet(store: Store, environment: Mapping[str, str]) -> None:
    """Warn where products will be cut out by the colour model: good ads, with a weaker outline."""
    if environment.get(BIREFNET, "").strip():
        return
    try:
        store.check(CUTOUT)
    except StageFailed as failure:
        logger.warning("BiRefNet is not used, the colour model cuts out: %s", failure.detail)


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
