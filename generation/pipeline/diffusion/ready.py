"""Whether this machine can run the diffusion engine: asked when its process starts.

Nothing is loaded: packages, device and the models' files are looked at, in a second or two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from generation.pipeline.errors import DiffusionNotInstalled, NoGpu

from .catalog import DEFAULT_BACKGROUND, DEFAULT_LETTERING
from .store import Store

PACKAGES: Final = ("torch", "diffusers", "transformers", "accelerate", "safetensors")
DEVICE: Final = "DEVICE"
BACKGROUND: Final = "NANOCOCOA_BACKGROUND_MODEL"
LETTERING: Final = "NANOCOCOA_LETTERING_MODEL"
NO_MODEL: Final = "none"


def check_ready(environment: Mapping[str, str] = os.environ) -> None:
    """Raise what would keep every job from being made here.

    DiffusionNotInstalled, NoGpu, ModelUnknown, LicenceNotSet, ModelMissing, ModelDamaged; their
    details say what to do about it. `DEVICE=cpu` asks for no GPU: it is for trying things out.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise DiffusionNotInstalled(
            f"not installed: {', '.join(missing)} (pip install -r requirements/gpu.txt)"
        )
    if environment.get(DEVICE, "auto") != "cpu":
        _check_gpu()
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

    if not torch.cuda.is_available():
        return f"torch {torch.__version__}, CPU"
    major, minor = torch.cuda.get_device_capability()
    size = torch.cuda.get_device_properties(0).total_memory / 1024**3
    name = torch.cuda.get_device_name()
    return f"torch {torch.__version__}, {name} ({size:.0f} GB, sm_{major}{minor})"


def _check_gpu() -> None:
    import torch

    if torch.cuda.is_available():
        return
    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
    raise NoGpu(
        f"torch {torch.__version__} ({built}) sees no GPU: check the driver with nvidia-smi, the "
        "container's device reservation (NVIDIA Container Toolkit) and CUDA_VISIBLE_DEVICES"
    )
