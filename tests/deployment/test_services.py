"""Every service of ours by its exact command from compose.yaml, until its health check says so.

No containers: hosts, ports and folders are adapted to this machine, and SQLite stands for
PostgreSQL unless DATABASE_URL names a server to make a database on. All else is compose's own.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from generation.errors import ENGINE_TROUBLE
from nanococoa.redis_server import server_binary
from tests.browser.conftest import free_port
from tests.waiting import PATIENCE, eventually

from .compose_file import ROOT, command_of, read_compose

# Two busy cores start four interpreters; the workers import their engines.
HOST = "ads.example.com"
SECRETS = {
    "secret_key": "a-key-of-fifty-letters-and-more-that-nobody-else-has-1234\n",
    "postgres_password": "p@ss:w/rd\n",
    "redis_password": "re:d@is-1\n",
    "openai_api_key": "",
    "email_url": "memory://\n",
}
# What the Dockerfile sets for every service.
FROM_THE_IMAGE = re.findall(r"(DATA_DIR|STATIC_ROOT)=(\S+)", (ROOT / "Dockerfile").read_text())


class Deployment:
    """The services of compose.yaml on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in ("web", "mcp", "redis")}
        self.services: dict[str, Any] = read_compose(
            ALLOWED_HOSTS=HOST, SITE_URL=f"https://{HOST}"
        )["services"]
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for name, text in SECRETS.items():
            (folder / "secrets").mkdir(exist_ok=True)
            (folder / "secrets" / name).write_text(text)
        for name in ("media", "cache", "models", "logs", "redis", "bin"):
            (folder / "data" / name).mkdir(parents=True)
        if shutil.which("redis-server") is None:
            (folder / "data" / "bin" / "redis-server").symlink_to(server_binary())

    def here(self, text: str) -> str:
        """Put this machine's hosts, ports and folders in place of the containers'."""
        web, mcp, redis = (f"127.0.0.1:{self.ports[name]}" for name in ("web", "mcp", "redis"))
        changes = {
            "/run/secrets": str(self.folder / "secrets"),
            "redis:6379": redis,
            "web:8000": web,
            "127.0.0.1:8000": web,
            "127.0.0.1:3000": mcp,
            "0.0.0.0": "127.0.0.1",  # noqa: S104 - it is what is replaced
            "redis-cli ": f"redis-cli -p {self.ports['redis']} ",
            "/tmp/password.conf": str(self.folder / "password.conf"),
            "--dir /data ": f"--port {self.ports['redis']} --dir {self.folder}/data/redis ",
            "postgres://nanococoa@postgres:5432/nanococoa": f"sqlite:///{self.folder}/site.sqlite3",
        }
        for old, new in changes.items():
            text = text.replace(old, new)
        return re.sub(r"^/(data|srv)(?=/|$)", f"{self.folder}/\\1", text)

    def environment(self, name: str) -> dict[str, str]:
        told = dict(FROM_THE_IMAGE) | self.services[name].get("environment", {})
        found = f"{Path(sys.executable).parent}:{os.environ['PATH']}:{self.folder}/data/bin"
        adapted = {key: self.here(str(value)) for key, value in told.items()}
        port = {"MCP_PORT": str(self.ports["mcp"])} if name == "mcp" else {}
        return {"PATH": found, "LANG": "C.UTF-8", **adapted, **port}

    def command(self, name: str) -> list[str]:
        words = [self.here(word) for word in self.services[name]["command"]]
        return [str(self.ports["web"]) if word == "8000" else word for word in words]

    def start(self, name: str) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        self.running[name] = subprocess.Popen(
            self.command(name), cwd=ROOT, env=self.environment(name), stdout=log, stderr=log
        )

    def run(self, command: list[str], name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def check(self, name: str) -> subprocess.CompletedProcess[str]:
        """The service's health check, once."""
        test = command_of(self.services[name]["healthcheck"]["test"])
        return self.run([self.here(word) for word in test], name)

    def wait_until_healthy(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while (checked := self.check(name)).returncode:
            assert self.running[name].poll() is None, f"{name} ended\n{self.log(name)}"
            said = f"{checked.stdout}{checked.stderr}\n{self.log(name)}"
            assert time.monotonic() < deadline, f"{name} is not healthy: {said}"
            time.sleep(0.3)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def end(self) -> None:
        for process in reversed(self.running.values()):
            process.terminate()
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Everything started in the order that compose keeps."""
    site = Deployment(tmp_path_factory.mktemp("deployment"))
    try:
        site.start("redis")
        collect = ["python", "manage.py", "collectstatic", "--noinput", "-v", "0"]
        statics = subprocess.Popen(collect, cwd=ROOT, env=site.environment("migrate"))
        migrated = site.run(site.command("migrate"), "migrate")
        assert migrated.returncode == 0, migrated.stderr
        assert statics.wait(PATIENCE) == 0
        if shutil.which("redis-cli"):
            site.wait_until_healthy("redis")
        for name in ("web", "worker-studio", "worker-gpu", "mcp"):
            site.start(name)
        yield site
    finally:
        site.end()


@pytest.mark.parametrize("name", ["web", "mcp", "worker-studio"])
def test_its_health_check_passes(deployment: Deployment, name: str) -> None:
    deployment.wait_until_healthy(name)


def test_pages_come_through_the_proxy_with_static_files_that_may_be_kept(
    deployment: Deployment,
) -> None:
    deployment.wait_until_healthy("web")
    address = f"http://127.0.0.1:{deployment.ports['web']}"
    proxied = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    with httpx2.Client(base_url=address, headers=proxied, timeout=PATIENCE) as browser:
        page = browser.get("/")
        assert page.status_code == 200
        style = re.search(r'href="(/static/css/base\.[0-9a-f]{12}\.css)"', page.text)
        assert style, page.text[:500]
        assert "immutable" in browser.get(style[1]).headers["Cache-Control"]
        assert browser.get("/", headers={"X-Forwarded-Proto": "http"}).status_code == 301
        assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400


async def test_the_mcp_server_reaches_the_site_by_its_inner_address(
    deployment: Deployment,
) -> None:
    for name in ("web", "mcp"):
        deployment.wait_until_healthy(name)
    address = f"http://127.0.0.1:{deployment.ports['mcp']}/mcp"
    async with (
        httpx2.AsyncClient(headers={"Host": HOST}, timeout=PATIENCE) as http,
        Client(streamable_http_client(address, http_client=http)) as client,
    ):
        answer = await client.call_tool("check_server_health", {})
    assert answer.structured_content["database"] is True
    assert answer.structured_content["redis"] is True


def test_a_worker_without_gpu_stays_up_and_says_why_it_is_not_healthy(
    deployment: Deployment,
) -> None:
    eventually(lambda: "cannot work" in deployment.check("worker-gpu").stderr)
    said = deployment.check("worker-gpu").stderr
    assert deployment.running["worker-gpu"].poll() is None
    assert re.search(r"cannot work: (\w+): \S", said)[1] in ENGINE_TROUBLE
    assert "cannot work" in deployment.log("worker-gpu")


def test_logs_are_kept_and_hold_no_secret(deployment: Deployment) -> None:
    deployment.wait_until_healthy("worker-studio")
    kept = (deployment.folder / "data" / "logs").glob("*.log")
    written = [path.read_text() for path in kept]
    written += [deployment.log(name) for name in deployment.running]
    assert any("diffusion engine cannot work" in text for text in written)
    for secret in filter(None, (text.strip() for text in SECRETS.values())):
        if secret != "memory://":
            assert not any(secret in text for text in written)


def test_every_service_ends_when_it_is_told_to(deployment: Deployment) -> None:
    for name in ("web", "mcp", "worker-studio", "worker-gpu"):
        deployment.running[name].send_signal(signal.SIGTERM)
    for name in ("web", "mcp", "worker-studio", "worker-gpu"):
        code = deployment.running[name].wait(PATIENCE)
        assert code in (0, -signal.SIGTERM), f"{name}: {code}\n{deployment.log(name)}"
