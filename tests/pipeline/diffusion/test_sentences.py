"""What keeps the diffusion engine from working is told to merchants in plain sentences."""

from __future__ import annotations

import pytest
from django.utils import translation

from generation.errors import BUG, sentence
from generation.pipeline import errors

FAILURES = (
    errors.ModelUnknown,
    errors.ModelMissing,
    errors.ModelDamaged,
    errors.LicenceNotSet,
    errors.GpuTooSmall,
    errors.NoGpu,
    errors.DiffusionNotInstalled,
    errors.OutOfMemory,
)


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_has_a_sentence_in_both_languages(failure: type[errors.StageFailed]) -> None:
    with translation.override("ko"):
        korean = [sentence(failure.code, {"model": "flux1-dev"}), sentence(BUG)]
    with translation.override("en"):
        english = [sentence(failure.code, {"model": "flux1-dev"}), sentence(BUG)]
    assert len({*korean, *english}) == 4
