"""3D 메탈: letters milled from polished steel."""

from __future__ import annotations

from typing import Final

from .material import Bsdf, Material, Rgb, Setting, rgb
from .mirrored import Mirrored, Softbox
from .profile import Bevel

# A little blue against the set's warm light.
STEEL: Final[Rgb] = (0.86, 0.88, 0.91)

# The front mirrors the viewer's side, where a great bank shines down to a horizon line low on the
# letters and a grey floor lies under it; bevels mirror left, right, top and bottom: the lit ones
# are bright, the lower and the right ones dark, and they draw the letter. Much of the set's own
# colour would fill the dark bevels on a bright set.
MIRRORED: Final = Mirrored(
    boxes=(
        Softbox(-6, 22, 150, 66, 1.25, 5, 0.0),
        Softbox(-34, 30, 40, 22, 1.2, 12, 0.0),
        Softbox(0, -24, 150, 24, 0.50, 8, 0.1),
        Softbox(-92, 10, 44, 90, 1.6, 8, 0.0),
        Softbox(94, 20, 24, 80, 1.1, 8, 0.1),
        Softbox(0, 84, 360, 26, 3.4, 5, 0.05),
        Softbox(0, -82, 360, 18, 0.60, 6, 0.2),
    ),
    dark=(0.020, 0.019, 0.020),
    set_share=0.3,
)


def surface(_: Setting) -> Bsdf:
    """Return polished steel, sharp enough to read as chrome."""
    return {
        "type": "principled",
        "base_color": rgb(*STEEL),
        "metallic": 1.0,
        "roughness": 0.12,
    }


MATERIAL: Final = Material(
    key="metal",
    profile=Bevel(depth=0.26, reach=0.050, crown=0.053),
    surface=surface,
    faces=("black_han_sans", "noto_sans_kr"),
    mirrored=MIRRORED,
    tone=lambda _: STEEL,
    tracking=0.01,
)
