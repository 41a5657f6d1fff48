"""The cut-out by BiRefNet, a learnt model, where a server has its weights as an ONNX file.

Source: Zheng et al., "Bilateral Reference for High-Resolution Dichotomous Image Segmentation",
2024; its ONNX exports take one ImageNet-normalised picture and return one map of logits, last.
"""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.diffusion.catalog import model
from generation.pipeline.diffusion.component import Component
from generation.pipeline.diffusion.faults import is_out_of_memory
from generation.pipeline.diffusion.residency import Residency, in_charge
from generation.pipeline.diffusion.store import Pin, Store, account
from generation.pipeline.errors import ModelDamaged, NoProductFound

from . import LEAST_AREA, CutOut
from .matte import draw_edge

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

logger = logging.getLogger(__name__)

# Path of the weights, before those of the models folder; without either, or without the onnxruntime
# package, the model is not used.
WEIGHTS_VARIABLE: Final = "NANOCOCOA_BIREFNET_ONNX"
CATALOGUE_KEY: Final = "birefnet"
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
# What the published weights were trained at, for exports that leave the size open.
MODEL_SIDE: Final = 1024
IMAGENET_MEAN: Final = np.array((0.485, 0.456, 0.406), np.float32)
IMAGENET_SPREAD: Final = np.array((0.229, 0.224, 0.225), np.float32)
# A map is undecided where it lies between these; sure models leave a thin line of it.
UNDECIDED: Final = (0.1, 0.9)
# Undecided part over the product's own area: this much is no answer, this little a sure one.
NO_ANSWER, SURE = 0.5, 0.06


class BirefnetUnavailable(Exception):  # noqa: N818 - a state of the server, not a bug
    """The model cannot be used; the message says why."""


def weights() -> Path | None:
    """Return the configured weights, else the fetched ones (docs/diffusion.md), else None."""
    configured = os.environ.get(WEIGHTS_VARIABLE, "").strip()
    if configured:
        return Path(configured)
    store = Store.from_environment()
    path = store.folder(CATALOGUE_KEY) / model(CATALOGUE_KEY).files[0]
    return path if _pin(store) and path.is_file() else None


def _pin(store: Store) -> Pin | None:
    """Return what the fetched weights are pinned to, None where they are not or nobody can say."""
    try:
        return store.pins().get(CATALOGUE_KEY)
    except ModelDamaged as damaged:
        logger.warning("BiRefNet is not used: %s", damaged)
        return None


def birefnet_account() -> dict[str, Any]:
    """Return what an ad's checks say of the model; its revision only where it was fetched."""
    named = os.environ.get(WEIGHTS_VARIABLE, "").strip()
    return account(model(CATALOGUE_KEY), None if named else _pin(Store.from_environment()))


def cut_out_by_birefnet(rgb: Bytes, path: Path) -> CutOut:
    """Cut the product out of `rgb` (H, W, 3) with the weights at `path`.

    Raises BirefnetUnavailable when the model fails in any way, NoProductFound when it sees none.
    """
    coverage = _coverage(rgb, path)
    if (coverage > 0.5).mean() < LEAST_AREA:
        raise NoProductFound("BiRefNet sees no product")
    rgba, box = draw_edge(rgb, coverage)
    return CutOut(rgba, box, decidedness(coverage), "birefnet")


def decidedness(coverage: Floats) -> float:
    """Return how sure a map (H, W) of 0..1 is of itself, 0..1: few pixels in between."""
    between = (coverage > UNDECIDED[0]) & (coverage < UNDECIDED[1])
    share = float(between.sum()) / max(float((coverage > 0.5).sum()), 1.0)
    return float(np.clip((NO_ANSWER - share) / (NO_ANSWER - SURE), 0, 1))


def _coverage(rgb: Bytes, path: Path) -> Floats:
    """Return the model's map (h, w) 0..1, at its own resolution in the photo's proportions."""
    answer = answer_of(rgb, path)
    scale = max(answer.shape) / max(rgb.shape[:2])
    size = (max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1))
    return np.asarray(cv2.resize(answer, size, interpolation=cv2.INTER_AREA), np.float32)


