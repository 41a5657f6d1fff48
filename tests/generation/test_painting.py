"""What a job tells the diffusion engine, and what it does not tell the studio."""

from __future__ import annotations

import pytest

from generation.painting import is_english, painted_by
from generation.pipeline.types import AdSpec
from generation.plan import job_spec
from generation.services import submit_job

pytestmark = pytest.mark.django_db

BOOK = {
    "source": "book",
    "background_prompt": "A seamless paper sweep",
    "background_negative_prompt": "people",
    "text_prompt": "Chrome letters",
    "text_negative_prompt": "flat",
}
ASKED = {"strength": 0.2, "guidance_scale": 2.5, "negative_prompt": "rust"}


def test_prompts_and_figures_reach_the_spec_of_a_diffusion_job(make_ad, owner) -> None:
    settings = {**ASKED, "prompts": BOOK}
    spec = job_spec(submit_job(ad=make_ad(), by=owner, engine="diffusion", settings=settings))
    assert spec.engine == "diffusion"
    assert (spec.strength, spec.guidance_scale) == (0.2, 2.5)
    assert spec.background_prompt == "A seamless paper sweep"
    assert spec.background_negative_prompt == "people"
    assert spec.text_negative_prompt == "rust"
    assert spec.background_model == "flux2-klein-4b"


def test_the_studio_is_told_nothing_of_it(make_ad, owner) -> None:
    settings = {**ASKED, "prompts": BOOK}
    spec = job_spec(submit_job(ad=make_ad(), by=owner, engine="studio", settings=settings))
    plain = AdSpec(photo=spec.photo, ad_text="", background_style="", text_style="")
    assert spec.engine == "studio"
    assert (spec.strength, spec.guidance_scale) == (plain.strength, None)
    assert spec.background_prompt == ""


def test_the_servers_own_choice_of_models_is_written_out(settings) -> None:
    settings.BACKGROUND_MODEL, settings.LETTERING_MODEL = "flux1-schnell", "none"
    settings.BACKGROUND_WAY = "around"
    told = painted_by({})
    assert told["background_model"] == "flux1-schnell"
    assert told["lettering_model"] == "none"
    assert told["background_way"] == "around"


def test_a_negative_prompt_that_takes_time_is_only_the_merchants_own(settings) -> None:
    settings.BACKGROUND_MODEL = "flux1-dev"
    assert painted_by({"prompts": BOOK})["background_negative_prompt"] == ""
    told = painted_by({"prompts": BOOK, "bg_negative_prompt": "cars"})
    assert told["background_negative_prompt"] == "cars"


@pytest.mark.parametrize(
    ("own", "source", "expected"),
    [
        ("a misty tea field at dawn", "book", "a misty tea field at dawn"),
        ("안개 낀 새벽 차밭", "book", "A seamless paper sweep"),
        ("a misty tea field at dawn", "model", "A seamless paper sweep"),
        ("", "book", "A seamless paper sweep"),
    ],
)
def test_own_english_words_stand_where_no_language_model_rewrote_them(
    own: str, source: str, expected: str
) -> None:
    told = painted_by({"background_words": own, "prompts": {**BOOK, "source": source}})
    assert told["background_prompt"] == expected


def test_digits_alone_are_no_english() -> None:
    assert not is_english("2500")
    assert is_english("Gold, 24 carat")
