"""What the processor can do while a GPU is at work: load weights, build the letters' mesh."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from generation.pipeline.layout import Layout
from generation.pipeline.types import AdSpec

logger = logging.getLogger(__name__)


# A worker is told at least this often, in seconds, that its engine is alive.
SIGN_OF_LIFE: Final = 1.0


@contextmanager
def beside(
    work: Callable[[], object], meanwhile: Callable[[], None] | None = None
) -> Iterator[None]:
    """Do some work in a thread beside the block, and wait for it at the block's end.

    Nothing depends on its outcome but time: whatever it raises is raised again where the result is
    needed, so here it is only noted. `meanwhile` is called every second of the waiting. When the
    block or `meanwhile` raises, nobody waits: a job that is cancelled lets go at once, and what was
    begun (a model being loaded, say) ends by itself, for whoever needs it next.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        done = pool.submit(work)
        yield
        while meanwhile is not None and not wait([done], SIGN_OF_LIFE).done:
            meanwhile()
        if error := done.exception():
            logger.info("work ahead: %s", error)
    finally:
        pool.shutdown(wait=False)


def build_letters(spec: AdSpec, layout: Layout, cache_dir: Path) -> None:
    """Build the copy's mesh as stage 2 will want it, into the cache. Raises as stage 2 does."""
    from generation.pipeline.glyphs.setting import set_copy
    from generation.pipeline.glyphs.store import text_mesh
    from generation.pipeline.studio.materials import material

    if not spec.ad_text.strip():
        return
    made_of = material(spec.text_style)
    choice, lines = set_copy(spec.ad_text, made_of, spec.font, layout)
    swell = made_of.swell + (choice.face.embolden if made_of.swell >= 0 else 0.0)
    text_mesh(lines, made_of.profile, swell=swell, cache_dir=cache_dir)
