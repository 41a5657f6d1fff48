"""Choosing Mitsuba's variant, with real processes: whatever a library does, an ad can be made."""

import shutil
import subprocess
import sys

import pytest

from generation.pipeline.studio import variant
from generation.pipeline.studio.variant import AUTO, LLVM, SCALAR, choose, libraries

REAL = libraries("")
NO_LLVM = pytest.mark.skipif(
    choose(AUTO, "").name != LLVM, reason="no LLVM 17 or newer on this machine"
)


@pytest.fixture(autouse=True)
def own_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(variant, "has_nvidia", lambda: False)


def library_of(tmp_path, source: str) -> str:
    """Compile a C function into a shared library; skip where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    code, library = tmp_path / "llvm.c", tmp_path / "libLLVM.so"
    code.write_text(source)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, code], check=True)
    return str(library)


def test_it_uses_scalar_when_told_to():
    assert choose(SCALAR, REAL[0] if REAL else "").name == SCALAR


def test_a_file_that_is_no_library_is_not_used(tmp_path):
    broken = tmp_path / "libLLVM.so"
    broken.write_bytes(b"not a library")
    assert choose(AUTO, str(broken)).name == SCALAR
    assert choose(LLVM, str(tmp_path / "missing.so")).name == SCALAR


@pytest.mark.parametrize(
    "source",
    [
        # Too old: Dr.Jit would abort.
        "void LLVMGetVersion(unsigned *a, unsigned *b, unsigned *c) { *a = 14; *b = 0; *c = 6; }",
        # Crashes.
        "void LLVMGetVersion(unsigned *a, unsigned *b, unsigned *c) { __builtin_trap(); }",
        # Says that it is new, and is nothing.
        "void LLVMGetVersion(unsigned *a, unsigned *b, unsigned *c) { *a = 19; *b = 0; *c = 0; }",
        # From before it could say.
        "void LLVMSomething(void) {}",
    ],
    ids=["too old", "crashes", "empty", "silent"],
)
def test_a_library_that_does_not_work_is_not_used(tmp_path, source):
    assert choose(AUTO, library_of(tmp_path, source)).name == SCALAR


def test_a_library_that_hangs_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(variant, "TRIAL_SECONDS", 1.0)
    source = "void LLVMGetVersion(unsigned *a, unsigned *b, unsigned *c) { for (;;) ; }"
    assert choose(AUTO, library_of(tmp_path, source)).name == SCALAR
    # The machine may only have been busy: nothing is remembered.
    assert not variant.memory_file().exists()


@NO_LLVM
def test_a_real_library_is_tried_once_and_then_used(monkeypatch):
    first = choose(AUTO, "")
    assert (first.name, first.library in REAL) == (LLVM, True)
    monkeypatch.setattr(variant.subprocess, "run", lambda *_, **__: pytest.fail("tried again"))
    assert choose(AUTO, "") == first


SAME_PICTURE = """
import numpy as np
from generation.pipeline.catalog import FrameFormat
from generation.pipeline.layout import plan_layout
from generation.pipeline.studio.palette import NEUTRAL_PALETTE
from generation.pipeline.studio.photograph import render_plate
from generation.pipeline.studio.render import develop, use_variant
from generation.pipeline.studio.stage import rig_for

small = FrameFormat("1:1", 120, 120, "")
rig = rig_for("minimal", small, plan_layout(small, "auto", 0.8, True), NEUTRAL_PALETTE, 3)
first, again = (render_plate(rig, lambda *_: None).picture for _ in range(2))
assert (first == again).all(), "the same seed gave other bytes"
shown = develop(first, 1.0).astype(float)
print(use_variant(), *shown.mean(axis=(0, 1)), *shown.std(axis=(0, 1)))
"""


@NO_LLVM
def test_both_variants_take_the_same_picture():
    said = {}
    for name in (SCALAR, LLVM):
        environment = {**variant.os.environ, variant.VARIANT_VARIABLE: name}
        done = subprocess.run(
            [sys.executable, "-c", SAME_PICTURE],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        used, *numbers = done.stdout.split()
        assert used == name
        said[name] = [float(number) for number in numbers]
    # Other noise, the same picture: a few samples and their denoiser differ by two levels of 255.
    assert said[LLVM] == pytest.approx(said[SCALAR], abs=4)
