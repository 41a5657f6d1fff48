"""`python -m generation.fonts.gather FOLDER`: take fonts in, write the manifest and the samples.

FOLDER is where `npm install` put the packages that SOURCES names; Debian's fonts lie in their own
place. Fonts whose licence reserves their name are copied as they are: a modified one would need
another name. The others lose their hinting (instructions for screens of few pixels, useless for
outlines) and every layout feature but kerning, and share their contours; Noto's, which reserve
only the name "Source", keep the characters of Korean and of KS X 1001's hanja.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from .compact import share_contours

HERE: Final = Path(__file__).resolve().parent
SAMPLES: Final = HERE.parents[1] / "static" / "samples"
DEBIAN_FONTS: Final = Path("/usr/share/fonts/truetype/nanum")

SYLLABLES: Final = range(0xAC00, 0xD7A4)

# What is kept of a font for all of East Asia besides the syllables: Latin, punctuation, currency,
# numbers in circles, arrows, shapes, full-width forms, jamo; and KS X 1001's rows of hanja.
WRITTEN: Final = (
    range(0x20, 0x17F), range(0x2010, 0x203C), range(0x2070, 0x208A), range(0x20A9, 0x20AD),
    range(0x2100, 0x2127), range(0x2150, 0x2180), range(0x2190, 0x219A), range(0x2200, 0x2270),
    range(0x2460, 0x2474), range(0x25A0, 0x25D0), range(0x2600, 0x2670), range(0x3000, 0x3016),
    range(0x3131, 0x318F), range(0x3200, 0x33FF), range(0xFF01, 0xFFE7),
)  # fmt: skip
HANJA_ROWS: Final = range(0xCA, 0xFE)

SAMPLE_COPY: Final = "가나다 대박"
# Height of a sample's picture and of the letters' ink in it: all faces look equally large.
SAMPLE_HEIGHT: Final = 100
SAMPLE_INK: Final = 84
# Gap between the sample's words in em, as in `glyphs.shaping`.
SAMPLE_SPACE: Final = 0.30


# Which full face stands in for one that lacks a syllable, and how much bolder (em on each side of a
# stroke) a face must be made to carry a headline in 3D. The others are heavy enough.
STAND_IN: Final = {
    "jua": "nanum_gothic",
    "black_han_sans": "noto_sans_kr",
    "do_hyeon": "noto_sans_kr",
    "bagel_fat_one": "noto_sans_kr",
    "gasoek_one": "noto_sans_kr",
    "gugi": "nanum_gothic",
    "dokdo": "nanum_brush",
    "east_sea_dokdo": "nanum_brush",
    "nanum_square_round": "nanum_gothic",
}
EMBOLDEN: Final = {"gowun_dodum": 0.016, "nanum_brush": 0.014, "nanum_pen": 0.012}

CHANGES: Final = "no hinting, no layout feature but kern, shared contours, fewer scripts if Noto"


@dataclass(frozen=True)
class Source:
    """One font as published. `name_reserved`: a changed file could not keep its name."""

    key: str
    name_ko: str
    name_en: str
    file: str
    weight: int
    origin: str
    package: str
    licence_file: str
    name_reserved: bool


_EXPO: Final = "@expo-google-fonts"

SOURCES: Final = (
    Source("jua", "주아체", "Jua", "Jua-Regular.ttf", 400,
           f"{_EXPO}/jua/400Regular/Jua_400Regular.ttf", f"{_EXPO}/jua 0.4.1",
           "Jua-OFL.txt", False),
    Source("black_han_sans", "검은고딕", "Black Han Sans", "BlackHanSans-Regular.ttf", 400,
           f"{_EXPO}/black-han-sans/400Regular/BlackHanSans_400Regular.ttf",
           f"{_EXPO}/black-han-sans 0.4.1", "BlackHanSans-OFL.txt", False),
    Source("do_hyeon", "도현체", "Do Hyeon", "DoHyeon-Regular.ttf", 400,
           f"{_EXPO}/do-hyeon/400Regular/DoHyeon_400Regular.ttf", f"{_EXPO}/do-hyeon 0.4.1",
           "DoHyeon-OFL.txt", False),
    Source("bagel_fat_one", "베이글", "Bagel Fat One", "BagelFatOne-Regular.ttf", 400,
           f"{_EXPO}/bagel-fat-one/400Regular/BagelFatOne_400Regular.ttf",
           f"{_EXPO}/bagel-fat-one 0.4.0", "BagelFatOne-OFL.txt", False),
    Source("gasoek_one", "가속체", "Gasoek One", "GasoekOne-Regular.ttf", 400,
           f"{_EXPO}/gasoek-one/400Regular/GasoekOne_400Regular.ttf",
           f"{_EXPO}/gasoek-one 0.4.0", "GasoekOne-OFL.txt", False),
    Source("gugi", "구기체", "Gugi", "Gugi-Regular.ttf", 400,
           f"{_EXPO}/gugi/Gugi_400Regular.ttf", f"{_EXPO}/gugi 0.2.0", "Gugi-OFL.txt", False),
    Source("dokdo", "독도체", "Dokdo", "Dokdo-Regular.ttf", 400,
           f"{_EXPO}/dokdo/400Regular/Dokdo_400Regular.ttf", f"{_EXPO}/dokdo 0.4.1",
           "Dokdo-OFL.txt", False),
    Source("east_sea_dokdo", "동해독도체", "East Sea Dokdo", "EastSeaDokdo-Regular.ttf", 400,
           f"{_EXPO}/east-sea-dokdo/EastSeaDokdo_400Regular.ttf",
           f"{_EXPO}/east-sea-dokdo 0.2.0", "EastSeaDokdo-OFL.txt", False),
    Source("nanum_square_round", "나눔스퀘어라운드", "Nanum Square Round ExtraBold",
           "NanumSquareRound-ExtraBold.ttf", 800, "NanumSquareRoundEB.ttf",
           "Debian fonts-nanum-extra 20200506-1", "NanumSquareRound-OFL.txt", True),
    Source("nanum_gothic", "나눔고딕", "Nanum Gothic ExtraBold",
           "NanumGothic-ExtraBold.ttf", 800,
           f"{_EXPO}/nanum-gothic/800ExtraBold/NanumGothic_800ExtraBold.ttf",
           f"{_EXPO}/nanum-gothic 0.4.0", "NanumGothic-OFL.txt", True),
    Source("noto_sans_kr", "본고딕", "Noto Sans KR Black", "NotoSansKR-Black.ttf", 900,
           f"{_EXPO}/noto-sans-kr/900Black/NotoSansKR_900Black.ttf",
           f"{_EXPO}/noto-sans-kr 0.4.3", "NotoSansKR-OFL.txt", False),
    Source("nanum_myeongjo", "나눔명조", "Nanum Myeongjo ExtraBold",
           "NanumMyeongjo-ExtraBold.ttf", 800,
           f"{_EXPO}/nanum-myeongjo/800ExtraBold/NanumMyeongjo_800ExtraBold.ttf",
           f"{_EXPO}/nanum-myeongjo 0.4.1", "NanumMyeongjo-OFL.txt", True),
    Source("noto_serif_kr", "본명조", "Noto Serif KR Black", "NotoSerifKR-Black.ttf", 900,
           f"{_EXPO}/noto-serif-kr/900Black/NotoSerifKR_900Black.ttf",
           f"{_EXPO}/noto-serif-kr 0.4.3", "NotoSerifKR-OFL.txt", False),
    Source("gowun_dodum", "고운돋움", "Gowun Dodum", "GowunDodum-Regular.ttf", 400,
           f"{_EXPO}/gowun-dodum/400Regular/GowunDodum_400Regular.ttf",
           f"{_EXPO}/gowun-dodum 0.4.1", "GowunDodum-OFL.txt", False),
    Source("nanum_brush", "나눔손글씨 붓", "Nanum Brush Script",
           "NanumBrushScript-Regular.ttf", 400,
           f"{_EXPO}/nanum-brush-script/NanumBrushScript_400Regular.ttf",
           f"{_EXPO}/nanum-brush-script 0.2.3", "NanumBrushScript-OFL.txt", True),
    Source("nanum_pen", "나눔손글씨 펜", "Nanum Pen Script", "NanumPenScript-Regular.ttf", 400,
           f"{_EXPO}/nanum-pen-script/400Regular/NanumPenScript_400Regular.ttf",
           f"{_EXPO}/nanum-pen-script 0.4.0", "NanumPenScript-OFL.txt", True),
)  # fmt: skip


def take_in(source: Source, packages: Path) -> None:
    """Copy or lighten one font file into this folder; an absent one stays as it is here."""
    folder = packages if source.origin.startswith("@") else DEBIAN_FONTS
    origin, target = folder / source.origin, HERE / source.file
    if not origin.exists():
        return
    if source.name_reserved:
        shutil.copyfile(origin, target)
        return
    options = Options(hinting=False, layout_features=["kern"], glyph_names=False)
    options.name_IDs = ["*"]
    # Metrics of vertical setting, which no ad uses.
    options.drop_tables += ["vhea", "vmtx", "VORG"]
    # The same file whenever it is made: no time of modification.
    font = TTFont(origin, recalcTimestamp=False)
    subsetter = Subsetter(options)
    codes = set(font.getBestCmap())
    subsetter.populate(unicodes=codes & _korean() if "Noto" in source.file else codes)
    subsetter.subset(font)
    share_contours(font)
    font.save(target)


def _korean() -> set[int]:
    """Return what Korean signs are written with: syllables, jamo, Latin, marks, hanja."""
    hanja = {
        ord(bytes([row, column]).decode("euc_kr"))
        for row in HANJA_ROWS
        for column in range(0xA1, 0xFF)
    }
    return hanja.union(SYLLABLES, *WRITTEN)


def entry(source: Source) -> dict[str, Any]:
    """Return what the manifest says of a font: identity, licence, and what it draws."""
    path = HERE / source.file
    font = TTFont(path, lazy=True)
    inked = _inked(font)
    return {
        "key": source.key,
        "name_ko": source.name_ko,
        "name_en": source.name_en,
        "file": source.file,
        "weight": source.weight,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "licence": "OFL-1.1",
        "licence_file": source.licence_file,
        "source": source.package,
        "version": str(font["name"].getDebugName(5)),
        "changed": "" if source.name_reserved else CHANGES,
        "stand_in": STAND_IN.get(source.key, ""),
        "embolden": EMBOLDEN.get(source.key, 0.0),
        "syllables": sum(code in SYLLABLES for code in inked),
        "coverage": _ranges(inked),
    }


def _inked(font: TTFont) -> list[int]:
    """Return the code points whose glyph has an outline, ascending."""
    glyphs = font["glyf"]
    return sorted(
        code
        for code, name in font.getBestCmap().items()
        if glyphs[name].numberOfContours and glyphs[name].xMax > glyphs[name].xMin
    )


def _ranges(codes: list[int]) -> str:
    """Return ascending code points as "ac00-ac01 ac04 ..."."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in spans)


