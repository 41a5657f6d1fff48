"""The proof of the words: the rendered letters against the font's own outlines, cell by cell.

The intended picture is rasterised by FreeType straight from the font file by character code, so it
shares neither shaping's glyph numbers nor the mesh's distance field with what it judges.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Final

import cv2
import freetype
import numpy as np
import numpy.typing as npt

from .faces import Face
from .growth import RESOLUTION, grown
from .shaping import Cell, TextLayout

Mask = npt.NDArray[np.float32]

# Intersection over union below which a cell counts as wrong (design, "Proof, not hope").
LEAST_IOU: Final = 0.90

# The difference of the pictures is blurred by this much (em, and at least in pixels) before its
# peak is taken: noise along an edge cancels out, a missing or foreign stroke stays. The smallest
# mark that tells two syllables apart, the stem of ㅗ against ㅡ, is about 0.03 x 0.06 em.
DEFECT_BLUR: Final = 0.014
LEAST_DEFECT_BLUR_PX: Final = 0.7

# Peak of the blurred difference from which a cell counts as wrong. Right letters stay under
# 0.45, the 1,820 syllables that differ from a hard one by one vowel or consonant begin at 0.53.
DEFECT_LIMIT: Final = 0.50

# Masks are drawn this much finer than the picture, then averaged.
SUPERSAMPLING: Final = 3

# Context around a cell in which foreign ink is looked for, in em.
CELL_PADDING: Final = 0.04


@dataclass(frozen=True)
class EmToPixel:
    """Where the em plane of the outlines lies in the picture: x right, y down, uniform scale.

    A point (x, y) in em is at pixel (x0 + scale * x, y0 - scale * y); pixel centres are at .5.
    """

    scale: float
    x0: float
    y0: float

    def shifted(self, dx: float, dy: float) -> EmToPixel:
        """Return the mapping for a picture whose corner is at pixel (dx, dy) of this one."""
        return replace(self, x0=self.x0 - dx, y0=self.y0 - dy)

    def box(self, em_box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return an em box (y up) as pixels (x0, y0, x1, y1), y down."""
        left, low, right, high = em_box
        return (
            self.x0 + self.scale * left,
            self.y0 - self.scale * high,
            self.x0 + self.scale * right,
            self.y0 - self.scale * low,
        )


@dataclass(frozen=True)
class CellCheck:
    """One character: soft IoU 0..1, and the peak 0..1 of what is missing or foreign."""

    text: str
    iou: float
    defect: float
    passed: bool


