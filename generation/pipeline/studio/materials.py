"""What the letters are made of: one entry per text style, naming profile, surface and faces.

Plain dictionaries in Mitsuba's scene language; nothing here imports Mitsuba, so the web process
may ask a material for its faces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from generation.pipeline.errors import UnknownChoice

Profile = Literal["inflate", "bevel"]


@dataclass(frozen=True)
class Material:
    """A text style as something to build and to render.

    `profile` is the shape of a stroke's cross-section, `surface` the Mitsuba BSDF (linear sRGB
    colours) and `faces` the font keys that suit it, best first; the last one is a full face.
    `swell` widens strokes on each side and `tracking` parts characters, both in em.
    """

    key: str
    profile: Profile
    surface: Mapping[str, Any]
    faces: tuple[str, ...]
    swell: float
    tracking: float


def _rgb(red: float, green: float, blue: float) -> dict[str, Any]:
    return {"type": "rgb", "value": [red, green, blue]}


# Foil: gold's reflectance (art direction's figure), just rough enough that softboxes have soft
# edges; the clear coat adds the sharp second glint that says "plastic film".
_GOLD_FOIL: Final = {
    "type": "principled",
    "base_color": _rgb(1.00, 0.68, 0.22),
    "metallic": 1.0,
    "roughness": 0.16,
    "clearcoat": 0.6,
    "clearcoat_gloss": 0.95,
}

# Polished steel: a little blue against the set's warm light, sharp enough to read as chrome.
_CHROME: Final = {
    "type": "principled",
    "base_color": _rgb(0.86, 0.88, 0.91),
    "metallic": 1.0,
    "roughness": 0.12,
}

MATERIALS: Final = (
    Material(
        "gold_balloon",
        "inflate",
        _GOLD_FOIL,
        faces=("jua", "nanum_gothic"),
        swell=0.028,
        tracking=0.03,
    ),
    Material(
        "metal",
        "bevel",
        _CHROME,
        faces=("black_han_sans", "noto_sans_kr"),
        swell=0.0,
        tracking=0.01,
    ),
)


def material(text_style: str) -> Material:
    """Return the material of a text style; raises UnknownChoice."""
    for entry in MATERIALS:
        if entry.key == text_style:
            return entry
    raise UnknownChoice(
        f"text_style {text_style!r} has no material", field="text_style", value=text_style
    )
