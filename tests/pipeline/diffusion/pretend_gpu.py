"""A GPU that is not there: tensors that say they are on "cuda:0" and are computed by the processor.

Like a real one it refuses what lies elsewhere, has so much memory and no more, and gives back what
nobody holds. So which tensor lies where, and who lets go of what, is tested without one. What only
CUDA's own kernels do is not.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Self

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing

CUDA = torch.device("cuda:0")
# CUDA copies between devices, and takes indices from host memory.
ACROSS = {
    torch.ops.aten.copy_.default,
    torch.ops.aten._to_copy.default,
    torch.ops.aten.index.Tensor,
    torch.ops.aten.index_put_.default,
    torch.Tensor.__getitem__,
    torch.Tensor.__setitem__,
}
# These ask for CUDA's own code before anything is dispatched.
BEFORE_DISPATCH = {
    torch.nn.functional.scaled_dot_product_attention,
    torch.Tensor.__getitem__,
    torch.Tensor.__setitem__,
    torch.Tensor.contiguous,
    torch.Tensor.__float__,
    torch.Tensor.__int__,
    torch.Tensor.__bool__,
    torch.Tensor.item,
}


class OnGpu(torch.Tensor):
    """A tensor on the pretended GPU; `held` is where its numbers are."""

    held: torch.Tensor
    gpu: PretendGpu

    @staticmethod
    def __new__(cls, held: torch.Tensor, gpu: PretendGpu) -> Self:
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=CUDA,
        )
        made.held, made.gpu = held, gpu
        gpu.count(made, held.untyped_storage())
        return made

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func not in BEFORE_DISPATCH:
            return torch._C._disabled_torch_function_impl(func, types, args, kwargs or {})
        gpu = _gpu_of(args, kwargs)
        gpu.check(func, (args, kwargs))
        return gpu._put(func(*_held(args), **_held(kwargs or {})))

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _gpu_of(args, kwargs).run(func, args, kwargs or {})


def _tensors(one: Any) -> Iterator[torch.Tensor]:
    """All tensors in what a function was given, lists of them included."""
    if isinstance(one, torch.Tensor):
        yield one
    elif isinstance(one, list | tuple):
        for inner in one:
            yield from _tensors(inner)
    elif isinstance(one, dict):
        yield from _tensors(list(one.values()))


def _gpu_of(*given: Any) -> PretendGpu:
    return next(one.gpu for one in _tensors(given) if isinstance(one, OnGpu))


def _held(one: Any) -> Any:
    """What was given, with the numbers themselves in place of tensors on the GPU."""
    if isinstance(one, OnGpu):
        return one.held
    if type(one) in (list, tuple):
        return type(one)(_held(inner) for inner in one)
    if isinstance(one, dict):
        return {name: _held(value) for name, value in one.items()}
    return one


class PretendGpu(TorchDispatchMode):
    """The device and its driver. `total`: its bytes; `used` of them now, `peak` at most so far.

    As torch does, it keeps what was used, until it is told to empty its cache; so it does with
    page-locked host memory (`kept_locked`).
    """

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total = total
        self.used = self.peak = self.reserved = 0
        self._holders: Counter[int] = Counter()
        self._locked: list[tuple[StorageWeakRef, int]] = []
        self.kept_locked = 0

    def count(self, tensor: OnGpu, storage: Any) -> None:
        """Count a storage as long as a tensor on the GPU holds it. Raises OutOfMemoryError."""
        place, size = storage.data_ptr(), storage.nbytes()
        if not self._holders[place]:
            if self.used + size > self.total:
                raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size} bytes.")
            self.used += size
            self.peak = max(self.peak, self.used)
            self.reserved = max(self.reserved, self.used)
        self._holders[place] += 1
        weakref.finalize(tensor, self._let_go, place, size)

    @property
    def locked(self) -> int:
        """Bytes of page-locked host memory that somebody holds."""
        return sum(size for storage, size in self._locked if not storage.expired())

    def _let_go(self, place: int, size: int) -> None:
        self._holders[place] -= 1
        if not self._holders[place]:
            self.used -= size

    def check(self, func: Any, given: Any) -> bool:
        """Tell whether anything of it is here.

        Raises what CUDA raises for tensors in two places; a lone number may be the host's.
        """
        tensors = list(_tensors(given))
        here = any(isinstance(one, OnGpu) for one in tensors)
        away = any(not isinstance(one, OnGpu) and one.ndim for one in tensors)
        if here and away and func not in ACROSS:
            raise RuntimeError(f"{func}: expected all tensors to be on the same device")
        return here

    def run(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Compute on the processor what is asked of either; what belongs here stays here."""
        here = self.check(func, (args, kwargs))
        asked = dict(kwargs)
        lock = asked.pop("pin_memory", None)
        if asked.get("device") is not None:
            here = torch.device(asked["device"]).type == "cuda"
            asked["device"] = torch.device("cpu")
        if func is torch.ops.aten.copy_.default:
            func(*_held(args), **_held(asked))
            return args[0]
        found = func(*_held(args), **_held(asked))
        if lock:
            self._locked.append((StorageWeakRef(found.untyped_storage()), found.nbytes))
            self.kept_locked = max(self.kept_locked, self.locked)
        if not here:
            return found
        return return_and_correct_aliasing(func, args, kwargs, self._put(found))

    def _put(self, one: Any) -> Any:
        if isinstance(one, list | tuple):
            return type(one)(self._put(inner) for inner in one)
        return OnGpu(one, self) if isinstance(one, torch.Tensor) else one

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.run(func, args, kwargs or {})


@contextmanager
def pretended(total: int, capability: tuple[int, int] = (8, 6)) -> Iterator[PretendGpu]:
    """Have torch see one GPU of so many bytes, in this thread."""
    gpu = PretendGpu(total)
    major, minor = capability
    figures = SimpleNamespace(name="Pretended", total_memory=total, major=major, minor=minor)
    driver = {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "get_device_properties": lambda _=None: figures,
        "get_device_capability": lambda _=None: capability,
        "mem_get_info": lambda _=None: (total - gpu.reserved, total),
        "memory_reserved": lambda _=None: gpu.reserved,
        "memory_allocated": lambda _=None: gpu.used,
        "max_memory_reserved": lambda _=None: gpu.peak,
        "reset_peak_memory_stats": lambda _=None: setattr(gpu, "peak", gpu.used),
        "set_per_process_memory_fraction": lambda share: setattr(gpu, "total", int(share * total)),
        "synchronize": lambda _=None: None,
        "empty_cache": lambda: setattr(gpu, "reserved", gpu.used),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, does in driver.items():
            patch.setattr(torch.cuda, name, does)
        patch.setattr(torch.version, "cuda", "13.0")
        give_back = lambda: setattr(gpu, "kept_locked", gpu.locked)  # noqa: E731
        patch.setattr(torch._C, "_host_emptyCache", give_back, raising=False)
        with gpu:
            yield gpu
