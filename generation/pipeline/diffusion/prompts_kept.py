"""Prompts as the text encoders read them, kept: a style's second ad does not read it again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

# Each takes up to 8 MB of host memory (512 tokens of FLUX.2's encoder).
KEPT_PROMPTS: Final = 24

Embedded = dict[str, Any]

_kept: WeakKeyDictionary[Any, OrderedDict[tuple[Any, ...], Embedded]] = WeakKeyDictionary()


def kept_prompt(
    encoder: Any, facts: tuple[Any, ...], device: Any, read: Callable[[], Embedded]
) -> Embedded:
    """Return what `read` gives for these facts, on the device; kept with the text encoder.

    `read` returns tensors by the names of the pipeline's arguments, None where it has none.
    """
    shelf = _kept.setdefault(encoder, OrderedDict())
    if facts not in shelf:
        shelf[facts] = {name: _moved(tensor, "cpu") for name, tensor in read().items()}
    shelf.move_to_end(facts)
    while len(shelf) > KEPT_PROMPTS:
        shelf.popitem(last=False)
    return {name: _moved(tensor, device) for name, tensor in shelf[facts].items()}


def _moved(tensor: Any, device: Any) -> Any:
    return None if tensor is None else tensor.detach().to(device)
