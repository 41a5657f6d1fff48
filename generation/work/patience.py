"""Writing to a database that is locked or restarting: try again, for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from django.db import InterfaceError, OperationalError, connection

from generation.deadlines import DATABASE_PATIENCE

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0


def patiently(write: Callable[[], Result], patience: float = DATABASE_PATIENCE) -> Result:
    """Call `write`, a transaction of its own, again while the database is locked or away.

    Raises the database's error after `patience` seconds; whoever holds a lease loses it then.
    """
    deadline = time.monotonic() + patience
    pause = FIRST_PAUSE
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() + pause > deadline:
                raise
            logger.warning("database not ready (%s), trying again", error)
            connection.close()
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
