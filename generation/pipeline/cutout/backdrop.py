"""What stands behind the product: smooth colour surfaces fitted to the photo's border.

A wall under falling light is a quadratic in x and y in Lab (it beats clusters of border colours,
which cut a white label before a white wall); a table-top is two of them and the line between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Width of the border strip that is taken for backdrop, as a part of the shorter side.
STRIP: Final = 0.05
# Random starts of the fit: with a third of the border covered by the product, 48 draws of 12
# points hold an all-backdrop draw often enough, and the draw with the least capped error wins.
STARTS: Final = 48
DRAW: Final = 12
SAMPLES: Final = 1500
# The fit begins forgiving (Lab) and grows strict: at once strict, it would settle on two sides of
# the border and give up a third that only falls into a little more light.
FORGIVING: Final = 4.0
STRICTER: Final = 0.6
REWEIGHTINGS: Final = 7
# The strictest (Lab): what a quadratic leaves of a lamp's light on a table is no object.
STRICTEST: Final = 1.5
# Tukey's biweight cut-off in robust standard deviations (95 % efficiency on normal errors).
TUKEY: Final = 4.685
# 8-bit photos of a perfect backdrop still differ by this much (Lab units).
LEAST_SIGMA: Final = 0.6
# A table-top is believed when two surfaces leave less than this part of one surface's error.
TWO_SURFACES_GAIN: Final = 0.6
# How far beyond the horizon both surfaces are still possible, as a part of the height.
HORIZON_BAND: Final = 0.03
# An error larger than this (Lab) is an object in the border, whatever its size.
OBJECT_ERROR: Final = 12.0
# Shadows are told apart only where the backdrop's surfaces explain this part of the border: clutter
# has no ground that could be dimmed.
LEAST_COVERAGE: Final = 0.85


@dataclass(frozen=True)
class Backdrop:
    """A photo's backdrop model.

    `lab`: (H, W, 3) its colour everywhere, behind the product too. `distance`: (H, W) Lab
    distance of the photo from it. `sigma`: its own spread (Lab). `coverage` 0..1: the part of the
    border it explains.
    """

    lab: Floats
    distance: Floats
    sigma: float
    coverage: float


def fit_backdrop(lab: Floats) -> Backdrop:
    """Fit the backdrop of `lab` (H, W, 3; CIE Lab, L 0..100), about 512 px on its long side."""
    rng = np.random.default_rng(0)
    height, width = lab.shape[:2]
    rows, columns = border_pixels(height, width)
    terms = _terms(rows / height, columns / width)
    colours = lab[rows, columns]
    one = _fit(terms, colours, rng)
    line = _horizon(lab)
    below = rows > np.interp(columns, (0, width - 1), line)
    everywhere = _terms(
        *(axis / n for axis, n in zip(np.indices((height, width)), (height, width), strict=True))
    )
    error = np.linalg.norm(colours - terms @ one, axis=1)
    if min(below.sum(), (~below).sum()) > 8 * DRAW:
        upper, lower = (
            _fit(terms[~below], colours[~below], rng),
            _fit(terms[below], colours[below], rng),
        )
        two = np.where(below[:, None], terms @ lower, terms @ upper)
        two_error = np.linalg.norm(colours - two, axis=1)
        if _cost(two_error) < TWO_SURFACES_GAIN * _cost(error):
            return _table_top(lab, everywhere @ upper, everywhere @ lower, line, two_error)
    model = (everywhere @ one).astype(np.float32)
    return _judged(model, np.linalg.norm(lab - model, axis=2), error)


def border_pixels(height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the border strip."""
    strip = max(3, round(STRIP * min(height, width)))
    border = np.ones((height, width), bool)
    border[strip:-strip, strip:-strip] = False
    rows, columns = np.nonzero(border)
    return rows, columns


def _terms(y: NDArray[np.floating], x: NDArray[np.floating]) -> Floats:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).astype(np.float32)


def _cost(error: Floats) -> float:
    return float(np.minimum(error, OBJECT_ERROR).mean())


