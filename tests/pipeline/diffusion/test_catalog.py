"""The catalogue: what may be used, and what is said when it may not."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

from generation.pipeline.diffusion import catalog
from generation.pipeline.errors import ModelUnknown


@pytest.mark.parametrize("entry", catalog.ENTRIES, ids=lambda entry: entry.key)
def test_no_pattern_fetches_code_or_pickles(entry: catalog.ModelEntry) -> None:
    unwanted = ("modeling.py", "x/birefnet.py", "model.bin", "unet/model.ckpt", "vae/x.pt", "x.pkl")
    assert [name for name in unwanted for one in entry.files if fnmatch(name, one)] == []


def test_an_unknown_model_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(ModelUnknown, match="flux2-klein-4b") as refused:
        catalog.model("flux9-huge")
    assert refused.value.params == {"model": "flux9-huge"}


def test_everything_fetched_by_default_may_be_used_commercially() -> None:
    entries = [entry for key in catalog.DEFAULT_SET for entry in catalog.with_parts(key)]
    assert all(entry.commercial for entry in entries)
    assert not catalog.model("flux1-dev").commercial


def test_distilled_weights_have_few_steps_and_no_second_pass() -> None:
    for key in ("flux2-klein-4b", "flux1-schnell", "sdxl-lightning"):
        entry = catalog.model(key)
        assert entry.steps == 4
        assert entry.guidance <= 1
        assert not entry.negative_prompts
