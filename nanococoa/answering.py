"""`python -m nanococoa.answering URL`: whether a service of this machine answers 200.

A health check for containers: it imports no Django, so that looking costs a tenth of a second. The
request looks like one that the TLS proxy passes on: by the site's own name, over https.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

PATIENCE_SECONDS: Final = 5.0


def own_name() -> str:
    """Return the first of ALLOWED_HOSTS that is a name of its own, not a pattern."""
    names = (name.strip() for name in os.environ.get("ALLOWED_HOSTS", "").split(","))
    return next((name for name in names if name and name[0] not in ".*"), "localhost")


def complaint(url: str) -> str:
    """Return what is wrong with the answer; empty when nothing is."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
    headers = {"Host": own_name(), "X-Forwarded-Proto": "https"}
    try:
        connection.request("GET", parts.path or "/", headers=headers)
        answer = connection.getresponse()
        body = answer.read(2000).decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        return f"{url} does not answer: {error}"
    finally:
        connection.close()
    return "" if answer.status == 200 else f"{url} answered {answer.status}: {body}"


def main(arguments: Sequence[str]) -> int:
    said = complaint(*arguments)
    print(said or "ok")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
