"""Giving memory back to the system: what was freed is not yet returned."""

from __future__ import annotations

import ctypes
from contextlib import suppress


def give_back_memory() -> None:
    """Return what has been freed to the system, where its C library can: large arrays leave holes
    that the next format's do not fit.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
