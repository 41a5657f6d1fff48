"""The proof of an ad in plain words: what `Job.checks` says, for the page and the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Luminance contrast that art direction asks of the lettering's worst tenth.
CONTRAST_WANTED: Final = 3.0
# Below this the cut-out is worth a look by the merchant.
CUTOUT_CONFIDENCE_WANTED: Final = 0.75

FAINT: Final = gettext_lazy("글자가 배경에 조금 묻힐 수 있어요 (대비 %(ratio)s:1)")

Verdict = Literal["good", "look"]


@dataclass(frozen=True)
class ProofLine:
    """One check: its key, whether it is as it should be, and what it found in plain words."""

    key: str
    verdict: Verdict
    words: str


def proof_lines(checks: Mapping[str, Any]) -> list[ProofLine]:
    """Return what the checks of a job say; checks that were not made are left out."""
    return [
        *_words(checks),
        *_subtext(checks),
        *_behind(checks),
        *_product(checks),
        *_contrast(checks),
        *_cutout(checks),
        *_face(checks),
        *_fit(checks),
    ]


def _line(key: str, good: bool, words: str) -> ProofLine:
    return ProofLine(key, "good" if good else "look", words)


def _words(checks: Mapping[str, Any]) -> Iterator[ProofLine]:
    if words := checks.get("words"):
        passed, total = words["passed"], words["total"]
        yield _line(
            "words", bool(words.get("ok", passed == total)), _("문구 일치 %(passed)s/%(total)s")
            % {"passed": passed, "total": total},
        )  # fmt: skip


def _subtext(checks: Mapping[str, Any]) -> Iterator[ProofLine]:
    if not (subtext := checks.get("subtext")):
        return
    if not subtext["shown"]:
        yield _line("subtext", False, _("자리가 모자라 작은 문구는 뺐어요"))
        return
    yield _line(
        "subtext", bool(subtext["ok"]), _("작은 문구 일치 %(passed)s/%(total)s")
        % {"passed": subtext["passed"], "total": subtext["total"]},
    )  # fmt: skip
    if float(subtext["contrast"]) < CONTRAST_WANTED:
        yield _line(
            "subtext", False, _("작은 문구가 배경에 조금 묻힐 수 있어요 (대비 %(ratio)s:1)")
            % {"ratio": f"{float(subtext['contrast']):.1f}"},
        )  # fmt: skip


def _behind(checks: Mapping[str, Any]) -> Iterator[ProofLine]:
    if not (behind := checks.get("behind")):
        return
    if behind["in_front"]:
        yield _line("behind", False, _("상품이 글자를 너무 가려서 글자를 상품 앞에 두었어요"))
    elif behind["covered"] == 0:
        yield _line("behind", False, _("글자와 상품이 떨어져 있어 겹치는 곳이 없어요"))


def _product(checks: Mapping[str, Any]) -> Iterator[ProofLine]:
    if product := checks.get("product"):
        if product["largest_difference"] == 0:
            yield _line("product", True, _("상품 원본 유지 100%"))
        else:
            yield _line(
                "product", False, _("상품 색이 최대 %(levels)s/255 달라졌어요")
                % {"levels": product["largest_difference"]},
            )  # fmt: skip


def _contrast(checks: Mapping[str, Any]) -> Iterator[ProofLine]:
    if contrast := checks.get("contrast"):
        reached = float(contrast["after"])
        good = reached >= CONTRAST_WANTED
        words = _("글자가 또렷해요 (대비 %(ratio)s:1)") if good else FAINT
        yield _line("contrast", good, str(words) % {"ratio": f"{reached:.1f}"})


def _cutout(checks: Mapping[str, Any]) -> Iterator[ProofLine]:
    if not (cutout := checks.get("cutout")):
        return
    if cutout.get("photo_card"):
        yield _line("cutout", False, _("오려 내기 어려운 사진이라 사진 카드로 넣었어요"))
    elif float(cutout["confidence"]) < CUTOUT_CONFIDENCE_WANTED:
        yield _line(
            "cutout", False, _("오려 내기 까다로운 사진이에요. 상품 가장자리를 확인해 주세요")
        )
    else:
        yield _line("cutout", True, _("상품이 깔끔하게 잘렸어요"))


def _face(checks: Mapping[str, Any]) -> Iterator[ProofLine]:
    face = checks.get("face")
    if face and face.get("fell_back_from_ko"):
        fonts = {"wanted": face["fell_back_from_ko"], "used": face["name_ko"]}
        yield _line(
            "face", False, _("%(wanted)s에 없는 글자가 있어 %(used)s 글꼴로 만들었어요") % fonts
        )


def _fit(checks: Mapping[str, Any]) -> Iterator[ProofLine]:
    if not (fit := checks.get("fit")):
        return
    if fit.get("legible", True):
        yield _line(
            "fit", True, _("글자가 멀리서도 읽힐 만큼 커요 (사진 높이의 %(share)s%%)")
            % {"share": round(100 * float(fit["cap_height"]))},
        )  # fmt: skip
    else:
        yield _line("fit", False, _("글자가 작아요. 문구를 줄이거나 띄어 쓰면 더 크게 만들어요"))
