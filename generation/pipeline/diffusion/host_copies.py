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


class HostCopy:
    """A module's parameters and buffers, kept in host memory for as long as the module lives."""

    def __init__(self, module: Any) -> None:
        """`module`: an nn.Module in host memory; its tensors become the host copy."""
        self.module = module
        self.size = sum(_bytes(tensor) for tensor in self._tensors().values())
        self.pinned = False
        self._places = [
            (where, name, tensor)
            for part in module.modules()
            for where in (part._parameters, part._buffers)  # noqa: SLF001 - torch's way to reassign
            for name, tensor in where.items()
            if tensor is not None
        ]
        self.on_device = False

    def pin(self, free_ram: int) -> None:
        """Page-lock the host copy where a GPU can use that and `free_ram` bytes allow it."""
        torch = the_torch()
        if self.pinned or not torch.cuda.is_available():
            return
        if self.size > free_ram * (1 - LEFT_UNLOCKED):
            return
        try:
            locked = self._mapped(_page_locked)
        except (RuntimeError, NotImplementedError) as error:
            logger.info("no page-locked copy of %s: %s", type(self.module).__name__, error)
            return
        self._places = [(where, name, locked[id(tensor)]) for where, name, tensor in self._places]
        self.pinned = True
        if not self.on_device:
            self._put({id(tensor): tensor for _, _, tensor in self._places})

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

    def _tensors(self) -> dict[int, Any]:
        """The distinct tensors: tied weights count, and travel, once."""
        module = self.module
        return {id(t): t for t in (*module.parameters(), *module.buffers())}

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


def _page_locked(tensor: Any) -> Any:
    """Return a page-locked copy of a plain tensor or of a torchao one; of others the same."""
    torch = the_torch()
    if hasattr(tensor, "__tensor_flatten__"):
        names, context = tensor.__tensor_flatten__()
        inner = {name: _page_locked(getattr(tensor, name)) for name in names}
        return type(tensor).__tensor_unflatten__(inner, context, tensor.size(), tensor.stride())
    return tensor.pin_memory() if type(tensor) in (torch.Tensor, torch.nn.Parameter) else tensor


def _bytes(tensor: Any) -> int:
    """Return what a tensor takes, quantised ones (which hold several) included."""
    if hasattr(tensor, "__tensor_flatten__"):
        names, _ = tensor.__tensor_flatten__()
        return sum(_bytes(getattr(tensor, name)) for name in names)
    return int(tensor.numel() * tensor.element_size())
