"""What the NVIDIA GPUs of this machine are doing, without torch: by NVML, else by nvidia-smi."""

from __future__ import annotations

import contextlib
import csv
import shutil
import subprocess
from typing import Any, Final, TypedDict

NVIDIA_QUERY: Final = "index,name,memory.used,memory.total,utilization.gpu,temperature.gpu"
# nvidia-smi can take seconds while a driver wakes up; longer, and there is something wrong.
NVIDIA_PATIENCE: Final = 3.0
MEGABYTE: Final = 1024**2


class GpuInfo(TypedDict):
    """One GPU; memory in MB, utilization in percent, temperature in °C or None."""

    index: int
    name: str
    vram_used_mb: float
    vram_total_mb: float
    vram_percent: float
    utilization: float
    temperature: float | None


def gpu_info() -> list[GpuInfo]:
    """Return the GPUs; an empty list where there are none.

    NVML takes a millisecond and needs the nvidia-ml-py package of the `gpu` extra; nvidia-smi ships
    with the driver and takes a process.
    """
    found = _by_nvml()
    return _by_nvidia_smi() if found is None else found


def _by_nvml() -> list[GpuInfo] | None:
    """Return what NVML says, None where it cannot be asked."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        return [_measured(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return None
    finally:
        with contextlib.suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _measured(nvml: Any, index: int) -> GpuInfo:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    name = nvml.nvmlDeviceGetName(handle)
    busy, temperature = 0.0, None
    # Virtual and partitioned GPUs know neither.
    with contextlib.suppress(nvml.NVMLError):
        busy = float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    with contextlib.suppress(nvml.NVMLError):
        sensor = nvml.NVML_TEMPERATURE_GPU
        temperature = float(nvml.nvmlDeviceGetTemperature(handle, sensor))
    return _gpu(
        index,
        name.decode() if isinstance(name, bytes) else str(name),
        used=memory.used / MEGABYTE,
        total=memory.total / MEGABYTE,
        busy=busy,
        temperature=temperature,
    )


def _by_nvidia_smi() -> list[GpuInfo]:
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", f"--query-gpu={NVIDIA_QUERY}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=NVIDIA_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    rows = csv.reader(answer.stdout.splitlines(), skipinitialspace=True)
    return [_told(row) for row in rows if len(row) == 6]


def _told(row: list[str]) -> GpuInfo:
    index, name, *rest = row
    used, total, busy, temperature = (_number(word) for word in rest)
    return _gpu(
        int(index), name, used=used or 0, total=total or 0, busy=busy or 0, temperature=temperature
    )


def _number(word: str) -> float | None:
    """Return a figure, None for "[N/A]"."""
    return float(word) if word.strip().replace(".", "", 1).isdigit() else None


def _gpu(
    index: int, name: str, *, used: float, total: float, busy: float, temperature: float | None
) -> GpuInfo:
    return {
        "index": index,
        "name": name,
        "vram_used_mb": round(used, 1),
        "vram_total_mb": round(total, 1),
        "vram_percent": round(100 * used / total, 1) if total else 0.0,
        "utilization": float(busy),
        "temperature": temperature,
    }
