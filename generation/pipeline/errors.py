"""Why a stage ends early: expected failures carry a code that the page puts into Korean."""

from __future__ import annotations


class StageCancelled(Exception):  # noqa: N818 - a request to stop, not an error
    """Raised out of the report callback when somebody asked for the job to stop."""


class StageFailed(Exception):  # noqa: N818 - the domain's word
    """An expected failure of a stage: a reason a merchant can act on.

    `code` is stable and is mapped to a sentence where people read it; `params` are the words that
    the sentence needs (the missing character, the limit). Anything else that escapes a stage is a
    bug and is reported as one.
    """

    code = "stage_failed"

    def __init__(self, detail: str = "", **params: object) -> None:
        """`detail` is English and for the admin; `params` must be JSON-serialisable."""
        super().__init__(detail or self.code)
        self.detail = detail
        self.params = params


class NoProductFound(StageFailed):
    code = "no_product_found"


class PhotoUnreadable(StageFailed):
    code = "photo_unreadable"


class GlyphMissing(StageFailed):
    """No committed font has a glyph for a character. params: `character`."""

    code = "glyph_missing"


class TextDoesNotFit(StageFailed):
    code = "text_does_not_fit"


class WordsWrong(StageFailed):
    """The letters do not match the font, even on a second try. params: `passed`, `total`."""

    code = "words_wrong"


class OutOfMemory(StageFailed):
    code = "out_of_memory"


class InputMissing(StageFailed):
    """A stage was started without an earlier stage's image. params: `stage`."""

    code = "input_missing"


class UnknownChoice(StageFailed):
    """A style, format or font key that the engine does not have. params: `field`, `value`."""

    code = "unknown_choice"


class ModelUnknown(StageFailed):
    """The catalogue has no model of this key. params: `model`."""

    code = "model_unknown"


class ModelMissing(StageFailed):
    """A model's files are not on this machine. params: `model`."""

    code = "model_missing"


class ModelDamaged(StageFailed):
    """A model's file is not the one that was pinned: cut short, changed. params: `model`."""

    code = "model_damaged"


class LicenceNotSet(StageFailed):
    """A model may not be used commercially and no licence was bought. params: `model`."""

    code = "licence_not_set"


class GpuTooSmall(StageFailed):
    """The largest part of a model is larger than the GPU. params: `model`."""

    code = "gpu_too_small"


class NoGpu(StageFailed):
    """The deployment asks for a GPU that torch does not see."""

    code = "no_gpu"


class DiffusionNotInstalled(StageFailed):
    """torch or the diffusion packages (the `gpu` extra) are not installed."""

    code = "diffusion_not_installed"
