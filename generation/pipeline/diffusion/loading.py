"""From pinned files to a pipeline in host memory: safetensors only, offline, no code."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from generation.pipeline.errors import DiffusionNotInstalled, ModelDamaged, ModelUnknown

from .catalog import Kind, ModelEntry, model
from .memory import the_torch
from .store import Store

logger = logging.getLogger(__name__)


def load(entry: ModelEntry, store: Store, *, dtype: str | None = None) -> Any:
    """Return the entry's pipeline in host memory, with its parts put in.

    `dtype` overrides the entry's (a torch name). Raises ModelUnknown for what is no
    pipeline (a part; BiRefNet, which the cut-out loads itself), LicenceNotSet, ModelMissing,
    ModelDamaged (with the library's reason), DiffusionNotInstalled.
    """
    if entry.kind not in (Kind.BACKGROUND, Kind.LETTERING):
        raise ModelUnknown(f"{entry.key} is no pipeline: {entry.kind}", model=entry.key)
    store.check(entry.key)
    try:
        pipeline = _pipeline(entry, store, dtype or entry.dtype)
    except ImportError as error:
        raise DiffusionNotInstalled(f"{entry.key} needs a package: {error}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        if "out of memory" in str(error).lower():
            raise
        reason = f"{type(error).__name__}: {error}"
        raise ModelDamaged(f"{entry.key} cannot be loaded: {reason}", model=entry.key) from error
    pipeline.set_progress_bar_config(disable=True)
    # Takes that are painted in one pass are decoded one by one: nothing else of a pass takes as
    # much memory as a VAE's last layers, 1.5 GiB a megapixel.
    pipeline.vae.enable_slicing()
    return pipeline


def _pipeline(entry: ModelEntry, store: Store, dtype: str) -> Any:
    the_torch()
    import diffusers
    import transformers

    # Their bars would fill the worker's log; the stage reports what it does itself.
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    folder = store.folder(entry.key)
    parts = _parts(entry, store, dtype)
    kind = getattr(diffusers, entry.pipeline)
    pipeline = kind.from_pretrained(folder, variant=entry.variant, **_how(dtype), **parts)
    if "unet" in parts:
        # SDXL-Lightning was distilled with steps counted from the end of the schedule.
        pipeline.scheduler = diffusers.EulerDiscreteScheduler.from_config(
            pipeline.scheduler.config, timestep_spacing="trailing"
        )
    return pipeline


def _how(dtype: str) -> dict[str, Any]:
    return {"dtype": getattr(the_torch(), dtype), "local_files_only": True, "use_safetensors": True}


def _parts(entry: ModelEntry, store: Store, dtype: str) -> dict[str, Any]:
    """Return the components that replace or complete the repository's own, by component name."""
    import diffusers

    found: dict[str, Any] = {}
    for part in map(model, entry.parts):
        folder = store.folder(part.key)
        kind = getattr(diffusers, part.pipeline)
        if part.kind is Kind.UNET:
            found["unet"] = _bare_unet(kind, store.folder(entry.key), folder / part.files[0], dtype)
        elif part.kind is Kind.CONTROLNET:
            found.setdefault("controlnet", []).append(kind.from_pretrained(folder, **_how(dtype)))
        else:
            found["vae"] = kind.from_pretrained(folder, **_how(dtype))
    return found


def _bare_unet(kind: Any, base: Path, weights: Path, dtype: str) -> Any:
    """Return the base model's U-Net with other weights, published as a bare state dict."""
    torch = the_torch()
    from safetensors.torch import load_file

    with torch.device("meta"):
        unet = kind.from_config(kind.load_config(base, subfolder="unet"))
    state = {name: tensor.to(getattr(torch, dtype)) for name, tensor in load_file(weights).items()}
    unet.load_state_dict(state, assign=True)
    return unet.eval()
