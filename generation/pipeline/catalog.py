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
class PaletteChoice:
    """Colours of a set, `dots` as the form shows them: dominant, support, accent (#rrggbb)."""

    key: str
    label_ko: str
    label_en: str
    dots: tuple[str, str, str]


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
    Style("luxury", "고급스러운", "Luxury", "검은 대리석과 은은한 조명"),
    Style("cafe", "카페", "Café", "창가 햇살이 드는 나무 테이블"),
    Style("holiday", "명절", "Holiday", "구름무늬 비단과 금박"),
    Style("beach", "바닷가", "Seaside", "햇살 드는 모래밭과 푸른 바다"),
    Style("forest", "숲·자연", "Forest", "이끼와 나뭇잎 사이로 드는 햇살"),
    Style("neon", "네온 밤거리", "Neon street", "젖은 밤거리에 비친 네온 불빛"),
)

TEXT_STYLES: Final = (
    Style("gold_balloon", "골드 풍선", "Gold balloon", "반짝이는 금빛 풍선 글자"),
    Style("metal", "3D 메탈", "3D metal", "깎아 만든 크롬 글자"),
    Style("neon", "네온", "Neon", "빛나는 네온사인 글자"),
    Style("glass", "유리·얼음", "Glass", "속이 비치는 두꺼운 유리 글자"),
    Style("candy", "캔디·젤리", "Candy", "말랑하고 윤기 나는 젤리 글자"),
    Style("wood", "나무 조각", "Carved wood", "결이 살아 있는 나무 글자"),
    Style("lacquer", "붉은 칠", "Red lacquer", "금테를 두른 붉은 옻칠 글자"),
    Style("ink", "먹·붓글씨", "Brush and ink", "한지에 붓으로 쓴 글자"),
)

FORMATS: Final = (
    FrameFormat("1:1", 1080, 1080, "인스타그램 정사각"),
    FrameFormat("4:5", 1080, 1350, "인스타그램 세로"),
    FrameFormat("3:4", 1080, 1440, "인스타그램 새 세로"),
    FrameFormat("9:16", 1080, 1920, "스토리·릴스·쇼츠"),
    FrameFormat("16:9", 1920, 1080, "유튜브·매장 화면"),
    FrameFormat("1.91:1", 1200, 628, "링크 미리보기"),
    FrameFormat("2:1", 1200, 600, "카카오톡 메시지"),
    FrameFormat("1029x258", 1029, 258, "네이버·비즈보드 띠"),
)

# What each is made of is in `studio.palette.NAMED`.
PALETTES: Final = (
    PaletteChoice("auto", "상품에 맞춤", "From the product", ("#e9b9a0", "#9db8cf", "#8fae86")),
    PaletteChoice("warm", "따뜻한", "Warm", ("#e3a07a", "#f3d9c6", "#8a4b2d")),
    PaletteChoice("sunny", "햇살 같은", "Sunny", ("#ecd27a", "#f8ecc9", "#b07d1e")),
    PaletteChoice("fresh", "싱그러운", "Fresh", ("#93c49a", "#dcefdc", "#2f7a45")),
    PaletteChoice("cool", "시원한", "Cool", ("#8fb8de", "#dbe9f6", "#2d5f93")),
    PaletteChoice("pink", "사랑스러운 분홍", "Sweet pink", ("#eaa5c0", "#f9dfe8", "#b0426f")),
    PaletteChoice("violet", "신비로운 보라", "Violet", ("#b6a0d9", "#e7dff3", "#5f4391")),
    PaletteChoice("calm", "차분한 무채색", "Calm greys", ("#c9c4be", "#eeebe7", "#6f6a64")),
    PaletteChoice("deep", "짙고 고급스러운", "Deep", ("#1f4f42", "#3d7766", "#c9a45c")),
)

Choice = TypeVar("Choice", Style, FrameFormat, PaletteChoice)


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


def palette(key: str) -> PaletteChoice:
    """Return the palette; raises UnknownChoice."""
    return _find(PALETTES, "palette", key)


def frame_format(key: str) -> FrameFormat:
    """Return the format; raises UnknownChoice."""
    return _find(FORMATS, "format", key)
