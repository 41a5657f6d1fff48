"""A real site with a worker, and a real MCP server before it, for programs and assistants."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings

from accounts.models import Membership, Team, User
from accounts.tokens import issue_token
from tests.browser.conftest import free_port, wait_until_answering
from tests.conftest import database_url
from tests.waiting import PATIENCE


@pytest.fixture(scope="package")
def programs_environment(django_db_setup, redis_server, tmp_path_factory) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": django_settings.REDIS_URL,
        "MEDIA_ROOT": str(tmp_path_factory.mktemp("media")),
        "FORCE_TEST_MODE": "1",
        "API_READ_RATE": "100000/minute",
        "API_WRITE_RATE": "100000/minute",
        "API_LONGEST_POLL": "5",
        "MAX_UNFINISHED_JOBS_PER_TEAM": "100000",
        "DJANGO_SETTINGS_MODULE": "nanococoa.settings",
    }


@pytest.fixture(scope="package")
def site(programs_environment: dict[str, str]) -> Iterator[str]:
    """The address of a running site on the test database, with one worker."""
    port = free_port()
    web = ["-m", "nanococoa.web_process", "127.0.0.1", str(port)]
    running = [
        subprocess.Popen(
            [sys.executable, *command], cwd=django_settings.BASE_DIR, env=programs_environment
        )
        for command in (web, ["manage.py", "worker"])
    ]
    try:
        wait_until_answering(f"http://127.0.0.1:{port}/api/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=PATIENCE)


@pytest.fixture(scope="package")
def mcp_environment(programs_environment: dict[str, str], site: str) -> dict[str, str]:
    return {**programs_environment, "AISERVER_BASE_URL": site, "LOG_LEVEL": "WARNING"}


@pytest.fixture(scope="package")
def mcp_address(mcp_environment: dict[str, str]) -> Iterator[str]:
    """The address of a running MCP server that serves both HTTP transports."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "manage.py", "mcp", "--port", str(port)],
        cwd=django_settings.BASE_DIR,
        env=mcp_environment,
    )
    try:
        wait_until_answering(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


@pytest.fixture
def key(transactional_db) -> str:
    """A key of a new shop's owner, good for everything."""
    user = User.objects.create_user("shop@example.com", "seafood-market-9")
    team = Team.objects.create(name="프로그램상회")
    Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)
    return issue_token(user=user, team=team, name="PC", scope="admin")[1]
