"""What a merchant can choose from: background styles, text styles, formats. Cheap to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

from .errors import UnknownChoice


@dataclass(frozen=True)
class Style:
    """One background or text style. `key` is stored and sent over the API; labels are shown."""

    key: str
    label_ko: str
    label_en: str
    hint_ko: str


@dataclass(frozen=True)
class FrameFormat:
    """An output format in pixels, with where people use it."""

    key: str
    width: int
    height: int
    label_ko: str

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height


BACKGROUND_STYLES: Final = (
    Style("market", "전통시장", "Traditional market", "따뜻한 전구와 나무 좌판"),
    Style("minimal", "미니멀", "Minimal", "깨끗한 단색 스튜디오"),
)

TEXT_STYLES: Final = (
    Style("gold_balloon", "골드 풍선", "Gold balloon", "반짝이는 금빛 풍선 글자"),
    Style("metal", "3D 메탈", "3D metal", "깎아 만든 크롬 글자"),
)

FORMATS: Final = (
    FrameFormat("1:1", 1080, 1080, "인스타그램 정사각"),
    FrameFormat("4:5", 1080, 1350, "인스타그램 세로"),
    FrameFormat("3:4", 1080, 1440, "인스타그램 새 세로"),
    FrameFormat("9:16", 1080, 1920, "스토리·릴스·쇼츠"),
    FrameFormat("16:9", 1920, 1080, "유튜브·매장 화면"),
    FrameFormat("1.91:1", 1200, 628, "링크 미리보기·구글 광고"),
    FrameFormat("2:1", 1200, 600, "카카오톡 메시지"),
    FrameFormat("1029x258", 1029, 258, "네이버 쇼핑·비즈보드 띠"),
)

Choice = TypeVar("Choice", Style, FrameFormat)


def _find(options: tuple[Choice, ...], field: str, key: str) -> Choice:
    for option in options:
        if option.key == key:
            return option
    raise UnknownChoice(f"{field} {key!r} is not in the catalogue", field=field, value=key)


def background_style(key: str) -> Style:
    """Return the style; raises UnknownChoice."""
    return _find(BACKGROUND_STYLES, "background_style", key)


def text_style(key: str) -> Style:
    """Return the style; raises UnknownChoice."""
    return _find(TEXT_STYLES, "text_style", key)


def frame_format(key: str) -> FrameFormat:
    """Return the format; raises UnknownChoice."""
    return _find(FORMATS, "format", key)
