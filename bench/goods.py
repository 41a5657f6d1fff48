"""Goods that belong to nobody: small meshes with drawn Korean labels, made to be photographed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .meshes import Part, box, coloured, label, lathe, ring, smooth_curve, textured


def sesame_oil() -> list[Part]:
    """참기름: a dark glossy bottle, a red cap, a paper label."""
    glass = coloured((0.030, 0.010, 0.004), 0.08, specular=0.5, clearcoat=0.6)
    body = [(0, 0), (0.95, 0), (1.05, 0.08), (1.08, 0.25), (1.08, 3.2), (1.02, 3.6), (0.8, 4.0),
            (0.5, 4.35), (0.38, 4.6), (0.36, 5.3)]  # fmt: skip
    paper = label(
        (1800, 560), "#f3e6c4",
        [("참기름", 230, "#7a1d12", 0.42), ("방앗간에서 갓 짠", 84, "#3b2a18", 0.74)], "#7a1d12",
    )  # fmt: skip
    return [
        lathe(smooth_curve(body), glass, smooth=True),
        lathe([(1.095, 0.75), (1.095, 2.75)], textured(paper, 0.55)),
        lathe([(0, 5.85), (0.45, 5.85), (0.47, 5.8), (0.47, 5.1), (0.42, 5.05)][::-1],
              coloured((0.55, 0.02, 0.02), 0.25)),
    ]  # fmt: skip


def gift_box() -> list[Part]:
    """건어물 선물세트: a kraft box with a lid and a label."""
    front = label(
        (1400, 760), "#c9a77a",
        [("건어물", 270, "#1f3a4d", 0.40), ("선물세트", 150, "#1f3a4d", 0.70)], "#1f3a4d",
    )  # fmt: skip
    return [
        box((4.6, 3.0, 2.5), textured(front, 0.7)),
        box((4.7, 3.1, 0.42), coloured((0.014, 0.042, 0.075), 0.6), 2.5),
    ]


def latte_cup() -> list[Part]:
    """카페: a paper cup with a kraft sleeve and a white lid."""
    white = coloured((0.82, 0.80, 0.77), 0.45)
    sleeve = label((1800, 480), "#b98a5a", [("달빛카페", 190, "#3a2114", 0.48)])
    return [
        lathe([(0, 0), (0.92, 0), (0.94, 0.05), (1.3, 3.6)], white),
        lathe([(1.045, 0.85), (1.235, 2.65)], textured(sleeve, 0.8)),
        lathe([(1.36, 3.55), (1.40, 3.62), (1.40, 3.72), (1.30, 3.80), (1.24, 4.05), (1.16, 4.10),
               (1.10, 4.02), (0, 4.0)], coloured((0.9, 0.9, 0.89), 0.25)),
    ]  # fmt: skip


def tangerine_bowl() -> list[Part]:
    """귤: a celadon bowl heaped with tangerines."""
    celadon = coloured((0.33, 0.47, 0.40), 0.12, clearcoat=0.8)
    outer = [(0, 0), (0.9, 0), (0.9, 0.18), (1.5, 0.5), (2.2, 1.1), (2.5, 1.75)]
    inner = [(2.42, 1.75), (2.1, 1.15), (1.4, 0.6), (0, 0.42)]
    parts = [lathe([*smooth_curve(outer), *smooth_curve(inner)], celadon)]
    places = [(0, -1.3, 1.5), (1.25, -0.5, 1.5), (0.9, 0.9, 1.5), (-0.9, 0.95, 1.5),
              (-1.3, -0.45, 1.5), (0.05, -0.1, 1.75), (0.55, -0.55, 2.55), (-0.55, -0.3, 2.6),
              (0.1, 0.6, 2.6)]  # fmt: skip
    random = np.random.default_rng(5)
    for x, y, z in places:
        skin = coloured((0.86, 0.30 + 0.05 * random.random(), 0.02), 0.32, specular=0.5)
        turn = np.linspace(0, np.pi, 40)
        sphere = lathe(
            list(zip(0.76 * np.sin(turn), -0.66 * np.cos(turn), strict=True)), skin, smooth=True
        )
        sphere.vertices[:] += np.array([x, y, z], np.float32)
        parts.append(sphere)
    return parts


def white_mug() -> list[Part]:
    """A white mug with a handle: a real opening, and little contrast on a white table."""
    glaze = coloured((0.86, 0.86, 0.85), 0.15, clearcoat=0.6)
    body = [(0, 0), (1.0, 0), (1.15, 0.12), (1.25, 0.6), (1.25, 2.6), (1.17, 2.6), (1.15, 0.4),
            (0, 0.3)]  # fmt: skip
    return [lathe(body, glaze), ring((1.25, 1.35), 0.78, 0.17, glaze)]


def jar_pair() -> list[Part]:
    """고추장: a large red jar and a small one that stands apart from it."""
    red, lid = coloured((0.45, 0.03, 0.015), 0.2, clearcoat=0.5), coloured((0.75, 0.55, 0.1), 0.35)
    jar = [(0, 0), (1.0, 0), (1.15, 0.15), (1.15, 1.9), (0.95, 2.2)]
    cap = [(0.98, 2.15), (1.0, 2.6), (0.95, 2.65), (0, 2.65)]
    pair = []
    for scale, x, y in ((1.0, -0.6, 0.2), (0.36, 1.35, -0.4)):
        for profile, bsdf in ((jar, red), (cap, lid)):
            part = lathe([(scale * r, scale * h) for r, h in profile], bsdf)
            part.vertices[:] += np.array([x, y, 0], np.float32)
            pair.append(part)
    return pair


PRODUCTS: dict[str, Callable[[], list[Part]]] = {
    "sesame_oil": sesame_oil,
    "gift_box": gift_box,
    "latte_cup": latte_cup,
    "tangerines": tangerine_bowl,
    "white_mug": white_mug,
    "jar_pair": jar_pair,
}
