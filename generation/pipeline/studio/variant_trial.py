"""A trial of one of Mitsuba's variants, to be run in a process of its own, which it may bring down.

`python -m generation.pipeline.studio.variant_trial VARIANT LIBRARY` ends with WORKS, or otherwise.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
from collections.abc import Sequence
from typing import Final

from .variant import LIBRARY_VARIABLE, LLVM, WORKS

# Dr.Jit aborts the process with older ones.
OLDEST_LLVM: Final = 17


def llvm_version(library: str) -> int:
    """Return the major version of an LLVM library; raises OSError, or AttributeError before 16."""
    numbers = [ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()]
    ctypes.CDLL(library).LLVMGetVersion(*(ctypes.byref(number) for number in numbers))
    return numbers[0].value


def rendered_mean(variant: str) -> float:
    """Return the mean of a tiny picture that is 1 everywhere."""
    import mitsuba as mi
    import numpy as np

    mi.set_variant(variant)
    film = {"type": "hdrfilm", "width": 4, "height": 4}
    scene = mi.load_dict(
        {
            "type": "scene",
            "integrator": {"type": "path"},
            "sensor": {"type": "perspective", "film": film},
            "light": {"type": "constant"},
        }
    )
    return float(np.array(mi.render(scene, spp=1)).mean())


def main(arguments: Sequence[str]) -> int:
    variant, library = arguments
    if variant == LLVM:
        if (found := llvm_version(library)) < OLDEST_LLVM:
            print(f"LLVM {found} is older than {OLDEST_LLVM}", file=sys.stderr)
            return 1
        os.environ[LIBRARY_VARIABLE] = library
    return WORKS if math.isclose(rendered_mean(variant), 1.0, rel_tol=0.01) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
