"""`python -m nanococoa.web_process HOST PORT`: a Daphne that shares its address with others."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

from daphne import http_protocol
from daphne.cli import CommandLineInterface
from daphne.server import Server

from nanococoa.web_server import listen

# Bytes of a request's body that go to Django at once; Daphne's own 8 kB make 600 turns of a photo.
BODY_PIECE: Final = 256 * 1024


class UnreadRequest(http_protocol.WebRequest):
    """Daphne's request, its body left to Django.

    Twisted would parse forms too, a 5 MB photo in 0.2 s, for arguments that Daphne never reads.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named, parsePOSTFormSubmission=False)


class WebServer(Server):
    """Daphne's server, reading bodies in larger pieces."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named, request_buffer_size=BODY_PIECE)


def main(arguments: Sequence[str]) -> None:
    """Serve until told to stop."""
    host, port = arguments
    http_protocol.WebRequest = UnreadRequest  # the only way in: its factory looks it up there
    # Before it listens: what waits for a process that is still coming up could have been answered.
    import nanococoa.asgi  # noqa: F401 - Daphne takes it from here by name

    interface = CommandLineInterface()
    interface.server_class = WebServer
    with listen(host, int(port)) as listening:
        descriptor = ["--fd", str(listening.fileno())]
        quiet = ["--no-server-name", "-v", "0"]
        interface.run([*descriptor, *quiet, "nanococoa.asgi:application"])


if __name__ == "__main__":
    main(sys.argv[1:])
