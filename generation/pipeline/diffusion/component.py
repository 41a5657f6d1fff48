"""What the owner of device memory moves: one network of a model at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from .memory import Quantisation


class Movable(Protocol):
    """What can be on the device or not. `size` in bytes."""

    size: int

    @property
    def on_device(self) -> bool:
        """Whether it is there."""

    def to_device(self, device: str) -> None:
        """Take its place on the device."""

    def to_host(self) -> None:
        """Let go of its place there."""


@dataclass(eq=False)
class Component:
    """One network of a model: the unit that goes to the device and leaves it.

    `working`: bytes that it takes there beside its weights while it runs, where that is not of the
    memory that is kept free for activations anyway.
    """

    owner: str
    name: str
    copy: Movable
    working: int = 0
    last_needed: int = 0


@dataclass(eq=False)
class Loaded:
    """A model in host memory. `seconds`: how long it took to load."""

    pipeline: Any
    quantised: Quantisation
    seconds: float
    components: list[Component] = field(default_factory=list)

    @property
    def on_device(self) -> int:
        """Bytes of it that lie on the device."""
        return sum(one.copy.size for one in self.components if one.copy.on_device)

    def to_host(self) -> None:
        """Take all of it off the device."""
        for one in self.components:
            one.copy.to_host()