def answer_of(rgb: Bytes, path: Path) -> Floats:
    """Return the map (h, w) 0..1 that the network at `path` makes of a picture, at its own size.

    Raises BirefnetUnavailable.
    """
    network = _network(path)
    try:
        answer = network.answer(rgb)
    except BirefnetUnavailable:
        raise
    except Exception as error:
        # onnxruntime raises classes of its own for shapes, memory and broken graphs.
        raise BirefnetUnavailable(f"BiRefNet failed: {error}") from error
    if not np.isfinite(answer).all():
        raise BirefnetUnavailable("BiRefNet failed: its map is not finite")
    if answer.min() < 0 or answer.max() > 1:
        answer = np.asarray(1 / (1 + np.exp(-np.clip(answer, -30, 30))), np.float32)
    return answer


@lru_cache(maxsize=1)
def _network(path: Path) -> Network:
    return Network(path)


class Network:
    """The weights of one file: in onnxruntime's memory, or only on the disk.

    Where an owner of device memory is in charge, it is its guest there, and may be told to leave.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.session: Any = None
        parts = [one for one in path.parent.glob(f"{path.name}*") if one.is_file()]
        self.size = sum(one.stat().st_size for one in parts)
        working = model(CATALOGUE_KEY).working
        self.guest = Component(CATALOGUE_KEY, "session", self, working=working)

    @property
    def on_device(self) -> bool:
        """Whether a session holds its weights."""
        return self.session is not None

    def to_device(self, device: str) -> None:  # noqa: ARG002 - the session knows its own
        """Read the weights. Raises BirefnetUnavailable."""
        if self.session is None:
            self.session = _session(self.path)

    def to_host(self) -> None:
        """Let go of the session: the file is read again when it is next needed."""
        self.session = None

    def answer(self, rgb: Bytes) -> Floats:
        """Run on a picture; once more alone on the device if its memory runs out."""
        owner = in_charge()
        if owner is None or (owner.chip.capability is not None) != _runs_on_cuda():
            self.to_device("")
            return _run(self.session, rgb)
        try:
            with owner.having(self.guest):
                return _run(self.session, rgb)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            logger.warning("BiRefNet once more, alone on the device: %s", error)
        owner.free()
        with owner.having(self.guest):
            return _run(self.session, rgb)


def _run(session: Any, rgb: Bytes) -> Floats:
    """Return what the network says of a picture, its last map, as it is."""
    entry = session.get_inputs()[0]
    height, width = (n if isinstance(n, int) else MODEL_SIDE for n in entry.shape[2:4])
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    pixels = (small.astype(np.float32) / 255 - IMAGENET_MEAN) / IMAGENET_SPREAD
    feeds = {entry.name: pixels.transpose(2, 0, 1)[None]}
    found = session.run(None, feeds, _run_options(session))[-1]
    maps = np.asarray(found, np.float32).reshape(-1, *np.shape(found)[-2:])
    return np.asarray(maps[-1], np.float32)


def _session(path: Path) -> Any:
    try:
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=_providers(onnxruntime))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise BirefnetUnavailable(f"BiRefNet cannot be loaded: {error}") from error
    if _runs_on_cuda() and CUDA not in session.get_providers():
        # onnxruntime says why on stderr: mostly no CUDA libraries of its own major version.
        logger.warning("BiRefNet runs on the processor: onnxruntime could not use the GPU")
    return session


def _runs_on_cuda() -> bool:
    """Tell whether the onnxruntime that is installed would run on a GPU here."""
    try:
        import onnxruntime
    except ImportError:
        return False
    gpu = CUDA in onnxruntime.get_available_providers()
    return gpu and os.environ.get("DEVICE", "").strip() != "cpu"


def _providers(onnxruntime: Any) -> list[Any]:
    """Return where it runs: on CUDA with the `onnxruntime-gpu` package, unless DEVICE is the CPU.

    TensorRT is never asked: it would compile for minutes before the first cut-out.
    """
    if not _runs_on_cuda():
        return [CPU]
    # torch's own CUDA and cuDNN libraries, so that there is one set of them.
    onnxruntime.preload_dlls()
    return [(CUDA, cuda_options(in_charge())), CPU]


def cuda_options(owner: Residency | None) -> dict[str, str]:
    """Return the CUDA provider's options: the owner's GPU, and no more of it than may be filled."""
    options = {"arena_extend_strategy": "kSameAsRequested"}
    if owner is not None:
        options |= {"device_id": str(owner.chip.number), "gpu_mem_limit": str(owner.chip.budget)}
    return options


def _run_options(session: Any) -> Any:
    """Return options that give the GPU's working memory back after the run; None on the CPU."""
    if CUDA not in session.get_providers():
        return None
    import onnxruntime

    number = session.get_provider_options()[CUDA]["device_id"]
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", f"gpu:{number}")
    return options
