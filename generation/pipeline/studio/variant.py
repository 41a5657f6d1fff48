"""Which of Mitsuba's variants this machine renders with: the fastest that is seen to work.

`llvm_ad_rgb` needs an LLVM library of version 17 or newer: older ones abort the whole process.
`cuda_ad_rgb` needs an NVIDIA driver. Both are tried in a process of their own before they are used;
whatever goes wrong there, `scalar_rgb` works everywhere.
"""

from __future__ import annotations

import ctypes.util
import json
import logging
import os
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

# One of VARIANTS, or AUTO.
VARIANT_VARIABLE: Final = "NANOCOCOA_MITSUBA_VARIANT"
AUTO: Final = "auto"
# Dr.Jit's own setting: the file to load.
LIBRARY_VARIABLE: Final = "DRJIT_LIBLLVM_PATH"
SCALAR: Final = "scalar_rgb"
LLVM: Final = "llvm_ad_rgb"
CUDA: Final = "cuda_ad_rgb"
VARIANTS: Final = (SCALAR, LLVM, CUDA)
# A trial is a second's work; on a machine whose every core is rendering it takes much longer.
TRIAL_SECONDS: Final = 60.0
# Libraries tried at most, newest first.
MOST_LIBRARIES: Final = 3
# Where Debian, Fedora, Alpine and Homebrew put LLVM.
PLACES: Final = (
    "/usr/lib/*-linux-gnu/libLLVM*.so*",
    "/usr/lib/llvm-*/lib/libLLVM*.so*",
    "/usr/lib64/libLLVM*.so*",
    "/usr/lib64/llvm*/lib*/libLLVM*.so*",
    "/usr/lib/llvm*/lib/libLLVM*.so*",
    "/usr/lib/libLLVM*.so*",
    "/opt/homebrew/opt/llvm*/lib/libLLVM*.dylib",
    "/usr/local/opt/llvm*/lib/libLLVM*.dylib",
)
# What a working trial ends with; 0 could be anything that stops early.
WORKS: Final = 42


@dataclass(frozen=True)
class Variant:
    """A variant, the LLVM library it loads (or ""), and why it was chosen, for the log."""

    name: str
    library: str
    why: str


@cache
def chosen_variant() -> Variant:
    """Return the variant of this process: as configured, else the fastest that works.

    Decided once; LIBRARY_VARIABLE is set so that Dr.Jit loads what was tried.
    """
    chosen = choose(os.environ.get(VARIANT_VARIABLE, AUTO), os.environ.get(LIBRARY_VARIABLE, ""))
    if chosen.library:
        os.environ[LIBRARY_VARIABLE] = chosen.library
    return chosen


def choose(wish: str, library: str) -> Variant:
    """Return the variant for a wish (AUTO or one of VARIANTS) and a configured library or ""."""
    if wish == SCALAR:
        return Variant(SCALAR, "", "configured")
    if wish not in (AUTO, *VARIANTS):
        logger.warning("%s: no variant is called %r", VARIANT_VARIABLE, wish)
    if wish in (AUTO, CUDA) and has_nvidia() and _works(CUDA, ""):
        return Variant(CUDA, "", "an NVIDIA driver was found and tried")
    if wish in (AUTO, LLVM):
        for path in libraries(library):
            if _works(LLVM, path):
                return Variant(LLVM, path, "an LLVM library was found and tried")
    if wish in (LLVM, CUDA):
        logger.warning("%s does not work on this machine; using %s", wish, SCALAR)
    return Variant(SCALAR, "", "nothing faster works here")


def has_nvidia() -> bool:
    """Return whether an NVIDIA driver is installed."""
    return Path("/proc/driver/nvidia/version").exists() or bool(ctypes.util.find_library("cuda"))


def libraries(configured: str) -> list[str]:
    """Return the LLVM libraries to try: the configured one, else those found, newest first."""
    if configured:
        return [configured]
    found = {
        path.resolve()
        for place in PLACES
        for path in Path("/").glob(place.lstrip("/"))
        if path.is_file()
    }
    newest = sorted(found, key=lambda path: (_version_in(path.name), path.name), reverse=True)
    return [str(path) for path in newest[:MOST_LIBRARIES]]


def _version_in(name: str) -> tuple[int, ...]:
    """Return the numbers in a library's name: its version."""
    return tuple(int(number) for number in re.findall(r"\d+", name))


def _works(variant: str, library: str) -> bool:
    """Return whether a tiny render succeeds in a process of its own; remembered on this machine."""
    trial = _trial(variant, library)
    remembered = _remembered()
    if trial in remembered:
        return remembered[trial]
    command = [sys.executable, "-m", "generation.pipeline.studio.variant_trial", variant, library]
    root = Path(__file__).resolve().parents[3]
    try:
        ended = subprocess.run(
            command, cwd=root, timeout=TRIAL_SECONDS, capture_output=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        # Perhaps the machine was only busy: try again next time.
        logger.warning("trying %s with %s: %s", variant, library or "its driver", error)
        return False
    works = ended.returncode == WORKS
    if not works:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        logger.info("%s with %s does not work: %s", variant, library, said[-1:] or ended.returncode)
    _remember(remembered | {trial: works})
    return works


def _trial(variant: str, library: str) -> str:
    """Name a trial by all that its result depends on."""
    changed = 0
    with suppress(OSError):
        changed = os.stat(library).st_mtime_ns if library else 0  # noqa: PTH116 - may be no path
    return json.dumps([variant, library, changed, version("mitsuba"), sys.version_info[:2]])


def memory_file() -> Path:
    """Return where trials are remembered: beside other programs' caches of this user."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(home) / "nanococoa" / "variants.json"


def _remembered() -> dict[str, bool]:
    try:
        stored = json.loads(memory_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _remember(trials: dict[str, bool]) -> None:
    path = memory_file()
    part = path.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(trials), encoding="utf-8")
        part.replace(path)


def described() -> str:
    """Return the chosen variant in a few words, for logs and the admin."""
    chosen = chosen_variant()
    return f"{chosen.name} ({chosen.library or chosen.why})"
