"""`make run` with real processes: what it prints and refuses, and that nothing is left over."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nanococoa.supervisor import ROOT
from tests.waiting import PATIENCE, eventually


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalSite:
    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        self.folder, self.port = folder, port
        self.output = folder.with_suffix(".log")
        self.environment = {
            **os.environ,
            "DATA_DIR": str(folder),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            **environment,
        }
        self.environment = {name: value for name, value in self.environment.items() if value}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        with self.output.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nanococoa.supervisor", "--port", str(self.port), *options],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    def text(self) -> str:
        return self.output.read_text()

    def is_up(self) -> bool:
        return "켜졌어요" in self.text()

    def find(self, word: str) -> psutil.Process | None:
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it ended meanwhile
                if word in " ".join(child.cmdline()):
                    return child
        return None

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LocalSite]:
    site = LocalSite(tmp_path / "d", free_port())
    yield site
    site.stop()


def test_one_start_brings_everything_up_and_ctrl_c_ends_it_all(site: LocalSite) -> None:
    site.environment["PATH"] = "/nowhere"  # no Redis server there: the packaged one is used
    site.start("--no-demo")
    eventually(site.is_up)
    assert f"http://localhost:{site.port}/" in site.text()
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/", timeout=PATIENCE) as page:
        assert "nanoCocoa" in page.read().decode()
    eventually(lambda: site.find("engine_child"))  # the engine process of the worker
    assert site.process is not None
    family = [*psutil.Process(site.process.pid).children(recursive=True)]
    site.stop()
    assert site.process.returncode == 0
    _, alive = psutil.wait_procs(family, timeout=PATIENCE)
    assert alive == []


def test_the_demo_account_and_its_ads_are_there_once(site: LocalSite) -> None:
    count = (
        "import django; django.setup(); from campaigns.models import Ad;"
        "from generation.models import Job; print(Ad.objects.count(), Job.objects.count())"
    )
    counts = []
    for _ in range(2):
        site.start()
        eventually(site.is_up)
        assert "demo@nanococoa.local" in site.text()
        shown = subprocess.run(
            [sys.executable, "-c", count], cwd=ROOT, capture_output=True, text=True, check=True,
            env={**site.environment, "DJANGO_SETTINGS_MODULE": "nanococoa.settings"},
        )  # fmt: skip
        counts.append(shown.stdout.strip())
        site.stop()
    assert counts == ["3 3", "3 3"]


@pytest.fixture(scope="module")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSite]:
    """One site that loses a part after another."""
    site = LocalSite(tmp_path_factory.mktemp("site") / "d", free_port())
    site.start("--no-demo")
    eventually(site.is_up)
    yield site
    site.stop()


@pytest.mark.parametrize("part", ["web_process", "manage.py worker", "redis.sock"])
def test_a_part_that_dies_is_started_again(running_site: LocalSite, part: str) -> None:
    before = eventually(lambda: running_site.find(part))
    assert isinstance(before, psutil.Process)
    before.kill()
    eventually(lambda: (now := running_site.find(part)) and now.pid != before.pid)


def refused(site: LocalSite) -> str:
    site.start("--no-demo")
    assert site.process is not None
    assert site.process.wait(PATIENCE) == 1
    assert "Traceback" not in site.text()
    assert len(site.text().strip().splitlines()) == 1
    return site.text()


def test_a_port_in_use_is_said_in_a_sentence(site: LocalSite) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", site.port))
        taken.listen()
        assert f"127.0.0.1:{site.port}을 열 수 없어요" in refused(site)


def test_an_unwritable_folder_is_said_in_a_sentence(site: LocalSite, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    site.environment["DATA_DIR"] = str(tmp_path / "file" / "d")
    assert "데이터 폴더에 쓸 수 없어요" in refused(site)


def test_a_missing_database_is_said_in_a_sentence(site: LocalSite) -> None:
    site.environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/none"
    assert "데이터베이스를 열 수 없어요" in refused(site)


def test_a_redis_that_does_not_answer_is_said_in_a_sentence(site: LocalSite) -> None:
    site.environment["REDIS_URL"] = "redis://127.0.0.1:1/0"
    assert "Redis가 대답하지 않아요" in refused(site)
