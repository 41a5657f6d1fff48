"""The letters photographed, proven against the font, and shown while they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .errors import WordsWrong
from .glyphs.common import CommonLetters, fitted, letters_for_all
from .glyphs.field import coverage
from .glyphs.layer import developed
from .glyphs.plan import Lettering
from .glyphs.shooting import Shot, front_coverage, shoot
from .glyphs.verify import WordsCheck, check_words
from .previews import encode_preview
from .stopwatch import Stopwatch
from .studio.render import Layers
from .types import Progress, Report, SubStep

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]
# Puts a picture of letters and their coverage where the frame shows them.
Shown = Callable[[Picture, Plane], Picture]

# Samples per pixel: 8, denoised, look like 64 (PSNR 34 dB, what differs are edges); the second
# try takes more.
SAMPLES: Final = 8
SECOND_TRY_SAMPLES: Final = 64

# A draft is denoised from few, and proves nothing.
DRAFT_SAMPLES: Final = 4

# Where the sub-steps begin on the stage's own 0..1 bar.
RENDER_FROM: Final = 0.25
CHECK_FROM: Final = 0.92

# Colour of the flat letters in the first preview, before anything is rendered.
SKETCH_COLOUR: Final = (236, 226, 205)


@dataclass(frozen=True)
class Proven:
    """The lettering as it was photographed, and its proof.

    In the crop's pixels: `alpha` (H, W) 0..1 is all of the letters, `front` what was proven, `lit`
    what shines itself, if any; `colour` develops their sRGB (H, W, 3), not premultiplied.
    """

    lettering: Lettering
    words: WordsCheck
    alpha: Plane
    front: Plane
    lit: Plane | None
    colour: Callable[[], Picture]


def proven(lettering: Lettering, seed: int, report: Report, watch: Stopwatch) -> Proven:
    """Render and check; once more, unswollen and with more samples, if a character is wrong.

    Raises WordsWrong when one still is.
    """
    words = None
    for samples, start in ((SAMPLES, RENDER_FROM), (SECOND_TRY_SAMPLES, CHECK_FROM)):
        tried = lettering if words is None else lettering.unswollen()
        with watch.lap(SubStep.TEXT_RENDER):
            shot = _shoot(tried, seed, samples, start, report)
        report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM))
        with watch.lap(SubStep.TEXT_CHECK):
            front = np.minimum(shot.layers.alpha, _front(tried, seed, report))
            words = _check(tried, front)
        if words.ok:
            return _of_shot(tried, words, shot, front)
    assert words is not None  # noqa: S101 - the loop ran
    raise WordsWrong(
        f"{words.passed} of {words.total} characters match: {words.cells}",
        passed=words.passed,
        total=words.total,
    )


def sketched(lettering: Lettering, seed: int, report: Report, watch: Stopwatch) -> Proven:
    """Render a draft: as `proven`, but wrong characters stay."""
    with watch.lap(SubStep.TEXT_RENDER):
        shot = _shoot(lettering, seed, DRAFT_SAMPLES, RENDER_FROM, report)
    # What the letters stand on is not theirs: a sheet of paper taken for words would be shaded.
    on_board, alpha = lettering.material.plate is not None, shot.layers.alpha
    front = np.minimum(alpha, _front(lettering, seed, report)) if on_board else alpha
    return _of_shot(lettering, _check(lettering, front), shot, front)


def proven_in_common(
    lettering: Lettering, common: CommonLetters, seed: int, report: Report, watch: Stopwatch
) -> Proven:
    """Return the letters that other formats have too, proven in this one's pixels.

    Where they are not right at this size the format photographs its own; see `proven`.
    """

    def photographed() -> dict[str, NDArray[Any]]:
        shown = partial(_over_fitted, lettering, common)
        shot = _shoot(common.lettering, seed, SAMPLES, RENDER_FROM, report, shown=shown)
        alpha = shot.layers.alpha
        front = np.minimum(alpha, _front(common.lettering, seed, report))
        colour, alpha = developed(shot.layers, common.lettering.rig.exposure, clean=True)
        kept: dict[str, NDArray[Any]] = {"colour": colour, "alpha": alpha, "front": front}
        return kept if shot.lit is None else kept | {"lit": shot.lit}

    with watch.lap(SubStep.TEXT_RENDER):
        kept = letters_for_all(common, photographed)
        here = {name: fitted(layer, common, lettering) for name, layer in kept.items()}
    report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM))
    with watch.lap(SubStep.TEXT_CHECK):
        words = _check(lettering, here["front"])
    if not words.ok:
        return proven(lettering, seed, report, watch)
    return Proven(
        lettering, words, here["alpha"], here["front"], here.get("lit"), lambda: here["colour"]
    )


def _of_shot(lettering: Lettering, words: WordsCheck, shot: Shot, front: Plane) -> Proven:
    def colour() -> Picture:
        return developed(shot.layers, lettering.rig.exposure, clean=True)[0]

    alpha = np.clip(shot.layers.alpha, 0.0, 1.0)
    return Proven(lettering, words, alpha, front, shot.lit, colour)


def sketch(lettering: Lettering) -> Picture:
    """Return the flat letters on stage 1's picture: the first thing that is seen."""
    crop = lettering.placement.crop
    mapping = lettering.placement.mapping.shifted(crop.x, crop.y)
    alpha = coverage(
        lettering.mesh.plane, mapping.scale, (mapping.x0, mapping.y0), (crop.height, crop.width)
    )
    colour = np.broadcast_to(np.array(SKETCH_COLOUR, np.uint8), (*alpha.shape, 3))
    return over(lettering, colour, alpha)


