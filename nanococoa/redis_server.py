"""The embedded Redis: where it listens. Starting and stopping it comes with the supervisor."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the terminating zero included.
LONGEST_SOCKET_PATH = 100


def socket_path(data_dir: Path) -> Path:
    """Return the unix socket of the embedded Redis that belongs to this data folder.

    It lies in the data folder unless that path is too long for a socket address; then in the
    temporary folder under a name derived from the data folder, so every process finds it.
    """
    path = data_dir / "redis" / "redis.sock"
    if len(str(path).encode()) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"nanococoa-{digest}" / "redis.sock"


def embedded_url(data_dir: Path) -> str:
    """Return the URL under which every process of this data folder reaches the embedded Redis."""
    return f"unix://{socket_path(data_dir)}"
