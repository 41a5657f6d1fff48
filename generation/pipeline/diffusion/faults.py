"""What went wrong on a device: memory that ran out, or a device that is lost to the process.

By their words and names alone, so that who asks need not import the libraries that raise them.
"""

from __future__ import annotations

from typing import Final

from generation.pipeline.errors import OutOfMemory

# What libraries say, in exceptions that are plain RuntimeErrors or classes of their own.
NO_MEMORY: Final = (
    "out of memory",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "device_allocation_failed",  # cuDNN 9
    "host_allocation_failed",
    "failed to allocate memory",  # onnxruntime, of the GPU's memory
    "smaller than requested bytes",  # onnxruntime, of its own limit
    "can't allocate memory",  # torch on a processor
)
# After one of these every later call fails too, until the process ends (CUDA's "sticky" errors:
# an illegal address, an assertion in a kernel, a GPU that fell off the bus, a renewed driver).
LOST: Final = (
    "cuda error",
    "cuda failure",  # onnxruntime
    "device-side assert",
    "execution_failed",  # cuBLAS and cuDNN, of kernels
    "nvml_success",  # torch's allocator, when the driver does not answer
)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell a lack of memory, the device's or the machine's, whichever library says so."""
    if isinstance(error, OutOfMemory | MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return _says(error, NO_MEMORY)


def device_is_lost(error: BaseException) -> bool:
    """Tell an error after which this process can do nothing more on its GPU."""
    if is_out_of_memory(error):
        return False
    return type(error).__name__ == "AcceleratorError" or _says(error, LOST)


def _says(error: BaseException, phrases: tuple[str, ...]) -> bool:
    # onnxruntime's exceptions are of no common class.
    known = isinstance(error, RuntimeError) or type(error).__module__.startswith("onnxruntime")
    words = str(error).lower()
    return known and any(phrase in words for phrase in phrases)
