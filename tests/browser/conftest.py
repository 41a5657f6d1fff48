"""A real site (Daphne and a worker) and a real Chromium, at the width of a phone and of a desk."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import database_url
from tests.waiting import PATIENCE, eventually

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
PATIENCE_MS = PATIENCE * 1000
# The worker rests this long after each step, so that there is something to watch.
PACE = "0.08"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a browser test; without a Chromium each says why it did not run."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=PATIENCE)  # noqa: S310 - our own address
    except OSError:
        return False
    return True


def wait_until_answering(url: str) -> None:
    eventually(lambda: answers(url))


# Not for the session: its worker would take the jobs of the tests that start their own.
@pytest.fixture(scope="package")
def site_media(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="package")
def site(django_db_setup, redis_server, site_media) -> Iterator[str]:
    """The address of a running site on the test database, with one worker, for all these tests."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": django_settings.REDIS_URL,
        "MEDIA_ROOT": str(site_media),
        "FORCE_TEST_MODE": "1",
        "DJANGO_SETTINGS_MODULE": "nanococoa.settings",
    }
    port_number = free_port()
    commands = (
        ["-m", "nanococoa.web_process", "127.0.0.1", str(port_number)],
        ["manage.py", "worker", "--pace", PACE],
    )
    root = django_settings.BASE_DIR
    running = [
        subprocess.Popen([sys.executable, *command], cwd=root, env=environment)
        for command in commands
    ]
    address = f"http://127.0.0.1:{port_number}"
    try:
        wait_until_answering(f"{address}/accounts/login/")
        yield address
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(site: str, chromium: Browser, transactional_db) -> Iterator[OpenPage]:
    """Open a page of the site: `as_user` signed in, at a phone's width or `desk`.

    Errors of scripts and of the content policy fail the test.
    """
    contexts, complaints = [], []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda line: (
                complaints.append(line.text) if "Content Security Policy" in line.text else None
            ),
        )

    def open_one(*, as_user=None, desk: bool = False, **options) -> Page:
        size = DESK if desk else PHONE
        context = chromium.new_context(base_url=site, locale="ko-KR", **size, **options)
        context.set_default_timeout(PATIENCE_MS)
        if as_user is not None:
            client = Client()
            client.force_login(as_user)
            value = client.cookies[django_settings.SESSION_COOKIE_NAME].value
            name = django_settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": value, "url": site}])
        page = context.new_page()
        listen(page)
        contexts.append(context)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """A photo as a merchant's phone would have it."""
    from tests.conftest import product_jpeg

    path = tmp_path / "건어물.jpg"
    path.write_bytes(product_jpeg())
    return path


def fill(page: Page, product: Path | None = None, copy: str = "건어물 대박 세일") -> None:
    page.goto("/new/")
    if product:
        page.set_input_files("#id_photo", product)
        expect(page.locator("[data-drop-state]")).to_have_text("사진이 준비됐어요")
    page.fill("#id_ad_text", copy)


def send(page: Page) -> None:
    page.click("[data-submit]")
    page.wait_for_url("**/jobs/**")


def expect_result(page: Page) -> None:
    expect(page.locator("[data-result]")).to_be_visible()
    expect(page.locator("[data-frame] img[data-sharp]")).to_be_visible()
