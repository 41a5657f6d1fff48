"""Content addresses of stages: equal inputs, equal key, so a finished stage is never made twice."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final, assert_never

from .together import is_together
from .types import PAINTED_BACKGROUND, PAINTED_LETTERING, AdSpec, Stage

# Raise it when any stage would paint a different picture from the same inputs.
ENGINE_VERSION: Final = "studio-10"
# The same for what the diffusion engine adds; it letters and composes with the studio's code.
DIFFUSION_VERSION: Final = "diffusion-2"


def engine_version(engine: str) -> str:
    """Return the version that an engine's results carry: another version paints differently."""
    if engine == "studio":
        return ENGINE_VERSION
    return f"{DIFFUSION_VERSION}/{ENGINE_VERSION}"


def stage_key(
    stage: Stage,
    spec: AdSpec,
    photo_sha256: str | None,
    engine_version: str = ENGINE_VERSION,
) -> str:
    """Return the sha256 (64 hex digits) of everything this stage's result depends on.

    `photo_sha256` is the digest of the clean photo's bytes, None without a product; the photo's
    path plays no part. A stage's key covers the stages before it.
    """
    match stage:
        case Stage.BACKGROUND:
            inputs = _background_inputs(spec, photo_sha256, engine_version)
        case Stage.TEXT:
            inputs = _text_inputs(spec, photo_sha256, engine_version)
        case Stage.COMPOSITION:
            inputs = _composition_inputs(spec, photo_sha256, engine_version)
        case _:
            assert_never(stage)
    canonical = json.dumps([stage.value, inputs], sort_keys=True, ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


def _background_inputs(spec: AdSpec, photo: str | None, engine: str) -> dict[str, Any]:
    return {
        "engine": engine,
        "test_mode": spec.test_mode,
        "draft": spec.draft,
        "photo": photo,
        "background_style": spec.background_style,
        "palette": spec.palette,
        "format": spec.format,
        "seed": spec.seed,
        "text_position": spec.text_position,
        # The scene leaves room for lettering, whatever it says: new words keep the scene.
        "has_copy": bool(spec.ad_text),
        "has_subtext": bool(spec.subtext),
        **({"together": True} if is_together(spec) else {}),
        **_painted(spec, PAINTED_BACKGROUND),
    }


def _text_inputs(spec: AdSpec, photo: str | None, engine: str) -> dict[str, Any]:
    return {
        "scene": stage_key(Stage.BACKGROUND, spec, photo, engine),
        "ad_text": spec.ad_text,
        "text_style": spec.text_style,
        "font": spec.font,
        **_painted(spec, PAINTED_LETTERING),
    }


def _composition_inputs(spec: AdSpec, photo: str | None, engine: str) -> dict[str, Any]:
    return {
        "text": stage_key(Stage.TEXT, spec, photo, engine),
        "composition_mode": spec.composition_mode,
        "subtext": spec.subtext,
    }


def _painted(spec: AdSpec, fields: tuple[str, ...]) -> dict[str, Any]:
    """Return what models are told; nothing for the studio, whose keys know no such words."""
    if spec.engine == "studio":
        return {}
    return {name: getattr(spec, name) for name in fields}
