"""먹/붓글씨: black ink from a full brush on a sheet of hanji."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .material import Bsdf, Material, Plate, Points, Rgb, Setting, painted
from .mirrored import Mirrored, Softbox
from .noise import noise, smooth_step
from .profile import Rounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .material import Floats

INK: Final[Rgb] = (0.010, 0.010, 0.012)
PAPER: Final[Rgb] = (0.86, 0.81, 0.70)

# A white sheet on a dark set is a lamp: there the paper is an older one. Its tone on a black set,
# and the luminance behind it from which it is as white as it comes.
OLDEST: Final = 0.70
WHITE_FROM: Final = 0.25

# The brush ran dry: bristles' tracks across a stroke per em, the share of strokes that show, and
# how much of the paper they let through.
BRISTLES: Final = 170.0
DRY_FROM: Final = 0.64
DRIEST: Final = 0.36

MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-40, 46, 64, 44, 5.2, 10, 0.1),
        Softbox(70, 16, 40, 60, 0.7, 12, 0.1),
        Softbox(0, 84, 360, 24, 1.9, 10, 0.1),
    ),
    dark=(0.14, 0.135, 0.13),
    set_share=0.35,
    rim_warmth=0.0,
)


def _dryness(points: Points) -> Floats:
    """Return 0 where ink covers and 1 where paper shows between the bristles' tracks."""
    import numpy as np

    x, y = points.vertices[:, 0], points.vertices[:, 1]
    stroke, out, inset = points.along, points.outward, points.inset
    along = np.abs(x * stroke[:, 0] + y * stroke[:, 1]).astype(np.float32)
    # Tracks of the two halves of a stroke differ: they are no rings round it.
    turn = out[:, 0] * stroke[:, 1] - out[:, 1] * stroke[:, 0]
    across = np.asarray(inset * np.sign(turn), np.float32)
    track = noise(along * np.float32(2.6), across * BRISTLES, 7)
    track = 0.7 * track + 0.3 * noise(along * 9, across * 2.1 * BRISTLES, 12)
    patch = noise(x * 2.3, y * 2.3, 8) * 0.7 + noise(x * 6, y * 6, 9) * 0.3
    dry = smooth_step(DRY_FROM, 0.88, patch) * smooth_step(0.52, 0.66, track)
    # Tracks run beside a stroke's edges and not round its ends, where outline and stroke cross.
    ends = np.square(np.sum(out * stroke, axis=1))
    dry = dry * smooth_step(0.5, 0.1, ends) * smooth_step(0.006, 0.018, inset)
    return np.asarray(DRIEST * dry, np.float32)


def paint(points: Points, setting: Setting) -> Mapping[str, Floats]:
    """Return `ink` (N, 3), its colour, and `rough` (N, 1): still wet where it lies thick."""
    import numpy as np

    dry = _dryness(points)[:, None]
    colour = np.array(INK) + (np.array(paper(setting)) * 0.8 - np.array(INK)) * dry
    x, y = points.vertices[:, 0], points.vertices[:, 1]
    wet = smooth_step(0.45, 0.8, noise(x * 1.7 + 40, y * 1.7, 10))[:, None]
    return {
        "vertex_ink": np.asarray(colour, np.float32),
        "vertex_rough": np.asarray(0.72 - 0.24 * wet * (1 - dry), np.float32),
    }


def surface(_: Setting) -> Bsdf:
    """Return soot in glue: matt, with a wet sheen in places."""
    return {
        "type": "principled",
        "base_color": painted("ink"),
        "roughness": painted("rough"),
        # Half of glass's: what lies on paper and not under a lamp must stay black.
        "specular": 0.1,
    }


def paper(setting: Setting) -> Rgb:
    """Return the sheet's linear colour, darker on a darker set."""
    share = OLDEST + (1 - OLDEST) * min(setting.brightness / WHITE_FROM, 1.0)
    # What yellows is blue light: it goes first.
    return PAPER[0] * share, PAPER[1] * share**1.05, PAPER[2] * share**1.2


def fibres(points: Points, setting: Setting) -> Mapping[str, Floats]:
    """Return `paper` (N, 3): uneven pulp with long fibres, thinner and lighter at the torn rim."""
    import numpy as np

    x, y = points.vertices[:, 0], points.vertices[:, 1]
    pulp = 0.6 * noise(x * 2.2, y * 2.2, 40) + 0.4 * noise(x * 13, y * 13, 41)
    bent = y + 0.12 * noise(x * 2, y * 2, 42)
    threads = smooth_step(0.80, 0.95, noise(x * 4, bent * 34, 43))
    steep = smooth_step(0.84, 0.96, noise(bent * 30 + x * 9, x * 3 - y * 5, 44))
    threads = np.maximum(threads, steep)
    tone = 0.90 + 0.14 * pulp - 0.16 * threads + 0.10 * np.exp(-points.inset / 0.02)
    return {"vertex_paper": np.asarray(np.array(paper(setting)) * tone[:, None], np.float32)}


def hanji(_: Setting) -> Bsdf:
    """Return paper of mulberry bark."""
    return {
        "type": "principled",
        "base_color": painted("paper"),
        "roughness": 0.85,
        "specular": 0.2,
    }


MATERIAL: Final = Material(
    key="ink",
    profile=Rounded(radius=0.010, depth=0.006),
    surface=surface,
    faces=("east_sea_dokdo", "nanum_brush"),
    mirrored=MIRRORED,
    tone=paper,
    paint=paint,
    swell=0.004,
    tracking=0.02,
    plate=Plate(hanji, margin=0.24, gap=0.0, depth=0.014, sheet=True, paint=fibres),
)
