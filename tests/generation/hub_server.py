"""A small model hub over HTTP: what huggingface_hub asks of the real one, and no more."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Hub:
    """Repositories by id: files by name. `asked` lists the paths of all requests."""

    revision: str = "1234567890abcdef1234567890abcdef12345678"
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    # Files that are sent other than they are described.
    swapped: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def describe(self, repo: str) -> dict[str, object]:
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
                # As on the hub: large files are kept by LFS, which names their SHA-256.
                **({"lfs": lfs(content)} if name.endswith(".safetensors") else {}),
            }
            for name, content in self.repositories[repo].items()
        ]
        return {"id": repo, "sha": self.revision, "siblings": siblings}


def lfs(content: bytes) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    return {"sha256": digest, "size": len(content), "pointerSize": 130}


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, *, with_body: bool) -> None:
        path = urlsplit(self.path).path.strip("/")
        self.hub.asked.append(path)
        parts = path.split("/")
        api = parts[:2] == ["api", "models"]
        repo = "/".join(parts[2:4] if api else parts[:2])
        if repo not in self.hub.repositories:
            return self.send(401, b"", {"X-Error-Code": "RepoNotFound"}, with_body)
        if api:
            content = json.dumps(self.hub.describe(repo)).encode()
            return self.send(200, content, {"Content-Type": "application/json"}, with_body)
        if repo in self.hub.gated:
            return self.send(403, b"", {"X-Error-Code": "GatedRepo"}, with_body)
        return self.send_file(repo, "/".join(parts[4:]), with_body)

    def send_file(self, repo: str, name: str, with_body: bool) -> None:
        content = self.hub.repositories[repo].get(name)
        if content is None:
            return self.send(404, b"", {"X-Error-Code": "EntryNotFound"}, with_body)
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        headers = {"ETag": etag, "X-Repo-Commit": self.hub.revision, "Accept-Ranges": "bytes"}
        return self.send(200, self.hub.swapped.get(name, content), headers, with_body)

    def send(self, status: int, content: bytes, headers: dict[str, str], with_body: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Be silent."""


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()
    handler = type("HubHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()