def _fit(terms: Floats, colours: Floats, rng: np.random.Generator) -> Floats:
    """Robust least squares: best of several random starts, then Tukey reweighting. (6, 3)."""
    if len(terms) > SAMPLES:
        chosen = rng.choice(len(terms), SAMPLES, replace=False)
        terms, colours = terms[chosen], colours[chosen]
    draws = [rng.choice(len(terms), DRAW, replace=False) for _ in range(STARTS)]
    starts = np.linalg.pinv(terms[draws], rcond=1e-6) @ colours[draws]
    errors = np.linalg.norm(colours - terms @ starts, axis=2)
    best = int(np.minimum(errors, OBJECT_ERROR).mean(1).argmin())
    surface, error = starts[best], errors[best]
    for turn in range(REWEIGHTINGS):
        robust = max(1.4826 * float(np.median(error)), STRICTEST)
        sigma = max(robust, FORGIVING * STRICTER**turn)
        weight = np.clip(1 - (error / (TUKEY * sigma)) ** 2, 0, 1)[:, None]
        surface = np.linalg.lstsq(terms * weight, colours * weight, rcond=None)[0]
        error = np.linalg.norm(colours - terms @ surface, axis=1)
    return np.asarray(surface, np.float32)


def _horizon(lab: Floats) -> tuple[float, float]:
    """Return the rows where the left and the right strip change most sharply."""
    strip = max(3, round(STRIP * min(lab.shape[:2])))
    left, right = (_sharpest_row(side.mean(1)) for side in (lab[:, :strip], lab[:, -strip:]))
    return left, right


def _sharpest_row(profile: Floats) -> float:
    """Split `profile` (H, 3) into two straight lines with the least absolute error."""
    height = len(profile)
    rows = np.arange(height // 10, height - height // 10, 3)
    if not rows.size:
        return height / 2
    above = np.arange(height) < rows[:, None]
    lines = np.where(above[..., None], _lines(profile, above), _lines(profile, ~above))
    error = np.minimum(np.abs(profile - lines), OBJECT_ERROR).sum((1, 2))
    return float(rows[error.argmin()])


def _lines(profile: Floats, parts: NDArray[np.bool_]) -> Floats:
    """Return the straight line (R, H, 3) nearest to the rows of `profile` in each part (R, H)."""
    y = np.linspace(-0.5, 0.5, len(profile))
    count = parts.sum(1, keepdims=True)
    off = np.where(parts, y - (parts @ y)[:, None] / count, 0)
    spread = np.maximum((off * off).sum(1), 1e-12)
    slope, mean = (off @ profile) / spread[:, None], (parts @ profile) / count
    lines = mean[:, None] + slope[:, None] * (y - (parts @ y)[:, None] / count)[..., None]
    return np.asarray(lines, np.float32)


def _table_top(
    lab: Floats, upper: Floats, lower: Floats, line: tuple[float, float], error: Floats
) -> Backdrop:
    """Join two surfaces along the horizon; near it any mixture of both counts as backdrop."""
    height, width = lab.shape[:2]
    offset = np.arange(height)[:, None] - np.interp(np.arange(width), (0, width - 1), line)[None]
    model = np.where((offset > 0)[..., None], lower, upper).astype(np.float32)
    distance = np.linalg.norm(lab - model, axis=2)
    near = np.abs(offset) < HORIZON_BAND * height
    step = (lower - upper)[near]
    share = ((lab - upper)[near] * step).sum(1) / np.maximum((step * step).sum(1), 1e-6)
    mixture = upper[near] + np.clip(share, 0, 1)[:, None] * step
    model[near] = mixture
    distance[near] = np.linalg.norm(lab[near] - mixture, axis=1)
    return _judged(model, distance, error)


def _judged(model: Floats, distance: Floats, error: Floats) -> Backdrop:
    sigma = max(1.4826 * float(np.median(error)) / 1.5, LEAST_SIGMA)
    coverage = float((error < max(4 * sigma, 4.0)).mean())
    return Backdrop(model, cv2.GaussianBlur(distance, (0, 0), 0.6), sigma, coverage)