@dataclass(frozen=True)
class WordsCheck:
    """The proof for one text layer.

    `stray` is the peak 0..1 of ink where no character of the copy has any.
    """

    copy: str
    code_points: tuple[str, ...]
    face: str
    cells: tuple[CellCheck, ...]
    stray: float = 0.0

    @property
    def total(self) -> int:
        """Characters with ink."""
        return len(self.cells)

    @property
    def passed(self) -> int:
        """Characters whose picture matches the font."""
        return sum(cell.passed for cell in self.cells)

    @property
    def ok(self) -> bool:
        """Whether every character matches, and there is nothing else."""
        return self.passed == self.total > 0 and self.stray <= DEFECT_LIMIT

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict with the sentence that the merchant sees."""
        return asdict(self) | {
            "passed": self.passed,
            "total": self.total,
            "ok": self.ok,
            "label": f"문구 일치 {self.passed}/{self.total}",
        }


def check_words(alpha: Mask, layout: TextLayout, mapping: EmToPixel, *, swell: float) -> WordsCheck:
    """Judge a text layer against its copy.

    `alpha` (H, W) 0..1 is the coverage of the letters' front; `swell` is by how much (em) the
    material widens the font's strokes on each side.
    """
    masks = [intended_mask(cell, layout.face, mapping, alpha.shape, swell) for cell in layout.cells]
    everything = np.maximum.reduce(masks)
    checks = tuple(
        _check_cell(alpha, cell, mask, everything, mapping)
        for cell, mask in zip(layout.cells, masks, strict=True)
    )
    return WordsCheck(
        copy=layout.copy,
        code_points=tuple(f"U+{ord(character):04X}" for character in layout.copy),
        face=layout.face.key,
        cells=checks,
        stray=_stray(alpha, everything, mapping.scale),
    )


def intended_mask(
    cell: Cell, face: Face, mapping: EmToPixel, shape: tuple[int, int], swell: float
) -> Mask:
    """Return the coverage (H, W) 0..1 that the font itself wants for one character."""
    fine = mapping.scale * SUPERSAMPLING
    bitmap, left, top, grow = _swollen_bitmap(
        face, cell.character, round(fine * 64), swell, cell.stretch
    )
    x = (mapping.x0 + mapping.scale * cell.origin[0]) * SUPERSAMPLING + left - grow
    y = (mapping.y0 - mapping.scale * cell.origin[1]) * SUPERSAMPLING - top - grow
    column, row = int(np.floor(x)), int(np.floor(y))
    return _pasted(_shifted(bitmap, x - column, y - row), column, row, shape)


def _shifted(bitmap: npt.NDArray[np.uint8], right: float, down: float) -> npt.NDArray[np.uint8]:
    """Move a bitmap by a part of a pixel: to a thin tube a third of a pixel is much."""
    height, width = bitmap.shape
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(bitmap, move, (width + 1, height + 1)), np.uint8)


def intended_masks(
    layout: TextLayout, mapping: EmToPixel, shape: tuple[int, int], swell: float
) -> Mask:
    """Return the coverage (H, W) of the whole copy."""
    whole: Mask = np.maximum.reduce(
        [intended_mask(cell, layout.face, mapping, shape, swell) for cell in layout.cells]
    )
    return whole


def _pasted(bitmap: npt.NDArray[np.uint8], x: int, y: int, shape: tuple[int, int]) -> Mask:
    """Average a fine bitmap whose corner is at fine pixel (x, y) into a picture of `shape`."""
    mask = np.zeros(shape, np.float32)
    left, top = x // SUPERSAMPLING, y // SUPERSAMPLING
    rows = -(-(y - top * SUPERSAMPLING + bitmap.shape[0]) // SUPERSAMPLING)
    columns = -(-(x - left * SUPERSAMPLING + bitmap.shape[1]) // SUPERSAMPLING)
    fine = np.zeros((rows * SUPERSAMPLING, columns * SUPERSAMPLING), np.float32)
    dy, dx = y - top * SUPERSAMPLING, x - left * SUPERSAMPLING
    fine[dy : dy + bitmap.shape[0], dx : dx + bitmap.shape[1]] = bitmap / np.float32(255)
    patch = fine.reshape(rows, SUPERSAMPLING, columns, SUPERSAMPLING).mean(axis=(1, 3))
    y0, y1 = max(top, 0), min(top + rows, shape[0])
    x0, x1 = max(left, 0), min(left + columns, shape[1])
    if y0 < y1 and x0 < x1:
        mask[y0:y1, x0:x1] = patch[y0 - top : y1 - top, x0 - left : x1 - left]
    return mask


@lru_cache(maxsize=64)
def _swollen_bitmap(
    face: Face, character: str, size_26_6: int, swell: float, stretch: float
) -> tuple[npt.NDArray[np.uint8], float, float, float]:
    """Return a character's bitmap as the material swells it, its bearings, and the added border."""
    if swell == 0:
        return *_glyph_bitmap(face, character, size_26_6, stretch), 0
    bitmap, left, top = _glyph_bitmap(face, character, RESOLUTION * 64, stretch)
    border = int(np.ceil(swell * RESOLUTION)) + 2
    framed = cv2.copyMakeBorder(bitmap, border, border, border, border, 0, value=0)
    ink = grown((framed > 127).astype(np.uint8), RESOLUTION, swell) * np.uint8(255)
    scale = size_26_6 / 64 / RESOLUTION
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = np.asarray(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    return sized, left * scale, top * scale, border * scale


def _glyph_bitmap(
    face: Face, character: str, size_26_6: int, stretch: float
) -> tuple[npt.NDArray[np.uint8], int, int]:
    """Return FreeType's grey bitmap of a character, unhinted, with its left and top bearings."""
    font = freetype.Face(str(face.path))
    font.set_char_size(size_26_6, 0, 72, 72)
    # 16.16 fixed point: `stretch` times as wide.
    font.set_transform(freetype.Matrix(round(stretch * 0x10000), 0, 0, 0x10000), freetype.Vector())
    font.load_char(character, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_NO_HINTING)
    slot = font.glyph
    bitmap = slot.bitmap
    # The public `buffer` copies byte by byte into a list: 50 ms for a large glyph.
    pixels = np.ctypeslib.as_array(bitmap._FT_Bitmap.buffer, (bitmap.rows, bitmap.pitch))  # noqa: SLF001
    return pixels[:, : bitmap.width].copy(), slot.bitmap_left, slot.bitmap_top


def _stray(alpha: Mask, everything: Mask, scale: float) -> float:
    """Return the peak of the ink away from all characters: a letter after the last, say."""
    side = 2 * (int(CELL_PADDING * scale) + 2) + 1
    near = np.ones((side, side), np.uint8)
    away = np.where(cv2.dilate((everything > 0).astype(np.uint8), near) > 0, np.float32(0), alpha)
    return round(float(_blurred(away, scale).max()), 4)


def _blurred(difference: Mask, scale: float) -> Mask:
    blur = max(DEFECT_BLUR * scale, LEAST_DEFECT_BLUR_PX)
    return np.asarray(cv2.GaussianBlur(difference, (0, 0), blur), np.float32)


def _check_cell(
    alpha: Mask, cell: Cell, mask: Mask, everything: Mask, mapping: EmToPixel
) -> CellCheck:
    pad = int(CELL_PADDING * mapping.scale) + 2
    rows, columns = (_extent(mask.max(axis=axis), pad) for axis in (1, 0))
    x0, y0, x1, y1 = mapping.box(cell.box)
    own, seen = mask[rows, columns], alpha[rows, columns]
    # Where a neighbour's ink reaches into this window, the neighbour answers for it.
    foreign = everything[rows, columns] > own + 0.02
    foreign = cv2.dilate(foreign.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    seen = np.where(foreign & (own < 0.5), own, seen)
    union = float(np.maximum(own, seen).sum())
    iou = float(np.minimum(own, seen).sum()) / union if union else 0.0
    defect = float(np.abs(_blurred(own - seen, mapping.scale)).max())
    height, width = alpha.shape
    whole = own.any() and min(x0, y0) >= 0 and x1 <= width and y1 <= height
    passed = bool(whole and iou >= LEAST_IOU and defect <= DEFECT_LIMIT)
    return CellCheck(cell.character, round(iou, 4), round(defect, 4), passed)


def _extent(profile: Mask, pad: int) -> slice:
    places = np.flatnonzero(profile)
    if len(places) == 0:
        return slice(0, 1)
    return slice(max(int(places[0]) - pad, 0), int(places[-1]) + pad + 1)
