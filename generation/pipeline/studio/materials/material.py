"""A text style as something to build and to render.

Nothing in this package imports Mitsuba, and numpy only inside of functions: the web process asks
materials for their faces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .mirrored import Mirrored
from .profile import Profile

if TYPE_CHECKING:  # not even numpy is loaded to name a face
    import numpy as np
    import numpy.typing as npt

    from generation.pipeline.studio.palette import Palette

    Floats = npt.NDArray[np.float32]

Rgb = tuple[float, float, float]
Bsdf = Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """Where the letters will stand: the set's palette, and the mean linear colours behind them.

    `backdrop` is behind the headline, `ground` along the picture's lower edge.
    """

    palette: Palette
    backdrop: Rgb
    ground: Rgb

    @property
    def brightness(self) -> float:
        """Linear luminance (Rec. 709) behind the letters."""
        red, green, blue = self.backdrop
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Points(Protocol):
    """What a `paint` is told of each vertex, in em; N vertices.

    `vertices`, `normals` (N, 3): x right, y up, z to the viewer. `front` (N,): 1 on what faces the
    viewer, 0 on sides and back. `inset` (N,): distance to the letter's outline, 0 on it. `along`
    (N, 2): unit direction of the stroke, sign arbitrary. `outward` (N, 2): unit direction to the
    nearest outline.
    """

    @property
    def vertices(self) -> Floats: ...
    @property
    def normals(self) -> Floats: ...
    @property
    def front(self) -> Floats: ...
    @property
    def inset(self) -> Floats: ...
    @property
    def along(self) -> Floats: ...
    @property
    def outward(self) -> Floats: ...


Paint = Callable[[Points, Setting], "Mapping[str, Floats]"]


@dataclass(frozen=True)
class Glow:
    """Light of the letters' own.

    `shine` returns each vertex's radiance (N, 3) as the camera sees it, at exposure 1. `colour` is
    the linear colour of what falls on the set: letters of radiance `spill` light it, and `bloom` is
    the share of that colour which lens and air scatter round the letters. Both may be 0.
    """

    shine: Callable[[Points, Setting], Floats]
    colour: Callable[[Setting], Rgb]
    spill: float = 0.0
    bloom: float = 0.0


@dataclass(frozen=True)
class Plate:
    """A board behind the letters in their own shape, wider by `margin`; all in em.

    `gap` is the air between the letters' back and the board, `depth` its thickness. A `sheet` is
    of torn paper round the whole block instead. `paint` is as a material's.
    """

    surface: Callable[[Setting], Bsdf]
    margin: float
    gap: float
    depth: float
    sheet: bool = False
    paint: Paint | None = None


@dataclass(frozen=True)
class Material:
    """A text style: how strokes are shaped, what they are made of, what they mirror.

    `profile` is the shape of a stroke's cross-section and `surface` returns the Mitsuba BSDF
    (linear sRGB colours) for a setting. `faces` are the font keys that suit it, best first; the
    last one is a full face. `swell` widens strokes on each side and `tracking` parts characters,
    both in em. `tone` is the linear colour that the set sees of the letters: they throw it back.

    `paint` returns per-vertex values, {"vertex_<name>": (N, 1) or (N, 3) float32, linear}, for a
    surface that names them: {"type": "mesh_attribute", "name": "vertex_<name>"}. `path_depth` is
    the longest light path: lens to letter, letter to letter, letter to softbox is 3. `two_sided`
    is off for what light passes through; `seen_through` is for clear letters: they show stage
    1's picture behind them, times the first colour plus the second (linear).
    """

    key: str
    profile: Profile
    surface: Callable[[Setting], Bsdf]
    faces: tuple[str, ...]
    mirrored: Mirrored
    tone: Callable[[Setting], Rgb]
    swell: float = 0.0
    tracking: float = 0.0
    paint: Paint | None = None
    path_depth: int = 3
    two_sided: bool = True
    seen_through: Callable[[Setting], tuple[Rgb, Rgb]] | None = None
    glow: Glow | None = None
    plate: Plate | None = None

    @property
    def margin(self) -> float:
        """Return what the plate adds on each side of the letters, in em."""
        return self.plate.margin if self.plate else 0.0


def rgb(red: float, green: float, blue: float) -> dict[str, Any]:
    """Return a colour in Mitsuba's scene language."""
    return {"type": "rgb", "value": [red, green, blue]}


def painted(name: str) -> dict[str, Any]:
    """Return the texture that reads what `paint` stored under "vertex_<name>"."""
    return {"type": "mesh_attribute", "name": f"vertex_{name}"}
