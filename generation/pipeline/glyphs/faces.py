"""Which font writes a copy: answered from the manifest alone, so the web form can ask too."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from generation.pipeline.errors import GlyphMissing, UnknownChoice
from generation.pipeline.studio.materials import material

FONT_FOLDER: Final = Path(__file__).resolve().parents[2] / "fonts"

# Unicode's precomposed Hangul syllables, 가..힣: a face with all of them can write any Korean.
ALL_SYLLABLES: Final = 11_172


@dataclass(frozen=True)
class Face:
    """One committed font file. `coverage` is "ac00-ac01 ac04 ...", code points with ink, in hex.

    `changed` says what was done to the published file, if anything. `stand_in` is the key of the
    full face most like a small one. `embolden` widens thin strokes on each side, in em.
    """

    key: str
    name_ko: str
    name_en: str
    file: str
    weight: int
    sha256: str
    licence: str
    licence_file: str
    source: str
    version: str
    changed: str
    stand_in: str
    embolden: float
    syllables: int
    coverage: str

    @property
    def path(self) -> Path:
        """The absolute path of the TTF file."""
        return FONT_FOLDER / self.file

    @property
    def full(self) -> bool:
        """Whether the face has every Hangul syllable."""
        return self.syllables == ALL_SYLLABLES

    @cached_property
    def _ranges(self) -> tuple[list[int], list[int]]:
        pairs = [part.partition("-") for part in self.coverage.split()]
        firsts = [int(first, 16) for first, _, _ in pairs]
        lasts = [int(last or first, 16) for first, _, last in pairs]
        return firsts, lasts

    def covers(self, character: str) -> bool:
        """Whether the face draws `character` (one code point); white space needs no ink."""
        if character.isspace():
            return True
        firsts, lasts = self._ranges
        place = bisect_right(firsts, ord(character)) - 1
        return place >= 0 and ord(character) <= lasts[place]

    def missing(self, copy: str) -> list[str]:
        """Return the characters of `copy` that the face lacks, each once, in reading order."""
        return [character for character in dict.fromkeys(copy) if not self.covers(character)]


@dataclass(frozen=True)
class FaceChoice:
    """The face that will write the copy, and the one it replaces for want of a glyph, if any."""

    face: Face
    fell_back_from: Face | None = None


@lru_cache(maxsize=1)
def faces() -> tuple[Face, ...]:
    """Return all committed faces, in the manifest's order."""
    manifest = json.loads((FONT_FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return tuple(Face(**entry) for entry in manifest["faces"])


def face(key: str) -> Face:
    """Return the face; raises UnknownChoice."""
    for candidate in faces():
        if candidate.key == key:
            return candidate
    raise UnknownChoice(f"font {key!r} is not in the manifest", field="font", value=key)


def face_for(text_style: str, copy: str, wanted: str | None = None) -> FaceChoice:
    """Choose the face that writes `copy`: the merchant's, the material's best, or a full one.

    A full face like the one asked for comes before any other.

    Raises GlyphMissing(character=...) when no committed face has all the characters, and
    UnknownChoice for an unknown text style or font.
    """
    candidates = _candidates(text_style, wanted)
    for candidate in candidates:
        if not candidate.missing(copy):
            first = candidates[0]
            return FaceChoice(candidate, None if candidate is first else first)
    character = missing_characters(copy)[0]
    raise GlyphMissing(f"no committed face draws U+{ord(character):04X}", character=character)


def missing_characters(copy: str) -> list[str]:
    """Return what keeps `copy` from being written: the gaps of the face that lacks the fewest."""
    return min((candidate.missing(copy) for candidate in faces()), key=len)


def _candidates(text_style: str, wanted: str | None) -> list[Face]:
    best = [face(key) for key in material(text_style).faces]
    chosen = [face(wanted)] if wanted else best
    stand_ins = [face(small.stand_in) for small in chosen if small.stand_in]
    full_first = sorted(faces(), key=lambda candidate: not candidate.full)
    return list(dict.fromkeys([*chosen, *stand_ins, *best, *full_first]))
