"""The worker's third thread: it tells other programs' servers that their jobs have ended."""

from __future__ import annotations

import logging
import threading
from typing import Final

from django.db import DatabaseError, connection

from generation.webhooks import deliver_due

logger = logging.getLogger(__name__)

# How often due deliveries are looked for, in seconds.
LOOK_EVERY: Final = 1.0


class Postman(threading.Thread):
    """Delivers what is due until stopped. A slow receiver holds up nothing but other deliveries."""

    def __init__(self) -> None:
        super().__init__(name="postman", daemon=True)
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY):
            try:
                deliver_due()
            except DatabaseError as error:
                logger.warning("no deliveries: %s", error)
                connection.close()
            except Exception:
                logger.exception("a bug in the postman")
        connection.close()

    def stop(self) -> None:
        """Ask the thread to end; what it is sending may be sent again by another worker."""
        self._stopped.set()
