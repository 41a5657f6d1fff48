"""`python -m nanococoa.web_process HOST PORT`: a Daphne that shares its address with others."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from daphne.cli import CommandLineInterface

from nanococoa.web_server import listen


def main(arguments: Sequence[str]) -> None:
    """Serve until told to stop."""
    host, port = arguments
    # Before it listens: what waits for a process that is still coming up could have been answered.
    import nanococoa.asgi  # noqa: F401 - Daphne takes it from here by name

    with listen(host, int(port)) as listening:
        descriptor = ["--fd", str(listening.fileno())]
        quiet = ["--no-server-name", "-v", "0"]
        CommandLineInterface().run([*descriptor, *quiet, "nanococoa.asgi:application"])


if __name__ == "__main__":
    main(sys.argv[1:])
