"""The catalogue as the form shows it: labelled in the reader's language, with pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, gettext_noop

from generation.pipeline import catalog
from generation.pipeline.errors import UnknownChoice
from generation.pipeline.glyphs.faces import Face, face, faces

from .models import Ad

# Own words stand in a row with the names of styles.
QUOTED: Final = 18
# The catalogue is free of Django; what it says in Korean is translated here.
HINTS: Final = (
    gettext_noop("따뜻한 전구와 나무 좌판"),
    gettext_noop("깨끗한 단색 스튜디오"),
    gettext_noop("검은 대리석과 은은한 조명"),
    gettext_noop("창가 햇살이 드는 나무 테이블"),
    gettext_noop("구름무늬 비단과 금박"),
    gettext_noop("햇살 드는 모래밭과 푸른 바다"),
    gettext_noop("이끼와 나뭇잎 사이로 드는 햇살"),
    gettext_noop("젖은 밤거리에 비친 네온 불빛"),
    gettext_noop("반짝이는 금빛 풍선 글자"),
    gettext_noop("깎아 만든 크롬 글자"),
    gettext_noop("빛나는 네온사인 글자"),
    gettext_noop("속이 비치는 두꺼운 유리 글자"),
    gettext_noop("말랑하고 윤기 나는 젤리 글자"),
    gettext_noop("결이 살아 있는 나무 글자"),
    gettext_noop("금테를 두른 붉은 옻칠 글자"),
    gettext_noop("한지에 붓으로 쓴 글자"),
    gettext_noop("인스타그램 정사각"),
    gettext_noop("인스타그램 세로"),
    gettext_noop("인스타그램 새 세로"),
    gettext_noop("스토리·릴스·쇼츠"),
    gettext_noop("유튜브·매장 화면"),
    gettext_noop("링크 미리보기"),
    gettext_noop("카카오톡 메시지"),
    gettext_noop("네이버·비즈보드 띠"),
)
# The landing page's ads and what stands on them (`manage.py samples` renders them).
SHOWCASE: Final = (
    ("ad-1", "건어물 대박 세일"),
    ("ad-2", "갓 짠 참기름"),
    ("ad-3", "제주 귤 한가득"),
)


@dataclass(frozen=True)
class Tile:
    """One thing to choose: `picture` is an address or empty, the size is of formats only, `dots`
    are the colours of a palette.
    """

    key: str
    label: str
    hint: str
    picture: str = ""
    width: int = 0
    height: int = 0
    dots: tuple[str, ...] = ()


def in_korean() -> bool:
    return (get_language() or "ko").startswith("ko")


def label_of(style: catalog.Style | catalog.PaletteChoice) -> str:
    """Return the style's name in the reader's language."""
    return style.label_ko if in_korean() else style.label_en


def wishes_of(ad: Ad) -> list[str]:
    """Return what was asked for in a few words: background, text, format."""
    return [
        _quoted(ad.background_words) or _label(catalog.background_style, ad.background_style),
        _quoted(ad.text_words) or _label(catalog.text_style, ad.text_style),
        *([face_name(ad.font)] if ad.font else []),
        *([_label(catalog.palette, ad.palette)] if ad.palette != "auto" else []),
        ad.format,
    ]


def _quoted(words: str) -> str:
    """Return own words as a short quotation, nothing for none."""
    return f"‘{Truncator(words).chars(QUOTED)}’" if words else ""


def face_name(key: str) -> str:
    """Return a font's name in the reader's language; its key once it is no longer offered."""
    try:
        return _face_label(face(key))
    except UnknownChoice:
        return key


def _face_label(offered: Face) -> str:
    return offered.name_ko if in_korean() else offered.name_en


def _label(find: Callable[[str], catalog.Style | catalog.PaletteChoice], key: str) -> str:
    try:
        return label_of(find(key))
    except UnknownChoice:  # no longer offered
        return key


def _picture(name: str, suffix: str = "webp") -> str:
    """Return the address of a rendered sample, or nothing for a style too new to have one."""
    path = f"samples/{name}.{suffix}"
    return static(path) if finders.find(path) else ""


def background_tiles() -> list[Tile]:
    return [
        Tile(style.key, label_of(style), gettext(style.hint_ko), _picture(f"set-{style.key}"))
        for style in catalog.BACKGROUND_STYLES
    ]


def text_tiles() -> list[Tile]:
    return [
        Tile(style.key, label_of(style), gettext(style.hint_ko), _picture(f"text-{style.key}"))
        for style in catalog.TEXT_STYLES
    ]


def face_tiles() -> list[Tile]:
    """Return the fonts there are; the first, without a key, leaves it to the text style."""
    hints = {True: gettext("모든 글자"), False: gettext("자주 쓰는 글자")}
    return [
        Tile("", gettext("자동"), gettext("글자 재질에 어울리게")),
        *(
            Tile(f.key, _face_label(f), hints[f.full], _picture(f"font-{f.key}", "svg"))
            for f in faces()
        ),
    ]


def format_tiles() -> list[Tile]:
    return [
        Tile(frame.key, frame.key, gettext(frame.label_ko), width=frame.width, height=frame.height)
        for frame in catalog.FORMATS
    ]


def palette_tiles() -> list[Tile]:
    return [Tile(p.key, label_of(p), "", dots=p.dots) for p in catalog.PALETTES]


def mode_tiles() -> list[Tile]:
    return [Tile(str(key), str(label), "") for key, label in Ad.CompositionMode.choices]


def showcase() -> list[Tile]:
    """Return the landing page's ads, as far as they have been rendered."""
    tiles = [Tile(name, words, "", _picture(name)) for name, words in SHOWCASE]
    return [tile for tile in tiles if tile.picture]


def position_tiles() -> list[Tile]:
    return [Tile(str(key), str(label), "") for key, label in Ad.TextPosition.choices]


def style_names(background: str, text: str) -> tuple[str, str]:
    """Return the names of two styles in the reader's language, their keys if not offered."""
    return _label(catalog.background_style, background), _label(catalog.text_style, text)
