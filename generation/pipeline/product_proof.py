"""Proof that the merchant's product came through: the finished ad against the placed cut-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# The outer px of the cut-out may carry the set's light wrap; the proof is about what lies inside.
EDGE: Final = 3
# Colour is compared after averaging over blocks of this many px: casts show, grain does not.
BLOCK: Final = 8


@dataclass(frozen=True)
class ProductCheck:
    """How the product in the ad differs from the cut-out.

    `largest_difference`: 0..255, over all channels, inside the cut-out eroded by 3 px and not
    covered by lettering; 0 means every pixel is the merchant's own. `delta_e`: mean CIEDE2000 of
    8 px blocks. `similarity`: mean structural similarity there, 1 is identical. `visible`: 0..1,
    the part of the product that lettering leaves uncovered. `pixels`: how many were compared.
    """

    largest_difference: int
    delta_e: float
    similarity: float
    visible: float
    pixels: int

    @property
    def exact(self) -> bool:
        """Whether every compared pixel is the merchant's own."""
        return self.pixels > 0 and self.largest_difference == 0

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict."""
        return {
            "exact": self.exact,
            "largest_difference": self.largest_difference,
            "delta_e": round(self.delta_e, 3),
            "similarity": round(self.similarity, 5),
            "visible": round(self.visible, 4),
            "pixels": self.pixels,
        }


def product_core(product_layer: Bytes) -> Mask:
    """Return where the placed product (H, W, 4) must be untouched: opaque, 3 px inside its edge."""
    opaque = (product_layer[..., 3] == 255).astype(np.uint8)
    window = np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)
    return np.asarray(cv2.erode(opaque, window) > 0)


def check_product(final: Bytes, product_layer: Bytes, covered: Mask | None) -> ProductCheck:
    """Compare `final` (H, W, 3) with the placed product (H, W, 4), both sRGB of the same size.

    `covered` (H, W) marks what lettering covers on purpose, None when nothing does.
    """
    core = product_core(product_layer)
    seen = core if covered is None else core & ~covered
    pixels = int(seen.sum())
    if pixels == 0:
        return ProductCheck(0, 0.0, 1.0, 0.0, 0)
    visible = pixels / int(core.sum())
    ours, theirs = final[seen].astype(np.int16), product_layer[seen][:, :3].astype(np.int16)
    largest = int(np.abs(ours - theirs).max())
    if largest == 0:
        return ProductCheck(0, 0.0, 1.0, visible, pixels)
    rows, columns = _window(seen)
    pair = final[rows, columns], np.ascontiguousarray(product_layer[rows, columns, :3])
    where = seen[rows, columns]
    return ProductCheck(largest, _delta_e(*pair, where), _similarity(*pair, where), visible, pixels)


def _window(mask: Mask) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _delta_e(final: Bytes, product: Bytes, where: Mask) -> float:
    """Mean CIEDE2000 of block means; only blocks that are at least half product count."""
    from skimage.color import deltaE_ciede2000

    share, *means = (
        _blocks(layer) for layer in (where.astype(np.float32), *_masked(final, product, where))
    )
    full = share > 0.5
    if not full.any():
        return 0.0
    ours, theirs = (
        cv2.cvtColor((mean[full] / share[full, None])[None] / 255, cv2.COLOR_RGB2LAB)
        for mean in means
    )
    distance = deltaE_ciede2000(ours, theirs)  # type: ignore[no-untyped-call]
    return float(distance.mean())


def _masked(final: Bytes, product: Bytes, where: Mask) -> list[NDArray[np.float32]]:
    return [layer.astype(np.float32) * where[..., None] for layer in (final, product)]


def _blocks(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    size = max(layer.shape[1] // BLOCK, 1), max(layer.shape[0] // BLOCK, 1)
    return np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA), np.float32)


def _similarity(final: Bytes, product: Bytes, where: Mask) -> float:
    """Mean structural similarity of luma over `where` (Wang et al. 2004, 7 px window)."""
    from skimage.metrics import structural_similarity

    if min(where.shape) < 7:
        return 0.0
    ours, theirs = (cv2.cvtColor(layer, cv2.COLOR_RGB2GRAY) for layer in (final, product))
    ours[~where] = theirs[~where]
    _mean, local = structural_similarity(  # type: ignore[no-untyped-call]
        ours, theirs, full=True, data_range=255
    )
    return float(local[where].mean())
