"""The near layer of a set: only the rows that it reaches into are rendered and denoised."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import cv2
import numpy as np

from .camera import sensor
from .render import Image, Layers, denoise, render_albedo, render_passes
from .rig import Rig
from .stage import build_albedo_scene, studio_set

# Samples per pixel of the denoiser's guide.
ALBEDO_SAMPLES: Final = 2
# Half the blur, in pixels, of the guide where edges are out of focus.
SOFT_EDGE: Final = 2.5
# Pixel samples of one band: about a second on two cores.
BAND_SAMPLES: Final = 1_200_000
# What is near is looked for in a glance, this many of its pixels farther than it is seen there.
MARGIN: Final = 3
# Pixel samples from which a set is rendered smaller: of a large picture's set less is in focus.
# At these sizes the film's shifts are whole pixels.
LARGE: Final = 5_500_000
SMALLER: Final = (0.75, 0.5)


class Rows(NamedTuple):
    """Rows of a picture: from the first to before the end."""

    first: int
    end: int


@dataclass(frozen=True)
class NearWindow:
    """How the near layer is rendered: its size, `scale` of the frame's, and the rows it reaches.

    In the first `fade` of the rows nothing near is seen; `samples` per pixel.
    """

    width: int
    height: int
    scale: float
    samples: int
    rows: Rows
    fade: int = 0

    def bands(self) -> list[Rows]:
        """Cut the rows into bands that take about a second each on two cores."""
        pixels = self.width * (self.rows.end - self.rows.first)
        count = max(1, math.ceil(pixels * self.samples / BAND_SAMPLES))
        edges = np.linspace(*self.rows, count + 1).round().astype(int)
        return [Rows(int(first), int(end)) for first, end in itertools.pairwise(edges)]

    def layers(self, bands: list[Layers]) -> Layers:
        """Return the first so many bands as one picture of the whole size.

        Nothing is above them; their last row goes on below.
        """
        radiance = np.concatenate([band.radiance for band in bands])
        alpha = np.concatenate([band.alpha for band in bands])
        above, below = self.rows.first, self.height - self.rows.first - alpha.shape[0]
        radiance = np.pad(radiance, ((0, below), (0, 0), (0, 0)), mode="edge")
        alpha = np.pad(alpha, ((0, below), (0, 0)), mode="edge")
        return replace(
            bands[0],
            radiance=np.pad(radiance, ((above, 0), (0, 0), (0, 0))),
            alpha=np.pad(alpha, ((above, 0), (0, 0))),
        )


def near_window(rig: Rig, scale: float, samples: int, seen: Image | None = None) -> NearWindow:
    """Return where the near layer is rendered, at `scale` or a smaller one for a large frame.

    `seen` (height, width) is a glance's alpha: above the ground of many sets all is far. Without
    one all rows are taken.
    """
    window = _window(rig, scale, samples, seen)
    for smaller in SMALLER:
        rows = window.rows.end - window.rows.first
        if window.width * rows * samples <= LARGE:
            break
        if smaller < window.scale:
            window = _window(rig, smaller, samples, seen)
    return window


def _window(rig: Rig, scale: float, samples: int, seen: Image | None) -> NearWindow:
    width, height = (max(round(side * scale), 1) for side in (rig.camera.width, rig.camera.height))
    found = np.flatnonzero((seen > 0).any(axis=1)) if seen is not None else np.zeros(0, int)
    if seen is None or not found.size:
        return NearWindow(width, height, scale, samples, Rows(0, height))
    unit = height / seen.shape[0]
    first = max(int((int(found[0]) - MARGIN) * unit), 0)
    end = min(math.ceil((int(found[-1]) + 1 + MARGIN) * unit), height)
    fade = round((MARGIN - 1) * unit) if first > 0 else 0
    return NearWindow(width, height, scale, samples, Rows(first, end), fade)


def photographed(rig: Rig, scene: Any, window: NearWindow, rows: Rows, *, seed: int) -> Layers:
    """Render some of the window's rows of the loaded scene."""
    lens = sensor(rig.camera, scale=window.scale, crop=None, rows=rows)
    return _taken(scene, lens, seed, window.samples)


def _taken(scene: Any, lens: dict[str, Any], seed: int, samples: int) -> Layers:
    return render_passes(scene, seed=seed, samples=samples, samples_per_pass=samples, lens=lens)


def denoised(window: NearWindow, picture: Image, guide: Image | None) -> Image:
    """Return the exposed picture (height, width, 3) without noise in the window's rows.

    What is far has none. `guide` is `guide_of` the same picture.
    """
    part = slice(*window.rows)
    clean = denoise(np.ascontiguousarray(picture[part]), guide, fast=True)
    share = np.ones((clean.shape[0], 1, 1), np.float32)
    share[: window.fade, 0, 0] = np.linspace(0, 1, window.fade, endpoint=False)
    mixed = picture.copy()
    mixed[part] += share * (clean - mixed[part])
    return mixed


def guide_of(
    rig: Rig, scene: Any, window: NearWindow, picture: Image, alpha: Image
) -> Image | None:
    """Return the near set's albedo over the picture of the far one, for the denoiser.

    (rows, width, 3) of the window's rows; `alpha` (height, width) is the near layer's. Smooth
    where it says that an edge is out of focus: the denoiser would take the noise of a few samples
    there for texture.
    """
    picture, alpha = (layer[slice(*window.rows)] for layer in (picture, alpha))
    if not studio_set(rig.style).textured:
        return None
    lens = sensor(rig.camera, scale=window.scale, crop=None, rows=window.rows)
    albedo = render_albedo(scene, lens, seed=rig.seed, samples=ALBEDO_SAMPLES) or _taken(
        build_albedo_scene(rig, scale=window.scale), lens, rig.seed, ALBEDO_SAMPLES
    )
    guide = albedo.radiance + (1 - albedo.alpha[..., None]) * np.clip(picture, 0, 1)
    covered = cv2.GaussianBlur(alpha, (0, 0), SOFT_EDGE)
    soft = ((covered > 0.01) & (covered < 0.99)).astype(np.float32)
    share = cv2.GaussianBlur(soft, (0, 0), SOFT_EDGE)[..., None]
    guide += share * (cv2.GaussianBlur(guide, (0, 0), 2 * SOFT_EDGE) - guide)
    return np.ascontiguousarray(np.clip(guide, 0, 1), np.float32)
