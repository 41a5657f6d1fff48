"""The hook by which a network comes to the device right before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accelerate.hooks import ModelHook

if TYPE_CHECKING:
    from .component import Component
    from .residency import Residency


class BringFirst(ModelHook):
    """Bring a component before its forward pass (and a VAE's encode and decode).

    diffusers looks for `execution_device` here to learn where a pipeline's latents belong.
    """

    def __init__(self, residency: Residency, component: Component) -> None:
        self.residency = residency
        self.component = component
        self.execution_device = residency.chip.device

    def pre_forward(self, module: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:  # noqa: ARG002 - the library's signature
        self.residency.bring(self.component)
        return args, kwargs
