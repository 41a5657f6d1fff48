"""From Korean wishes to the engines' prompts: by a language model, or by the prompt book."""

from __future__ import annotations

from .book import from_the_book, material_words, style_words
from .copies import suggest_copies
from .wording import Prompts, Wish
from .writer import Written, write_prompts

__all__ = [
    "Prompts",
    "Wish",
    "Written",
    "from_the_book",
    "material_words",
    "style_words",
    "suggest_copies",
    "write_prompts",
]
