"""What goes into a stage and what comes out: frozen, picklable, free of Django.

Images travel between stages as files so that every stage can be stored, shown, replaced by an
upload and resumed from. Paths are absolute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

TextPosition = Literal["auto", "top", "center", "bottom"]
CompositionMode = Literal["overlay", "blend", "behind"]
# How a model gets the background round the product: an empty scene into which the product is set,
# or a scene painted round the product where it stands.
BackgroundWay = Literal["empty", "around"]

# How much noise retouching starts from, 0..1, where nothing is asked: the original service's.
DEFAULT_STRENGTH: Final = 0.6


class Stage(StrEnum):
    """The three stages, by the names the HTTP API shows as `current_step`."""

    BACKGROUND = "step1_background"
    TEXT = "step2_text_asset"
    COMPOSITION = "step3_composition"

    @property
    def number(self) -> int:
        """1, 2 or 3, as `start_step` counts."""
        return STAGES.index(self) + 1


STAGES: Final = (Stage.BACKGROUND, Stage.TEXT, Stage.COMPOSITION)

# Where each stage begins and ends on the job's 0-100 progress bar.
PROGRESS_SPAN: Final[Mapping[Stage, tuple[int, int]]] = {
    Stage.BACKGROUND: (0, 50),
    Stage.TEXT: (50, 85),
    Stage.COMPOSITION: (85, 100),
}


class SubStep(StrEnum):
    """What a stage is doing right now; the page shows each as a Korean phrase."""

    CUTOUT = "cutout"
    BACKGROUND = "background"
    COMPOSITE = "composite"
    RETOUCH = "retouch"
    LETTERING = "lettering"
    TEXT_RENDER = "text_render"
    TEXT_CHECK = "text_check"
    COMPOSE = "compose"
    CHECK = "check"
    EXPORT = "export"


@dataclass(frozen=True, kw_only=True)
class AdSpec:
    """What the ad is to be: everything a stage may depend on, and nothing else.

    `photo` is the safe intake's clean file (sRGB, RGB or RGBA, upright) or None for an ad
    without a product. `ad_text` is NFC and already validated; empty means no lettering.
    Style, format, palette and font keys are those of `catalog.py`. `subtext` is a second, smaller
    line of flat type (a price, a date), NFC and validated, or empty. `draft` asks for a small
    quick picture of the same ad: frames and samples shrink, nothing else changes. `together` says
    that the ad is one of many formats of the same wishes: the studio then photographs its set once
    for all of them (see `together.py`); drafts and the diffusion engine do not heed it.

    `engine` is "studio" or "diffusion". The fields from `background_model` on are heeded by the
    diffusion engine alone: catalogue keys of its models ("" is the server's own choice, "none" for
    lettering no model), English prompts, `strength` 0..1 of the retouch, `guidance_scale` or None
    for the model's own.
    """

    photo: Path | None
    ad_text: str
    background_style: str
    text_style: str
    format: str = "1:1"
    text_position: TextPosition = "auto"
    composition_mode: CompositionMode = "overlay"
    font: str | None = None
    palette: str = "auto"
    subtext: str = ""
    seed: int = 0
    draft: bool = False
    together: bool = False
    test_mode: bool = False
    engine: str = "studio"
    background_model: str = ""
    background_way: BackgroundWay = "empty"
    background_prompt: str = ""
    background_negative_prompt: str = ""
    strength: float = DEFAULT_STRENGTH
    guidance_scale: float | None = None
    lettering_model: str = ""
    text_prompt: str = ""
    text_negative_prompt: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict that `from_json` reads back unchanged."""
        return asdict(self) | {"photo": str(self.photo) if self.photo else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AdSpec:
        photo = data["photo"]
        return cls(**{**data, "photo": Path(photo) if photo else None})


# What only the diffusion engine heeds, by the stage that it decides.
PAINTED_BACKGROUND: Final = (
    "background_model",
    "background_way",
    "background_prompt",
    "background_negative_prompt",
    "strength",
    "guidance_scale",
)
PAINTED_LETTERING: Final = ("lettering_model", "text_prompt", "text_negative_prompt")


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One step forward inside a stage.

    `fraction` is 0..1 of this stage. `index`/`total` count passes or steps where there are any
    ("배경 생성 중 3/8"). `preview` is a WebP of at most 512 px on its long side, or None.
    """

    sub_step: SubStep
    fraction: float
    index: int | None = None
    total: int | None = None
    preview: bytes | None = None


# Called at every sub-step and at every render pass, at least every 2 s.
# Raises StageCancelled out of the call when the job is to stop.
Report = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class StageOutput:
    """A finished stage: the image people see, and what the next stage needs beside it.

    `image`: stage 1 and 3 sRGB PNG at the format's size; stage 2 RGBA PNG at the format's size,
    straight alpha. `extras` name further files in the same folder (product layer, shadow map, ...).
    `checks` are the proof of words and product, JSON-serialisable. `seconds` per sub-step.
    """

    image: Path
    extras: Mapping[str, Path] = field(default_factory=dict)
    checks: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StageRequest:
    """One stage to run. `earlier` holds the outputs of the stages before it that exist.

    `out_dir` exists, is empty and belongs to this stage alone. `cache_dir` is shared by all jobs
    (rendered plates, glyph meshes); whatever is in it can be deleted at any time. `ahead`: seeds of
    further takes that will be asked for next, all else being the same; an engine may prepare them.
    """

    stage: Stage
    spec: AdSpec
    earlier: Mapping[Stage, StageOutput]
    out_dir: Path
    cache_dir: Path
    ahead: tuple[int, ...] = ()
