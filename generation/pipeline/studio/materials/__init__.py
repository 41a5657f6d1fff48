"""What the letters are made of: one module per text style, each with all that the style needs.

To add one: a module with a MATERIAL, its line here, its line in `catalog.TEXT_STYLES`.
"""

from __future__ import annotations

from typing import Final

from generation.pipeline.errors import UnknownChoice

from . import candy, glass, gold_balloon, ink, lacquer, metal, neon, wood
from .material import Material, Setting

__all__ = ["MATERIALS", "Material", "Setting", "material"]

MATERIALS: Final[tuple[Material, ...]] = (
    gold_balloon.MATERIAL,
    metal.MATERIAL,
    neon.MATERIAL,
    glass.MATERIAL,
    candy.MATERIAL,
    wood.MATERIAL,
    lacquer.MATERIAL,
    ink.MATERIAL,
)


def material(text_style: str) -> Material:
    """Return the material of a text style; raises UnknownChoice."""
    for entry in MATERIALS:
        if entry.key == text_style:
            return entry
    raise UnknownChoice(
        f"text_style {text_style!r} has no material", field="text_style", value=text_style
    )
