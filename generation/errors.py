"""Expected refusals and failures: stable codes, and the sentence a merchant reads for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

# A stage ended in an exception nobody foresaw; its traceback is in `Job.error_detail`.
BUG: Final = "bug"
# The worker or its engine process was lost too often while it was on this job.
WORKER_LOST: Final = "worker_lost"
# A stage overran its deadline too often.
TOOK_TOO_LONG: Final = "took_too_long"
OUT_OF_MEMORY: Final = "out_of_memory"
# No worker of the engine has been heard of.
NO_WORKER: Final = "no_worker"
# What keeps the diffusion engine from making anything on its machine; the admin can mend it.
ENGINE_TROUBLE: Final = frozenset(
    {
        *("no_gpu", "gpu_too_small", "diffusion_not_installed", "engine_broken"),
        *("model_unknown", "model_missing", "model_damaged", "licence_not_set"),
    }
)

MODEL_TROUBLE: Final = gettext_lazy(
    "AI 모델이 이 서버에 준비되어 있지 않아요. 관리자에게 알려 주세요."
)
NO_ENGINE: Final = gettext_lazy("이 서버에서는 AI 모델로 만들 수 없어요. 관리자에게 알려 주세요.")

SENTENCES: Final[Mapping[str, str | Promise]] = {
    BUG: gettext_lazy(
        "예상하지 못한 문제로 만들지 못했어요. 기록을 남겼으니 잠시 뒤 이어서 만들어 주세요."
    ),
    WORKER_LOST: gettext_lazy("만드는 도중 서버가 멈췄어요. 잠시 뒤 이어서 만들어 주세요."),
    TOOK_TOO_LONG: gettext_lazy("시간이 너무 오래 걸려 멈췄어요. 잠시 뒤 이어서 만들어 주세요."),
    OUT_OF_MEMORY: gettext_lazy(
        "서버 메모리가 모자라 만들지 못했어요. 잠시 뒤 이어서 만들어 주세요."
    ),
    "quota": gettext_lazy(
        "한 번에 %(limit)s개까지 만들 수 있어요. 지금 만드는 광고가 끝난 뒤 다시 눌러 주세요."
    ),
    "no_product_found": gettext_lazy(
        "사진에서 상품을 찾지 못했어요. 상품이 가운데 또렷이 보이는 사진을 올려 주세요."
    ),
    "photo_unreadable": gettext_lazy("사진을 읽을 수 없어요. 다른 사진을 올려 주세요."),
    "glyph_missing": gettext_lazy("‘%(character)s’ 글자는 쓸 수 있는 글꼴이 없어요."),
    "text_does_not_fit": gettext_lazy("문구가 길어 자리에 들어가지 않아요. 조금 줄여 주세요."),
    "words_wrong": gettext_lazy(
        "글자가 문구와 똑같이 나오지 않아 내보내지 않았어요. 다른 글자 스타일로 해 보세요."
    ),
    "input_missing": gettext_lazy("앞 단계의 그림이 없어 이 단계부터 시작할 수 없어요."),
    "unknown_choice": gettext_lazy("고를 수 없는 항목이에요: %(value)s"),
    "stage_failed": gettext_lazy("이 단계를 끝내지 못했어요. 다른 사진이나 문구로 해 보세요."),
    # What only the admin can mend; the reason is in `Job.error_detail`.
    "model_unknown": MODEL_TROUBLE,
    "model_missing": MODEL_TROUBLE,
    "model_damaged": MODEL_TROUBLE,
    "licence_not_set": gettext_lazy(
        "이 서버에서 아직 쓸 수 없는 AI 모델이에요. 관리자에게 알려 주세요."
    ),
    "gpu_too_small": gettext_lazy(
        "이 AI 모델은 서버의 그래픽 카드에 들어가지 않아요. 관리자에게 알려 주세요."
    ),
    "no_gpu": NO_ENGINE,
    "diffusion_not_installed": NO_ENGINE,
}


class GenerationRefused(Exception):  # noqa: N818 - a refusal, answered with a sentence
    """What was asked cannot be done, for a reason the person asking can act on."""

    code: str = "stage_failed"

    def __init__(self, **params: object) -> None:
        """`params` are the words the sentence needs; JSON-serialisable."""
        super().__init__(self.code)
        self.params = params

    def __str__(self) -> str:
        return sentence(self.code, self.params)


class QuotaExceeded(GenerationRefused):
    """The team has as many unfinished jobs as it may. params: `limit`."""

    code = "quota"


def sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """Return the sentence for a failure code in the active language.

    An unknown code, or params that do not fill the sentence, give the general one: a person is
    never shown a code or a half-filled template.
    """
    try:
        return str(SENTENCES[code]) % dict(params or {})
    except (KeyError, ValueError, TypeError):
        return str(SENTENCES[BUG])
