"""What GPUs do, read from the driver's library or its program; both stand-ins are the driver's."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generation.gpus import gpu_info

ASK = "import json, generation.gpus as g; print(json.dumps(g.gpu_info()))"
ROOT = Path(__file__).resolve().parents[2]
# The functions of libnvidia-ml that are asked, for a machine with one L4.
NVML = """
#include <string.h>
typedef struct { unsigned long long total, free, used; } memory;
typedef struct { unsigned int gpu, memory; } rates;
typedef struct { unsigned int version, sensor; int temperature; } sensed;
int nvmlInitWithFlags(unsigned int flags) { return 0; }
int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned int *n) { *n = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int i, void **h) { *h = (void *)1; return 0; }
int nvmlDeviceGetName(void *h, char *n, unsigned int l) { strncpy(n, "NVIDIA L4", l); return 0; }
int nvmlDeviceGetMemoryInfo(void *h, memory *m) {
    m->total = 23034ull << 20; m->used = 11517ull << 20; m->free = m->total - m->used; return 0;
}
int nvmlDeviceGetUtilizationRates(void *h, rates *r) { r->gpu = 87; r->memory = 3; return 0; }
int nvmlDeviceGetTemperatureV(void *h, sensed *s) { s->temperature = 61; return 0; }
int nvmlDeviceGetTemperature(void *h, int s, unsigned int *t) { *t = 61; return 0; }
"""
L4 = {
    "index": 0,
    "name": "NVIDIA L4",
    "vram_used_mb": 11517.0,
    "vram_total_mb": 23034.0,
    "vram_percent": 50.0,
    "utilization": 87.0,
    "temperature": 61.0,
}


def put_nvidia_smi(folder: Path, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.fixture
def _no_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)


@pytest.mark.usefixtures("_no_nvml")
def test_nvidia_smi_is_asked_where_nvml_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_nvidia_smi(tmp_path, 'echo "0, NVIDIA L4, 11517, 23034, 87, 61"', monkeypatch)
    assert gpu_info() == [L4]


@pytest.mark.usefixtures("_no_nvml")
def test_figures_that_a_virtual_gpu_does_not_know_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_nvidia_smi(tmp_path, 'echo "0, GRID, 1.5, 100, [N/A], [N/A]"', monkeypatch)
    (gpu,) = gpu_info()
    assert (gpu["vram_percent"], gpu["utilization"], gpu["temperature"]) == (1.5, 0.0, None)


@pytest.mark.usefixtures("_no_nvml")
@pytest.mark.parametrize("answer", ["exit 9", "echo 'NVIDIA-SMI has failed'", "exit 0"])
def test_a_driver_that_does_not_answer_is_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    put_nvidia_smi(tmp_path, answer, monkeypatch)
    assert gpu_info() == []


@pytest.mark.skipif(not importlib.util.find_spec("pynvml"), reason="nvidia-ml-py is not installed")
@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler to make the driver's library")
def test_nvml_is_asked_first(tmp_path: Path) -> None:
    source = tmp_path / "nvml.c"
    source.write_text(NVML)
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            ASK,
        ],
        cwd=ROOT,
        env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(told.stdout) == [L4]
