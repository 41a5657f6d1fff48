"""Web processes that share one port: all answer, one that dies is missed by nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from nanococoa.children import ROOT
from tests.nanococoa.test_supervisor import free_port
from tests.waiting import PATIENCE, eventually


class Web:
    def __init__(self, folder: Path, host: str = "127.0.0.1", **environment: str) -> None:
        self.port = free_port()
        self.host = host
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "nanococoa.web_server"),
                *("--host", host, "--port", str(self.port)),
            ],
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": str(folder), "LOCAL": "1", **environment},
        )

    def answered(self) -> int:
        """The status of an answer that needs no database; 0 where nobody answers."""
        connection = HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/static/none.css", headers={"Host": "localhost"})
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "web_process" in " ".join(child.cmdline())]

    def listening(self) -> int:
        """How many processes take connections."""
        return sum(
            connection.status == psutil.CONN_LISTEN
            for worker in self.workers()
            for connection in worker.net_connections()
        )

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path, WEB_PROCESSES="2", LOG_FILE=str(tmp_path / "web.log"))
    yield web
    web.stop()


def test_while_one_process_is_dead_the_other_answers(two: Web) -> None:
    eventually(lambda: two.listening() == 2)
    first, second = two.workers()
    first.kill()
    first.wait(PATIENCE)
    for _ in range(20):
        assert two.answered() == 404
    eventually(lambda: len(two.workers()) == 2)
    assert second in two.workers()


def test_each_process_has_a_log_of_its_own(two: Web, tmp_path: Path) -> None:
    assert eventually(two.answered)
    logs = {process.environ()["LOG_FILE"] for process in two.workers()}
    assert logs == {str(tmp_path / "web-1.log"), str(tmp_path / "web-2.log")}


def test_ending_it_ends_all_and_frees_the_port(tmp_path: Path) -> None:
    web = Web(tmp_path, WEB_PROCESSES="2")
    assert eventually(web.answered)
    workers = web.workers()
    web.stop()
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
    assert alive == []
    assert not web.answered()


def test_an_address_of_version_6_is_served(tmp_path: Path) -> None:
    web = Web(tmp_path, host="::1")
    assert eventually(web.answered)
    web.stop()


@pytest.mark.parametrize("count", ["0", "many", "65"])
def test_what_is_no_count_of_processes_is_refused(tmp_path: Path, count: str) -> None:
    web = Web(tmp_path, WEB_PROCESSES=count)
    assert web.process.wait(PATIENCE) != 0
