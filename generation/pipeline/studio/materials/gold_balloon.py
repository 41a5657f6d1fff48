"""골드 풍선: strokes blown up like foil balloons."""

from __future__ import annotations

from typing import Final

from .material import Bsdf, Material, Rgb, Setting, rgb
from .mirrored import Mirrored, Softbox
from .profile import Cushion

GOLD: Final[Rgb] = (1.00, 0.68, 0.22)

# A cushion mirrors everything around it: a stroke's body mirrors the viewer's side, so a huge even
# scrim hangs there and makes it broad bright gold; a hot box up on the left in it gives the glint,
# a gap under it the one crisp dark line near the lower edge, a low card and wings behind the bright
# amber rims. Folds of foil mirror each other, so the dark between the boxes is amber.
MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-8, 40, 170, 46, 1.30, 12, 0.10),
        Softbox(-4, -4, 150, 54, 0.95, 10, 0.42),
        Softbox(-38, 42, 44, 30, 8.0, 8, 0.0),
        Softbox(64, 18, 12, 60, 4.0, 5, 0.05),
        Softbox(0, 80, 360, 14, 2.4, 8, 0.2),
        Softbox(10, -76, 360, 16, 1.3, 6, 0.75),
        Softbox(-128, 12, 50, 110, 0.7, 16, 0.6),
        Softbox(130, 12, 50, 110, 0.7, 16, 0.7),
    ),
    dark=(0.11, 0.046, 0.012),
    set_share=0.8,
)


def surface(_: Setting) -> Bsdf:
    """Return foil: just rough enough that softboxes have soft edges.

    The colour is gold's reflectance, deepened; the clear coat adds the sharp second glint that
    says "plastic film".
    """
    return {
        "type": "principled",
        "base_color": rgb(*GOLD),
        "metallic": 1.0,
        "roughness": 0.16,
        "clearcoat": 0.6,
        "clearcoat_gloss": 0.95,
    }


MATERIAL: Final = Material(
    key="gold_balloon",
    profile=Cushion(),
    surface=surface,
    faces=("jua", "nanum_gothic"),
    mirrored=MIRRORED,
    tone=lambda _: GOLD,
    swell=0.028,
    tracking=0.03,
)
