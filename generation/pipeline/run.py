"""One entrance to the three stages, written out so that it can be read."""

from __future__ import annotations

from typing import assert_never

from .memory import give_back_memory
from .together import LOWEST, is_together, parent_of
from .types import Report, Stage, StageOutput, StageRequest


def run_stage(request: StageRequest, report: Report) -> StageOutput:
    """Run one stage and return what it left in `request.out_dir`.

    Raises StageCancelled out of `report`, StageFailed for what a merchant can act on; anything
    else is a bug. The engines are imported here, on first use, so that importing this module
    costs nothing.
    """
    if request.spec.test_mode:
        from .test_mode import run_test_stage

        return run_test_stage(request, report)
    try:
        if request.spec.engine == "diffusion":
            return _run_painted(request, report)
        return _run_photographed(request, report)
    finally:
        give_back_memory()


def _run_photographed(request: StageRequest, report: Report) -> StageOutput:
    """Run a stage of the studio engine, on another's picture where the format is its window."""
    if request.stage is Stage.COMPOSITION or not is_together(request.spec):
        return _photographed(request, report)
    from .shared_stage import run_windowed, run_with_windows

    if parent_of(request.spec) is not None:
        return run_windowed(request, report, _photographed)
    if request.spec.format in LOWEST:
        return run_with_windows(request, report, _photographed)
    return _photographed(request, report)


def _photographed(request: StageRequest, report: Report) -> StageOutput:
    """Run a stage for the format's own picture."""
    match request.stage:
        case Stage.BACKGROUND:
            from .background import run_background

            return run_background(request, report)
        case Stage.TEXT:
            from .lettering import run_lettering

            return run_lettering(request, report)
        case Stage.COMPOSITION:
            from .composition import run_composition

            return run_composition(request, report)
    assert_never(request.stage)


def _run_painted(request: StageRequest, report: Report) -> StageOutput:
    """Run a stage of the diffusion engine; composing is the same for both engines."""
    match request.stage:
        case Stage.BACKGROUND:
            from .diffusion.background import run_painted_background

            return run_painted_background(request, report)
        case Stage.TEXT:
            from .diffusion.lettering import run_restyled_lettering

            return run_restyled_lettering(request, report)
        case Stage.COMPOSITION:
            from .composition import run_composition

            return run_composition(request, report)
    assert_never(request.stage)