def over(lettering: Lettering, colour: Picture, alpha: Plane) -> Picture:
    """Return stage 1's picture with the crop's letters on it."""
    crop = lettering.placement.crop
    picture: Picture = lettering.backdrop.copy()
    window = picture[crop.y : crop.bottom, crop.x : crop.right]
    mixed = window + (colour - window.astype(np.float32)) * alpha[..., None]
    window[:] = np.round(mixed).astype(np.uint8)
    return picture


def _over_fitted(
    lettering: Lettering, common: CommonLetters, colour: Picture, alpha: Plane
) -> Picture:
    here = (fitted(layer, common, lettering) for layer in (colour, alpha))
    return over(lettering, *here)


def _shoot(
    lettering: Lettering,
    seed: int,
    samples: int,
    start: float,
    report: Report,
    *,
    shown: Shown | None = None,
) -> Shot:
    show = shown or partial(over, lettering)

    def loaded() -> None:
        report(Progress(sub_step=SubStep.TEXT_RENDER, fraction=start))

    def passed(done: int, total: int, layers: Layers) -> None:
        fraction = start + (CHECK_FROM - start) * done / total
        preview = None
        if done < total:  # the last pass is shown denoised
            colour, alpha = developed(layers, lettering.rig.exposure, clean=False)
            preview = encode_preview(show(colour, alpha))
        report(
            Progress(
                sub_step=SubStep.TEXT_RENDER,
                fraction=fraction,
                index=done,
                total=total,
                preview=preview,
            )
        )

    return shoot(lettering, seed=seed, samples=samples, loaded=loaded, on_pass=passed)


def _front(lettering: Lettering, seed: int, report: Report) -> Plane:
    """Return the coverage (H, W) 0..1 of what faces the viewer."""
    fractions = iter((0.01, 0.02, 0.03))

    def step() -> None:
        report(Progress(sub_step=SubStep.TEXT_CHECK, fraction=CHECK_FROM + next(fractions)))

    return front_coverage(lettering, seed, step)


def _check(lettering: Lettering, alpha: Plane) -> WordsCheck:
    crop = lettering.placement.crop
    return check_words(
        alpha,
        lettering.layout,
        lettering.placement.mapping.shifted(crop.x, crop.y),
        swell=lettering.mesh.swell,
    )
