"""The web server: one address, one or more Daphne processes that answer on it.

    python -m nanococoa.web_server --host 0.0.0.0 --port 8000

One Python process answers on one core at a time. WEB_PROCESSES of them listen on the address, each
with a socket of its own among which the kernel shares out the connections (SO_REUSEPORT; with one
socket for all, whoever wakes first takes them all). One that dies is started again, and gets none
meanwhile.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Final, NoReturn

from nanococoa.children import Child, stop_all
from nanococoa.environment import env

POLL_SECONDS: Final = 0.2
# Connections that wait for a process to take them.
BACKLOG: Final = 512


def reserve(host: str, port: int) -> socket.socket:
    """Return a socket that keeps an address for processes of this user; nobody listens on it.

    Raises OSError when somebody does already, be it another site of ours.
    """
    with _bound(host, port, shared=False):
        pass
    return _bound(host, port, shared=True)


def listen(host: str, port: int) -> socket.socket:
    """Return one of the sockets that listen on a reserved address."""
    listening = _bound(host, port, shared=True)
    listening.listen(BACKLOG)
    return listening


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def processes(host: str, port: int, count: int) -> list[Child]:
    """Return `count` web processes, not started yet, for a reserved address."""
    command = [sys.executable, "-m", "nanococoa.web_process", host, str(port)]
    if count == 1:
        return [Child("웹", command)]
    return [
        Child(f"웹 {number}", command, environment=_own_log(number))
        for number in range(1, count + 1)
    ]


def _own_log(number: int) -> dict[str, str]:
    """Two processes that turn one log file over would lose lines: web.log becomes web-1.log."""
    log = os.environ.get("LOG_FILE", "")
    return {"LOG_FILE": str(Path(log).with_stem(f"{Path(log).stem}-{number}"))} if log else {}


def processes_wanted() -> int:
    """Return WEB_PROCESSES, 1 where it is not set. Raises EnvError for what is no count."""
    return env.int("WEB_PROCESSES", default=1, validate=_is_a_count)


def _is_a_count(number: int) -> None:
    if not 1 <= number <= 64:
        raise ValueError("WEB_PROCESSES must be between 1 and 64")


def main() -> int:
    """Serve until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nanococoa.web_server")
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000")
    options = parser.parse_args()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    children: list[Child] = []
    try:
        with reserve(options.host, options.port):
            children = processes(options.host, options.port, processes_wanted())
            for child in children:
                child.start()
            while True:
                time.sleep(POLL_SECONDS)
                for child in children:
                    child.keep_alive()
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"{options.host}:{options.port}: {error.strerror}", file=sys.stderr)
        return 1
    finally:
        stop_all(children)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
