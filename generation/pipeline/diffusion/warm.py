"""What the diffusion engine does while it has nothing to do: read models, or leave the GPU."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping

from generation.pipeline.errors import StageFailed

from .ready import needed_models
from .residency import the_residency

logger = logging.getLogger(__name__)


def warm_models(
    still_idle: Callable[[], bool], environment: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Load what every job here needs into host memory, one after the other, and return their keys.

    It stops between two models when there is work to do. A model that cannot be loaded fails its
    stage, with a reason, and not this.
    """
    loaded: list[str] = []
    for key in needed_models(environment):
        if not still_idle():
            break
        try:
            with the_residency().use(key):
                loaded.append(key)
        except StageFailed as failure:
            logger.warning("%s was not warmed: %s", key, failure.detail)
    return tuple(loaded)


def rest() -> None:
    """Leave the GPU to others where the deployment wants it so (AUTO_UNLOAD_DEFAULT)."""
    if the_residency.cache_info().currsize:
        the_residency().rest()
