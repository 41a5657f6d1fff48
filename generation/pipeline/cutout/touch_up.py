"""A person's correction of a cut-out: strokes of "keep this" and "drop that" change it nearby.

GrabCut looks at the strokes' neighbourhood only, starting from the cut-out as it stands; what
changes must hang together with a stroke, so that a finger on the lid never moves the foot.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.pipeline.errors import NoProductFound

from . import working_scale
from .grabcut import run_grabcut
from .matte import draw_edge
from .outline import disc
from .snap import coverage, snapped

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# Side of the square with the area of the picture in which strokes are followed.
STROKE_SIDE: Final = 512
# A stroke reaches this far, as a part of that side, and so many times its own half width.
REACH: Final = 0.2
REACH_WIDTHS: Final = 4.0
ROUNDS: Final = 3
# Coverage (0..255) from which a pixel counts as product.
SOLID: Final = 128
# Half width (px at STROKE_SIDE) of the seam round a change, inside which its edge is drawn anew.
SEAM: Final = 5
# Room round the strokes' reach that GrabCut may learn colours from, in px at STROKE_SIDE.
CONTEXT: Final = 24


def touch_up(photo: Bytes, start: Bytes | None, keep: Mask, drop: Mask) -> Bytes:
    """Return the corrected product as RGBA (H, W, 4), sRGB, straight alpha, in the photo's frame.

    `photo` (H, W, 3) sRGB; `start` (H, W) is the cut-out's alpha 0..255 to correct, or None to
    begin with the automatic one; `keep` and `drop` (h, w) of any size are the strokes, laid over
    the whole photo (where both are, the later wish is unknown and `keep` wins). Far from the
    strokes the start's alpha stays as it is, value for value. All zero when nothing is left.
    """
    alpha = _automatic(photo) if start is None else start
    scale = working_scale(photo.shape, STROKE_SIDE)
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    size = (small.shape[1], small.shape[0])
    before = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA) >= SOLID
    kept, dropped = _at_size(keep, size), _at_size(drop, size)
    after = follow_strokes(np.asarray(small), before, kept, dropped & ~kept)
    return redrawn(photo, alpha, before, after)


def redrawn(photo: Bytes, alpha: Bytes, before: Mask, after: Mask) -> Bytes:
    """Return the cut-out with alpha (H, W) as RGBA, drawn anew where the outline moved.

    `before` and `after` (h, w) are outlines of the whole photo at any smaller size.
    """
    changed = cv2.dilate((after != before).astype(np.uint8), disc(SEAM))
    seam = cv2.resize(changed, photo.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    drawn = _in_frame(photo, after)
    old = np.dstack([photo, alpha])
    old[alpha == 0] = 0
    # Where the outline did not move, the colours of the edge are cleaned only if they are new.
    untouched = ~seam & (drawn[..., 3] != alpha)
    drawn[untouched] = old[untouched]
    return drawn


def follow_strokes(small: Bytes, before: Mask, keep: Mask, drop: Mask) -> Mask:
    """Return the outline `before` (H, W) corrected by strokes of the same size, near them only."""
    after = before | keep
    after &= ~drop
    strokes = keep | drop
    if not strokes.any():
        return before
    near = _reach_of(strokes)
    rows, columns = _window(near)
    trimap = np.where(after, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[~near & after] = cv2.GC_FGD
    trimap[~near & ~after] = cv2.GC_BGD
    trimap[keep], trimap[drop] = cv2.GC_FGD, cv2.GC_BGD
    settled = after.copy()
    settled[rows, columns] = run_grabcut(
        np.ascontiguousarray(small[rows, columns]), trimap[rows, columns], ROUNDS
    )
    added = _touching(settled & ~before, keep)
    removed = _touching(~settled & before, drop)
    return np.asarray((before | added | keep) & ~removed & ~(drop & ~keep))


def _automatic(photo: Bytes) -> Bytes:
    from .colour_model import cut_out_by_colour

    alpha = np.zeros(photo.shape[:2], np.uint8)
    try:
        found = cut_out_by_colour(photo)
    except NoProductFound:
        return alpha
    left, top, right, bottom = found.box
    alpha[top:bottom, left:right] = found.rgba[..., 3]
    return alpha


def _at_size(stroke: Mask, size: tuple[int, int]) -> Mask:
    """Scale a stroke so that a thin one is not lost."""
    shrunk = cv2.resize(stroke.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk > 0.2)


def _reach_of(strokes: Mask) -> Mask:
    """Return where strokes may change anything: near them, further for a broad brush."""
    # Padded, so that a stroke over everything has a rim to measure its width from.
    solid = np.pad(strokes.astype(np.uint8), 1)
    half_width = float(cv2.distanceTransform(solid, cv2.DIST_L2, 3).max())
    reach = max(REACH * max(strokes.shape), REACH_WIDTHS * half_width)
    size = min(2 * round(reach) + 1, 2 * max(strokes.shape) + 1)
    return np.asarray(cv2.blur(strokes.astype(np.float32), (size, size)) > 0)


def _window(near: Mask) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
    return (
        slice(max(int(rows[0]) - CONTEXT, 0), int(rows[-1]) + CONTEXT),
        slice(max(int(columns[0]) - CONTEXT, 0), int(columns[-1]) + CONTEXT),
    )


def _touching(change: Mask, stroke: Mask) -> Mask:
    """Return the connected parts of `change` that a stroke lies on."""
    count, parts = cv2.connectedComponents(change.astype(np.uint8), connectivity=4)
    chosen = np.zeros(count, bool)
    chosen[np.unique(parts[stroke])] = True
    chosen[0] = False
    return np.asarray(chosen[parts])


def _in_frame(photo: Bytes, outline: Mask) -> Bytes:
    """Draw the edge of `outline` at the photo's size; RGBA (H, W, 4), zero outside."""
    frame = np.zeros((*photo.shape[:2], 4), np.uint8)
    if outline.any():
        cover = coverage(snapped(photo, outline), photo.shape[:2])
        rgba, (left, top, right, bottom) = draw_edge(photo, cover)
        frame[top:bottom, left:right] = rgba
    return frame