def sample_svg(path: Path) -> str:
    """Return SAMPLE_COPY as an SVG of one path, written by the font at `path`, to be masked."""
    font, pen_x = TTFont(path, lazy=True), 0.0
    glyphs, cmap, units = font.getGlyphSet(), font.getBestCmap(), font["head"].unitsPerEm
    marks: list[tuple[str, float]] = []
    for character in SAMPLE_COPY:
        if character == " ":
            pen_x += SAMPLE_SPACE * units
            continue
        name = cmap[ord(character)]
        marks.append((name, pen_x))
        pen_x += glyphs[name].width
    bounds = [_moved_bounds(glyphs, name, x) for name, x in marks]
    x0, y0 = (min(box[n] for box in bounds) for n in (0, 1))
    x1, y1 = (max(box[n] for box in bounds) for n in (2, 3))
    scale = SAMPLE_INK / (y1 - y0)
    margin = (SAMPLE_HEIGHT - SAMPLE_INK) / 2
    drawn = "".join(
        _path(glyphs, name, scale, margin + (x - x0) * scale, margin + y1 * scale)
        for name, x in marks
    )
    width = round((x1 - x0) * scale + 2 * margin)
    size = f'viewBox="0 0 {width} {SAMPLE_HEIGHT}" width="{width}" height="{SAMPLE_HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="{drawn}"/></svg>\n'


def _moved_bounds(glyphs: Any, name: str, x: float) -> tuple[float, float, float, float]:
    pen = BoundsPen(glyphs)
    glyphs[name].draw(pen)
    x0, y0, x1, y1 = pen.bounds
    return x0 + x, y0, x1 + x, y1


def _path(glyphs: Any, name: str, scale: float, x: float, y: float) -> str:
    """Return SVG path commands of a glyph whose origin stands at (x, y), y down."""
    pen = SVGPathPen(glyphs, ntos=lambda value: f"{value:.1f}".removesuffix(".0"))
    glyphs[name].draw(TransformPen(pen, (scale, 0, 0, -scale, x, y)))
    return str(pen.getCommands())


def main() -> None:
    for source in SOURCES if len(sys.argv) > 1 else ():
        take_in(source, Path(sys.argv[1]))
    manifest = {"faces": [entry(source) for source in SOURCES]}
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    (HERE / "manifest.json").write_text(text, encoding="utf-8")
    for source in SOURCES:
        (SAMPLES / f"font-{source.key}.svg").write_text(sample_svg(HERE / source.file), "utf-8")


if __name__ == "__main__":
    main()
