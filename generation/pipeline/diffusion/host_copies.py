"""One component's weights in host memory and, in turn, on the device.

Weights never change while images are made: leaving the device drops the copy there, and coming back
is one copy from (where RAM allows, page-locked) host memory, never a disk read.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from .memory import the_torch

logger = logging.getLogger(__name__)

# Page-locked memory cannot be swapped out: this share of the free RAM stays unlocked.
LEFT_UNLOCKED: Final = 0.5
# torch rounds each page-locked block up to a power of two; so they are taken as such.
LARGEST_BLOCK: Final = 1024**3
# Of every tensor in a block, so that any type can be read there.
ALIGNMENT: Final = 512


class LockedMemory:
    """Page-locked blocks that hold copies of tensors, one behind the other."""

    def __init__(self, size: int, *, lock: bool = True) -> None:
        """`size`: bytes that will be kept in all. `lock`: False without a GPU, in tests."""
        self.left = size
        self.lock = lock
        self.blocks: list[Any] = []
        self._offset = 0

    def kept(self, tensor: Any) -> Any:
        """Return a copy of a tensor here; torchao's hold several, other kinds stay as they are."""
        torch = the_torch()
        if hasattr(tensor, "__tensor_flatten__"):
            names, context = tensor.__tensor_flatten__()
            inner = {name: self.kept(getattr(tensor, name)) for name in names}
            return type(tensor).__tensor_unflatten__(inner, context, tensor.size(), tensor.stride())
        if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or not _is_dense(tensor):
            return tensor
        place = self._place(tensor.numel() * tensor.element_size()).view(tensor.dtype)
        return place.as_strided(tensor.shape, tensor.stride()).copy_(tensor.detach())

    def _place(self, size: int) -> Any:
        """Return the next `size` free bytes, in a new block if the last one is full."""
        if not self.blocks or self._offset + size > len(self.blocks[-1]):
            length = max(power_of_two(size), min(LARGEST_BLOCK, power_of_two(self.left)))
            torch = the_torch()
            self.blocks.append(torch.empty(length, dtype=torch.uint8, pin_memory=self.lock))
            self._offset = 0
        place = self.blocks[-1][self._offset : self._offset + size]
        self._offset += -(-size // ALIGNMENT) * ALIGNMENT
        self.left = max(self.left - size, 0)
        return place


class HostCopy:
    """A module's parameters and buffers, kept in host memory for as long as the module lives."""

    def __init__(self, module: Any) -> None:
        """`module`: an nn.Module in host memory; its tensors become the host copy."""
        self.module = module
        self.size = _module_bytes(module)
        self.pinned = False
        self.on_device = False
        self._places = [
            (where, name, tensor)
            for part in module.modules()
            for where in (part._parameters, part._buffers)  # noqa: SLF001 - torch's way to reassign
            for name, tensor in where.items()
            if tensor is not None
        ]

    def pin(self, free_ram: int) -> None:
        """Page-lock the host copy, for a GPU, where `free_ram` bytes allow it."""
        if self.size <= free_ram * (1 - LEFT_UNLOCKED):
            try:
                self.keep_in(LockedMemory(self.size))
            except RuntimeError as error:
                logger.info("no page-locked copy of %s: %s", type(self.module).__name__, error)

    def keep_in(self, memory: LockedMemory) -> None:
        """Move the host copy there."""
        kept = self._mapped(memory.kept)
        self._places = [(where, name, kept[id(tensor)]) for where, name, tensor in self._places]
        self.pinned = memory.lock
        if not self.on_device:
            self.to_host()

    def to_device(self, device: str) -> None:
        """Copy the weights to the device."""
        self._put(self._mapped(lambda tensor: tensor.to(device, non_blocking=self.pinned)))
        self.on_device = True

    def to_host(self) -> None:
        """Let go of the device's copy."""
        for _, _, tensor in self._places:
            # bitsandbytes' scales are one object for both copies: they travel with the weights.
            if (state := getattr(tensor, "quant_state", None)) is not None:
                state.to("cpu")
        self._put({id(tensor): tensor for _, _, tensor in self._places})
        self.on_device = False

    def _mapped(self, change: Any) -> dict[int, Any]:
        """Return the host tensors changed, by the host tensor's id; what was tied stays tied."""
        parameter = the_torch().nn.Parameter
        changed: dict[int, Any] = {}
        for _, _, tensor in self._places:
            if id(tensor) in changed:
                continue
            fresh = change(tensor)
            if isinstance(tensor, parameter) and not isinstance(fresh, parameter):
                fresh = parameter(fresh, requires_grad=False)
            changed[id(tensor)] = fresh
        return changed

    def _put(self, tensors: dict[int, Any]) -> None:
        for where, name, tensor in self._places:
            where[name] = tensors[id(tensor)]


def _is_dense(tensor: Any) -> bool:
    """Tell whether a tensor fills its memory without gaps, channels last or not."""
    last = the_torch().channels_last
    return bool(
        tensor.is_contiguous() or (tensor.ndim == 4 and tensor.is_contiguous(memory_format=last))
    )


def power_of_two(size: int) -> int:
    """Return the least power of two that is not smaller."""
    return 1 << max(size - 1, 1).bit_length()


def _module_bytes(module: Any) -> int:
    """Return what a module's tensors take: tied weights count, and travel, once."""
    tensors = {id(one): one for one in (*module.parameters(), *module.buffers())}
    return sum(_bytes(tensor) for tensor in tensors.values())


def _bytes(tensor: Any) -> int:
    """Return what a tensor takes, quantised ones (which hold several) included."""
    if hasattr(tensor, "__tensor_flatten__"):
        names, _ = tensor.__tensor_flatten__()
        return sum(_bytes(getattr(tensor, name)) for name in names)
    return int(tensor.numel() * tensor.element_size())
