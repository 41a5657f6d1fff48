"""What the default set takes at its peak on the smallest GPU that is meant, by its real sizes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from bench import gpu_models
from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.component import Component, Loaded
from generation.pipeline.diffusion.memory import NOT_FOR_TENSORS, Chip, vae_working
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.store import Store

GB = 10**9
# What is to be enough, of the 24 that an L4 has.
ENOUGH = 22 * GB
L4 = Chip("cuda:0", "L4", 24 * GB, (8, 9))
# Beside weights, of everything but the VAEs: latents of a megapixel through one block at a time.
OTHERS_WORK_IN = GB
SCENE, LETTERS = "flux2-klein-4b", "sdxl"
PAINTING = ("vae", "transformer", "vae")
RESTYLING = ("vae", "controlnet", "unet", "vae")


class Live(TorchDispatchMode):
    """The most bytes that results of operators without memory would have taken at once."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, torch.Tensor):
                storage = one.untyped_storage()
                place = StorageWeakRef(storage)
                self.held.setdefault(place.cdata, (place, storage.nbytes()))
        self.held = {key: one for key, one in self.held.items() if not one[0].expired()}
        self.peak = max(self.peak, sum(size for _, size in self.held.values()))
        return made


@pytest.mark.parametrize(
    ("make", "dtype", "latents"),
    [(diffusers.AutoencoderKLFlux2, torch.bfloat16, 32), (gpu_models.sdxl_vae, torch.float16, 4)],
)
def test_a_vae_works_in_what_is_kept_for_it(make: Any, dtype: torch.dtype, latents: int) -> None:
    vae = gpu_models.empty(make, dtype)
    kept = vae_working(vae, L4) - NOT_FOR_TENSORS * L4.budget
    with torch.no_grad(), Live() as encoding:
        vae.encode(torch.empty(1, 3, 1024, 1024, dtype=dtype, device="meta"))
    with torch.no_grad(), Live() as decoding:
        vae.decode(torch.empty(1, latents, 128, 128, dtype=dtype, device="meta"))
    assert max(encoding.peak, decoding.peak) == pytest.approx(kept, rel=0.03)
    assert vae_working(vae, Chip("cpu", "CPU", 2**40)) == 0


@dataclass
class Weights:
    """Weights of so many bytes that are nowhere."""

    size: int
    on_device: bool = False

    def to_device(self, _: str) -> None:
        self.on_device = True

    def to_host(self) -> None:
        self.on_device = False


@pytest.fixture
def owner(tmp_path: Path) -> Residency:
    """The default set in host memory, each network of its real size, on a chip of 24 GB."""
    made = Residency(Store(tmp_path), Chip("cpu", "L4", L4.budget))
    vaes = {
        SCENE: gpu_models.empty(diffusers.AutoencoderKLFlux2, torch.bfloat16),
        LETTERS: gpu_models.empty(gpu_models.sdxl_vae, torch.float16),
    }
    for key in (SCENE, LETTERS):
        sizes: dict[str, int] = {}
        for entry in catalog.with_parts(key):
            for name, size in entry.sizes.items():
                sizes[name] = sizes.get(name, 0) + size
        parts = [Component(key, name, Weights(size)) for name, size in sizes.items()]
        for one in parts:
            one.working = vae_working(vaes[key], L4) if one.name == "vae" else 0
        made._models[key] = Loaded(None, "none", 0.0, parts)
    return made


def run(owner: Residency, key: str, names: tuple[str, ...]) -> int:
    """Have networks of a model run one after the other; return the most that was taken."""
    parts, most = {one.name: one for one in owner._models[key].components}, 0
    with owner.use(key):
        for name in names:
            owner.bring(parts[name])
            assert parts[name].copy.on_device
            beside = parts[name].working - int(NOT_FOR_TENSORS * L4.budget)
            most = max(most, owner._resident() + (beside if name == "vae" else OTHERS_WORK_IN))
    return most


def ad(owner: Residency, *, new_words: bool) -> int:
    """One ad: scene, retouch, letters."""
    owner.expect((SCENE, LETTERS))
    words = {SCENE: ("text_encoder",), LETTERS: ("text_encoder", "text_encoder_2")}
    read = words if new_words else {SCENE: (), LETTERS: ()}
    scene = run(owner, SCENE, (*read[SCENE], *PAINTING, *PAINTING))
    return max(scene, run(owner, LETTERS, (*read[LETTERS], *RESTYLING)))


def test_the_default_set_stays_under_22_gb(owner: Residency) -> None:
    peaks = [ad(owner, new_words=new) for new in (True, False, True, True, False, False)]
    assert max(peaks) <= ENOUGH
    # And no lower than that for its own sake: what was there for the last ad is there for this one.
    assert owner._resident() > 0.8 * owner.chip.weights_budget


def test_the_networks_that_paint_stay_on_it_from_ad_to_ad(owner: Residency) -> None:
    ad(owner, new_words=True)
    ad(owner, new_words=False)
    moved: list[str] = []
    for key in (SCENE, LETTERS):
        for one in owner._models[key].components:
            one.copy = Watched(one.copy.size, one.copy.on_device, moved, f"{key} {one.name}")
    ad(owner, new_words=False)
    assert moved == []


@dataclass
class Watched(Weights):
    moved: list[str] | None = None
    name: str = ""

    def to_device(self, device: str) -> None:
        super().to_device(device)
        assert self.moved is not None
        self.moved.append(self.name)
