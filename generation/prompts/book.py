"""The prompt book: what each style is in words, for when no language model answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from generation.pipeline import catalog

from .wording import Prompts, Wish


class Page(NamedTuple):
    """A background style in English, and the Korean and English words that ask for it."""

    prompt: str
    mood: str
    words: tuple[str, ...]


class Material(NamedTuple):
    """A text style in English, and the Korean and English words that ask for it."""

    prompt: str
    words: tuple[str, ...]


BACKGROUNDS: Final[dict[str, Page]] = {
    "market": Page(
        "Traditional Korean market stall, worn wooden plank table, woven bamboo tray, hanging "
        "lamps blurred into warm bokeh, amber light, shallow depth of field, photorealistic",
        "따뜻하고 정겨운",
        ("시장", "정겨", "전통", "좌판", "노점", "한옥", "마루", "수산", "건어물", "market"),
    ),
    "luxury": Page(
        "Dark green and black marble with fine veins, low glossy plinth with a thin brass edge, "
        "narrow pool of light, two rim strips, nearly black gradient backdrop, photorealistic",
        "고급스럽고 묵직한",
        ("고급", "럭셔리", "프리미엄", "대리석", "명품", "luxury", "premium", "marble", "elegant"),
    ),
    "minimal": Page(
        "Seamless paper sweep, one round plinth, two close tones of one hue, large soft light from "
        "the upper left, long soft shadow, clean studio product photograph",
        "깨끗하고 단정한",
        ("미니멀", "깔끔", "단순", "깨끗", "심플", "스튜디오", "minimal", "simple", "clean"),
    ),
    "cafe": Page(
        "Pale oak cafe table before a cream wall, bars of window light and leaf shadows, a cup out "
        "of focus, calm daylight of 4800 kelvin, shallow depth of field, photorealistic",
        "포근하고 여유로운",
        ("카페", "커피", "창가", "빵", "베이커리", "디저트", "cafe", "coffee", "bakery", "window"),
    ),
    "beach": Page(
        "Rippled sand by a calm sea, blurred horizon and sky, a shell or two, low warm sun from "
        "the side, cool shadows, summer morning, photorealistic",
        "시원하고 맑은",
        ("바다", "해변", "여름", "모래", "휴가", "beach", "sea", "summer", "ocean"),
    ),
    "holiday": Page(
        "Folded Korean bojagi silk with woven cloud pattern, deep jewel colour, flecks of gold, "
        "warm light from above, darkened edges, festive Chuseok still life, photorealistic",
        "품위 있는 명절의",
        ("명절", "추석", "설날", "설 ", "선물", "보자기", "한복", "한가위", "chuseok", "holiday"),
    ),
    "forest": Page(
        "Mossy stone slab in a forest clearing, blurred fresh leaves, dappled light from behind "
        "left, specks of light in the air, photorealistic",
        "싱그럽고 자연스러운",
        ("숲", "자연", "나무", "유기농", "초록", "산속", "이끼", "forest", "nature", "organic"),
    ),
    "neon": Page(
        "Wet dark street at night, magenta and cyan signs far out of focus, reflections on the "
        "ground, soft white key light on the subject, photorealistic",
        "화려한 밤의",
        ("네온", "밤거리", "밤하늘", "야경", "야시장", "포차", "클럽", "화려", "neon", "night"),
    ),
}  # fmt: skip
TEXTS: Final[dict[str, Material]] = {
    "gold_balloon": Material(
        "Inflated gold foil balloon letters, glossy, soft studio reflections",
        ("풍선", "금색", "금빛", "황금", "골드", "파티", "생일", "balloon", "gold", "party"),
    ),
    "metal": Material(
        "Deeply extruded chrome letters with crisp bevels and dark reflections",
        ("메탈", "금속", "크롬", "은색", "은빛", "강철", "metal", "chrome", "silver", "steel"),
    ),
    "neon": Material(
        "Glowing neon tube letters on a dark backing plate, coloured glow",
        ("네온", "빛나", "형광", "간판", "불빛", "조명", "neon", "glow"),
    ),
    "glass": Material(
        "Thick clear glass letters with frosted rims, refraction, soft caustics",
        ("유리", "얼음", "투명", "크리스탈", "시원", "비치", "glass", "icy", "clear", "crystal"),
    ),
    "candy": Material(
        "Round glossy jelly candy letters, saturated colour, light bleeding through",
        ("캔디", "사탕", "젤리", "말랑", "달콤", "귀여", "알록달록", "candy", "jelly", "cute"),
    ),
    "wood": Material(
        "Carved wooden letters, grain along the strokes, burnt edges",
        ("나무", "원목", "목재", "통나무", "조각", "나이테", "wood", "carved"),
    ),
    "lacquer": Material(
        "Deep red lacquer letters with a gold edge line, mirror coat",
        ("옻칠", "칠기", "자개", "빨간", "붉은", "빨강", "금테", "lacquer"),
    ),
    "ink": Material(
        "Brush-written black ink letters on hanji paper, wet sheen",
        (
            "붓",
            "먹물",
            "먹글씨",
            "서예",
            "캘리",
            "한지",
            "수묵",
            "손글씨",
            "ink",
            "brush",
            "calligraphy",
        ),
    ),
}
PLAIN_LETTERS: Final = "Three-dimensional letters, studio light"
NO_TEXT: Final = "text, letters, watermark, logo, people, hands, blurry, low quality"
NO_SHAPE: Final = "misspelled text, extra strokes, flat, blurry, low quality"


def from_the_book(wish: Wish) -> Prompts:
    """Return the prompts of the wish's styles; own words choose the styles that they name."""
    style = best_style(wish.background_words) or wish.background_style
    material = best_material(wish.text_words) or wish.text_style
    page = BACKGROUNDS.get(style) or BACKGROUNDS["minimal"]
    # Not validated: a key that is no longer offered is refused by the stage that needs it.
    return Prompts.model_construct(
        background_prompt=page.prompt,
        background_negative_prompt=NO_TEXT,
        text_prompt=TEXTS[material].prompt if material in TEXTS else PLAIN_LETTERS,
        text_negative_prompt=NO_SHAPE,
        set=style,
        material=material,
        palette=wish.palette,
        mood=page.mood,
    )


def best_style(words: str) -> str | None:
    """Return the background style that most of the words ask for, None when none does."""
    return _most_named(words, style_words())


def best_material(words: str) -> str | None:
    """Return the text style that most of the words ask for, None when none does."""
    return _most_named(words, material_words())


def style_words() -> dict[str, tuple[str, ...]]:
    """Return the words that ask for each background style on offer."""
    offered = [style.key for style in catalog.BACKGROUND_STYLES if style.key in BACKGROUNDS]
    return {key: BACKGROUNDS[key].words for key in offered}


def material_words() -> dict[str, tuple[str, ...]]:
    """Return the words that ask for each text style on offer."""
    offered = [style.key for style in catalog.TEXT_STYLES if style.key in TEXTS]
    return {key: TEXTS[key].words for key in offered}


def _most_named(said: str, words: Mapping[str, tuple[str, ...]]) -> str | None:
    said = said.casefold()
    counts = {key: sum(word in said for word in known) for key, known in words.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else None
