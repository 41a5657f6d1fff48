"""Settings from variables, files and the two together; a deployment that lacks one says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from environs import EnvError

from nanococoa import environment
from nanococoa.environment import with_password

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = {"LOCAL": "0", "ALLOWED_HOSTS": "ads.example.com", "SECRET_KEY": "k" * 50}


def settings_say(expression: str, **variables: str) -> tuple[int, str]:
    """What a fresh process reads from these variables: exit code, and the answer or the reason."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DATA_DIR") if name in os.environ}
    code = f"from nanococoa import settings; print({expression})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stderr if done.returncode else done.stdout).strip()


def test_secrets_come_from_files_without_the_line_end(tmp_path):
    files = {
        "SECRET_KEY_FILE": "the key of this site\n",
        "POSTGRES_PASSWORD_FILE": "p@ss:w/rd\n",
        "REDIS_PASSWORD_FILE": "re:d@is\n",
        "OPENAI_API_KEY_FILE": "sk-from-a-file\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    variables = DEPLOYED | {name: str(tmp_path / name) for name in files}
    variables |= {
        "DATABASE_URL": "postgres://nanococoa@postgres:5432/nanococoa",
        "REDIS_URL": "redis://redis:6379/0",
    }
    wanted = (
        "'|'.join([settings.SECRET_KEY, settings.DATABASES['default']['PASSWORD'], "
        "settings.REDIS_URL, settings.OPENAI_API_KEY])"
    )
    assert settings_say(wanted, **variables) == (
        0,
        "the key of this site|p@ss:w/rd|redis://:re%3Ad%40is@redis:6379/0|sk-from-a-file",
    )


@pytest.mark.parametrize(
    ("lacking", "complaint"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is empty"),
        ({"SECRET_KEY_FILE": "/run/secrets/not-there"}, "SECRET_KEY_FILE must be a readable file"),
        ({"SECRET_KEY_FILE": os.devnull}, "SECRET_KEY is empty"),
        ({"REDIS_PASSWORD": "x"}, "REDIS_PASSWORD is set, but REDIS_URL is not"),
        ({"ENGINES": "studio,magic"}, "ENGINES"),
        ({"DEFAULT_ENGINE": "diffusion"}, "DEFAULT_ENGINE"),
        ({"DIFFUSION_FALLBACK": "hope"}, "DIFFUSION_FALLBACK"),
        ({"DIFFUSION_GRACE": "-1"}, "DIFFUSION_GRACE"),
    ],
)
def test_a_deployment_that_lacks_something_says_what(lacking, complaint):
    code, said = settings_say("'up'", **DEPLOYED | lacking)
    assert code != 0
    assert complaint in said


def test_an_empty_optional_file_is_nothing_set():
    empty = {"OPENAI_API_KEY_FILE": os.devnull, "EMAIL_URL_FILE": os.devnull}
    code, said = settings_say("settings.OPENAI_API_KEY + settings.EMAIL_BACKEND", **empty)
    assert (code, said) == (0, "django.core.mail.backends.console.EmailBackend")


def test_a_password_goes_into_an_address_that_has_none():
    assert with_password("redis://redis:6379/0", "a b") == "redis://:a%20b@redis:6379/0"
    assert with_password("redis://worker@redis/0", "x") == "redis://worker:x@redis/0"
    assert with_password("redis://:own@redis/0", "x") == "redis://:own@redis/0"
    assert with_password("unix:///run/redis.sock", "") == "unix:///run/redis.sock"


def test_a_required_variable_must_say_something(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", " ")
    with pytest.raises(EnvError, match="SECRET_KEY is empty"):
        environment.required("SECRET_KEY")
