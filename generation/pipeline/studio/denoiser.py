"""Intel Open Image Denoise with a limit to its memory: a large picture is denoised in tiles."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

# Pixels from which a filter is let go after the picture: it would keep its memory, 300 bytes each.
# The megabytes that it may take then: two megapixels want 540 at once. Tiles overlap by what the
# network looks at, so that no seam is seen.
LARGE: Final = 750_000
MEMORY_MB: Final = 300
# Pixels by which a picture is mirrored at its edges: the network leaves noise where it sees an end.
BORDER: Final = 16
# One filter, one picture at a time.
_lock: Final = Lock()


def denoised(
    radiance: Image, albedo: Image | None, normal: Image | None, *, fast: bool = False
) -> Image:
    """Return an HDR picture without noise; all (height, width, 3) float32, linear.

    Raises RuntimeError when the library fails.
    """
    import pyoidn

    height, width = radiance.shape[:2]
    given = {"color": radiance, "albedo": albedo, "normal": normal}
    images = {name: _bordered(image) for name, image in given.items() if image is not None}
    if height * width < LARGE:
        # Keeps its filter from one picture to the next, which saves a tenth of a second.
        guides = images.get("albedo"), images.get("normal")
        quality = "fast" if fast else "high"
        clean = pyoidn.denoise(images["color"], *guides, hdr=True, quality=quality)
    else:
        clean = _let_go(images, fast=fast)
    inner = clean[BORDER : BORDER + height, BORDER : BORDER + width]
    return cast("Image", np.ascontiguousarray(inner))


def _bordered(image: Image) -> Image:
    edges = (BORDER, BORDER, BORDER, BORDER)
    return cast("Image", cv2.copyMakeBorder(image, *edges, cv2.BORDER_REFLECT_101))


def _let_go(images: dict[str, Image], *, fast: bool) -> Image:
    """Return the denoised "color" of the images, in tiles where they need more memory."""
    import pyoidn

    images["output"] = np.empty_like(images["color"])
    with _lock:
        device = _device()
        filtered = pyoidn.Filter(device, pyoidn.OIDN_FILTER_TYPE_RT)
        try:
            for name, image in images.items():
                filtered.set_image(name, image, pyoidn.OIDN_FORMAT_FLOAT3)
            filtered.set_bool("hdr", True)
            filtered.set_int("maxMemoryMB", MEMORY_MB)
            filtered.set_quality(pyoidn.OIDN_QUALITY_FAST if fast else pyoidn.OIDN_QUALITY_HIGH)
            filtered.commit()
            filtered.execute()
            error = device.get_error()
        finally:
            filtered.release()
    if error:
        raise RuntimeError(f"Open Image Denoise: {error}")
    return images["output"]


@cache
def _device() -> Any:
    import pyoidn

    device = pyoidn.Device()
    device.commit()
    return device
