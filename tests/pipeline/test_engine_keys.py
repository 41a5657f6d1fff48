"""The studio's content addresses stay what they were; the diffusion engine adds its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generation.pipeline.fingerprint import engine_version, stage_key
from generation.pipeline.types import (
    PAINTED_BACKGROUND,
    PAINTED_LETTERING,
    STAGES,
    AdSpec,
    Stage,
)

# Taken down before there was a second engine: results stored under them must be found again.
KNOWN = [
    (
        AdSpec(
            photo=None,
            ad_text="건어물 대박 세일",
            background_style="market",
            text_style="gold_balloon",
        ),
        (
            "a609212f81823d6519841192b1aa524098ae0df10d3c396a3ef6f808ce4f6a7f",
            "9b9923efabd33637803a6fe5e4ff3f3200ba007df3603d7bae5fe4c76d749389",
            "2e4750dfe06f2acdf129aa6048539b14cbbb3cb23a683adb7b958372d70809d3",
        ),
    ),
    (
        AdSpec(
            photo=Path("/x.png"),
            ad_text="특가",
            background_style="luxury",
            text_style="neon",
            format="9:16",
            text_position="top",
            composition_mode="behind",
            font="jua",
            palette="warm",
            subtext="2,500원",
            seed=7,
        ),
        (
            "9a280ea5821133e92fcc288151d0496b5dfadabdf6ff5045f02ab4eea1cefaff",
            "93b9b0f64a70ad5f29264bf0ce1b00859dbe6cf808fa526c6e45bc03bad78172",
            "cc48af1cddc2c544c2a14e8e45423403d87541d6dd211c58537d8df643eddbb2",
        ),
    ),
    (
        AdSpec(
            photo=None,
            ad_text="",
            background_style="beach",
            text_style="ink",
            draft=True,
            test_mode=True,
        ),
        (
            "7c8f3766ca0dd28c7a5ff111ad3dca984ea96ba040c5a62f2882712ad5b8823e",
            "0bc3799abe06d2b15bde7f33d9802b0e03be68d46470fcd3b4d181ae88a7c1cc",
            "4c6f02949afb34031ff58ab833a8138ecf831f846cedd720a165260bf0929fb4",
        ),
    ),
]
OTHERWISE = {
    "background_model": "flux1-dev",
    "background_way": "around",
    "background_prompt": "a quiet beach",
    "background_negative_prompt": "people",
    "strength": 0.2,
    "guidance_scale": 2.0,
    "lettering_model": "none",
    "text_prompt": "chrome",
    "text_negative_prompt": "flat",
}


def keys(spec: AdSpec, photo: str | None = None, version: str = "studio-3") -> tuple[str, ...]:
    return tuple(stage_key(stage, spec, photo, version) for stage in STAGES)


@pytest.mark.parametrize(("spec", "known"), KNOWN)
def test_the_studios_keys_are_byte_for_byte_what_they_were(spec: AdSpec, known: tuple[str]) -> None:
    assert keys(spec, "ab" * 32 if spec.photo else None) == known


@pytest.mark.parametrize("field", OTHERWISE)
def test_the_studio_heeds_nothing_that_is_for_models(field: str) -> None:
    spec = KNOWN[0][0]
    assert keys(replace(spec, **{field: OTHERWISE[field]})) == keys(spec)


@pytest.mark.parametrize("field", [*PAINTED_BACKGROUND, *PAINTED_LETTERING])
def test_each_thing_that_a_model_is_told_changes_the_stages_it_decides(field: str) -> None:
    spec = replace(KNOWN[0][0], engine="diffusion")
    before, after = keys(spec), keys(replace(spec, **{field: OTHERWISE[field]}))
    same = [one == other for one, other in zip(before, after, strict=True)]
    assert same == [field in PAINTED_LETTERING, False, False]


def test_the_engines_never_share_a_result() -> None:
    spec = replace(KNOWN[0][0], engine="diffusion")
    assert engine_version("diffusion") != engine_version("studio")
    painted = stage_key(Stage.COMPOSITION, spec, None, engine_version("diffusion"))
    assert painted not in keys(KNOWN[0][0], version=engine_version("studio"))


def test_a_spec_comes_back_from_json_with_what_the_models_are_told() -> None:
    spec = replace(KNOWN[1][0], engine="diffusion", **OTHERWISE)
    assert AdSpec.from_json(spec.to_json()) == spec
