"""More goods to be photographed: fruit, fish, bread, bags; white, black and glass things."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .meshes import (
    Part,
    box,
    coloured,
    label,
    lathe,
    moved,
    pillow,
    smooth_curve,
    sphere,
    textured,
    turned,
)


def mottled(first: str, second: str, seed: int, size: tuple[int, int] = (256, 128)) -> np.ndarray:
    """A skin of two colours in soft spots; sRGB 0..1."""
    import cv2
    from PIL import ImageColor

    rng = np.random.default_rng(seed)
    spots = cv2.resize(rng.random((12, 18)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    share = np.clip(spots, 0, 1)[..., None]
    one, other = (np.array(ImageColor.getrgb(name), np.float32) / 255 for name in (first, second))
    return one * share + other * (1 - share)


def apple() -> list[Part]:
    """사과: red with a yellow cheek, a stem."""
    body = [(0, 0.25), (0.5, 0.02), (0.95, 0.2), (1.3, 0.9), (1.35, 1.5), (1.1, 2.1), (0.6, 2.3),
            (0.2, 2.15), (0, 2.0)]  # fmt: skip
    skin = textured(mottled("#a81414", "#d8a030", 4), 0.25)
    profile = np.array(body)
    steps = np.linspace(0, len(body) - 1, 60)
    round_ = [(float(np.interp(s, range(len(body)), profile[:, 0])),
               float(np.interp(s, range(len(body)), profile[:, 1]))) for s in steps]  # fmt: skip
    stem = moved(lathe([(0.05, 0), (0.06, 0.6), (0, 0.6)], coloured((0.1, 0.05, 0.02))), (0, 0, 2))
    return [lathe(round_, skin, smooth=True), turned(stem, 4, axis=1)]


def pears() -> list[Part]:
    """배 세 개: three brown pears that touch."""
    skin = textured(mottled("#c89a4c", "#a87a34", 7), 0.5)
    places = [(-1.15, 0, 1.05), (1.1, 0.2, 1.05), (0, -1.1, 1.0)]
    return [sphere(1.15, place, skin, 0.92) for place in places]


def orange() -> list[Part]:
    """오렌지 한 개."""
    return [sphere(1.5, (0, 0, 1.42), textured(mottled("#ee8a12", "#f09c20", 2), 0.4), 0.95)]


def fish() -> list[Part]:
    """굴비: one long fish, its side to the camera."""
    body = [(0, -2.9), (0.35, -2.6), (0.72, -1.9), (0.86, -0.9), (0.8, 0.2), (0.5, 1.5),
            (0.22, 2.3), (0.16, 2.6)]  # fmt: skip
    skin = textured(mottled("#b8a878", "#7d7f86", 9), 0.3)
    lying = turned(lathe(smooth_curve(body, 60), skin, squash=0.45, smooth=True), 90, axis=1)
    tail = Part(
        np.array([(2.4, -0.16, 0.0), (2.4, 0.16, 0.0), (3.5, 0.85, 0.02), (3.2, 0, 0.02),
                  (3.5, -0.85, 0.02)], np.float32),
        np.array([(0, 0), (0, 1), (1, 1), (1, 0.5), (1, 0)], np.float32),
        np.array([(0, 1, 3), (1, 2, 3), (0, 3, 4)], np.uint32), skin,
    )  # fmt: skip
    eye = sphere(0.09, (-2.35, -0.2, 0.14), coloured((0.01, 0.01, 0.01), 0.1))
    whole = [lying, turned(tail, 90, axis=0), eye]
    return [moved(part, (-0.2, 0, 0.86)) for part in whole]


def bread() -> list[Part]:
    """식빵 대신 모닝빵: four brown buns in a row."""
    crust = textured(mottled("#8a4a18", "#c98c48", 3), 0.55)
    return [sphere(0.95, (x, y, 0.62), crust, 0.72)
            for x, y in ((-1.9, 0.1), (-0.6, 0), (0.7, 0.1), (1.95, 0))]  # fmt: skip


def snack_bag() -> list[Part]:
    """과자 봉지: a shiny pouch."""
    front = label((700, 900), "#1d7a4a", [("김부각", 190, "#fff4c8", 0.36),
                                          ("바삭", 120, "#ffd24a", 0.62)], "#ffd24a")  # fmt: skip
    return [pillow((3.2, 1.2, 4.4), textured(front, 0.25), 3)]


def paper_bag() -> list[Part]:
    """원두 봉투: a kraft bag with a folded top."""
    front = label((800, 900), "#b8905e", [("원두", 230, "#2a1a10", 0.45)])
    return [box((2.6, 1.6, 3.4), textured(front, 0.8)),
            box((2.4, 0.35, 0.35), textured(front[:200], 0.8), 3.4)]  # fmt: skip


def black_jar() -> list[Part]:
    """간장 항아리: black glaze."""
    glaze = coloured((0.016, 0.013, 0.012), 0.18, clearcoat=0.5)
    body = [(0, 0), (0.9, 0), (1.4, 0.7), (1.5, 1.4), (1.2, 2.2), (0.9, 2.4), (1.0, 2.6), (0, 2.6)]
    return [lathe(body, glaze, smooth=True)]


def dark_box() -> list[Part]:
    """홍삼 상자: black with thin gold words."""
    front = label((1000, 900), "#17161a", [("홍삼정", 210, "#a8863c", 0.45)])
    return [turned(box((2.8, 2.0, 1.5), textured(front, 0.5)), 25)]


def white_box() -> list[Part]:
    """흰 상자: white card with grey words."""
    front = label((1000, 900), "#f4f3f0", [("두부", 220, "#9aa09a", 0.45)])
    return [turned(box((3.0, 2.2, 1.2), textured(front, 0.6)), 30)]


def white_bottle() -> list[Part]:
    """화장품: a white bottle with a white cap."""
    white = coloured((0.86, 0.86, 0.85), 0.3)
    return [lathe([(0, 0), (0.95, 0), (1.0, 0.1), (1.0, 3.0), (0.85, 3.3), (0.45, 3.4)], white),
            lathe([(0.5, 3.4), (0.5, 4.2), (0, 4.2)], coloured((0.8, 0.8, 0.8), 0.2))]  # fmt: skip


def _glass(tint: tuple[float, float, float]) -> dict:
    colour = {"type": "rgb", "value": list(tint)}
    return {"type": "thindielectric", "int_ior": 1.5, "specular_transmittance": colour}


def glass_bottle() -> list[Part]:
    """소주병: green glass, a paper label, a steel cap."""
    body = [(0, 0), (0.9, 0), (0.92, 0.1), (0.92, 2.6), (0.75, 3.2), (0.36, 3.9), (0.33, 4.7)]
    paper = label((1500, 500), "#f2f4ee", [("맑은샘", 190, "#1c6b40", 0.5)])
    return [lathe(smooth_curve(body), _glass((0.30, 0.62, 0.38)), smooth=True),
            lathe([(0.94, 0.9), (0.94, 2.2)], textured(paper)),
            lathe([(0.38, 4.6), (0.38, 4.95), (0, 4.95)], coloured((0.6, 0.6, 0.6)))]  # fmt: skip


def glass_cup() -> list[Part]:
    """매실차: a clear glass with a drink in it."""
    side = [(0, 0), (0.95, 0), (1.25, 3.4)]
    drink = [(0, 0.15), (0.9, 0.15), (1.13, 2.5), (0, 2.5)]
    return [lathe(side, _glass((0.93, 0.95, 0.94))),
            lathe(drink, coloured((0.62, 0.36, 0.06), 0.15))]  # fmt: skip


def clear_jar() -> list[Part]:
    """빈 유리병: nothing but clear glass and a lid."""
    side = [(0, 0), (1.1, 0), (1.15, 0.1), (1.15, 2.4), (0.9, 2.7)]
    return [lathe(side, _glass((0.9, 0.93, 0.92)), smooth=False),
            lathe([(0.98, 2.65), (0.98, 3.05), (0, 3.05)], coloured((0.5, 0.4, 0.2)))]  # fmt: skip


GROCERIES: dict[str, Callable[[], list[Part]]] = {
    "apple": apple,
    "pears": pears,
    "orange": orange,
    "fish": fish,
    "bread": bread,
    "snack_bag": snack_bag,
    "paper_bag": paper_bag,
    "black_jar": black_jar,
    "dark_box": dark_box,
    "white_box": white_box,
    "white_bottle": white_bottle,
    "glass_bottle": glass_bottle,
    "glass_cup": glass_cup,
    "clear_jar": clear_jar,
}
