"""What an engine does while it has nothing to do: compile what the first ads would wait for."""

from __future__ import annotations

import itertools
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from .catalog import BACKGROUND_STYLES, TEXT_STYLES
from .fingerprint import ENGINE_VERSION
from .run import run_stage
from .studio.variant import chosen_variant, memory_file
from .studio.wavefront import is_compiled
from .types import AdSpec, Report, Stage, StageOutput, StageRequest

# Any characters do.
COPY: Final = "가"


def warm_kernels(report: Report) -> None:
    """Compile every set's and every material's kernel, once per machine; scalar has none.

    Kernels stay on disk (Dr.Jit's `~/.drjit`), where the next process finds them in no time.
    `report` is called as in a stage: what it raises, because there is work to do, ends this.
    """
    if not is_compiled(chosen_variant().name):
        return
    done = _done()
    count = max(len(BACKGROUND_STYLES), len(TEXT_STYLES))
    pairs = zip(itertools.cycle(BACKGROUND_STYLES), itertools.cycle(TEXT_STYLES), strict=False)
    for background, text in itertools.islice(pairs, count):
        name = f"{chosen_variant()} {ENGINE_VERSION} {background.key} {text.key}"
        if name in done:
            continue
        spec = AdSpec(
            photo=None,
            ad_text=COPY,
            background_style=background.key,
            text_style=text.key,
            draft=True,
        )
        _draw(spec, report)
        done.append(name)
        _write(done)


def _draw(spec: AdSpec, report: Report) -> None:
    """Draft an ad and throw it away."""
    earlier: dict[Stage, StageOutput] = {}
    with tempfile.TemporaryDirectory(prefix="nc-warm-") as folder:
        for stage in (Stage.BACKGROUND, Stage.TEXT):
            out_dir = Path(folder) / stage.value
            out_dir.mkdir()
            request = StageRequest(
                stage=stage, spec=spec, earlier=earlier, out_dir=out_dir, cache_dir=Path(folder)
            )
            earlier[stage] = run_stage(request, report)


def _memory() -> Path:
    return memory_file().with_name("kernels.json")


def _done() -> list[str]:
    try:
        stored = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return stored if isinstance(stored, list) else []


def _write(done: list[str]) -> None:
    with suppress(OSError):
        _memory().parent.mkdir(parents=True, exist_ok=True)
        _memory().write_text(json.dumps(done), encoding="utf-8")
