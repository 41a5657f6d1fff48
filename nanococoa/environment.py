"""What the environment says, through typed readers that fail loudly.

Every variable may be given as a file instead: `SECRET_KEY_FILE=/run/secrets/secret_key` reads
SECRET_KEY from there, without the white space around it. The file goes before the variable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import dj_email_url
from dotenv import load_dotenv
from environs import EnvError, FileAwareEnv

BASE_DIR: Final = Path(__file__).resolve().parent.parent
# Into the process's own environment: the worker's engine process and the MCP server read theirs.
load_dotenv(BASE_DIR / ".env")
env = FileAwareEnv(strip_whitespace=True)


def required(name: str) -> str:
    """Return a variable that must say something. Raises EnvError where it is unset or empty."""
    value = env.str(name).strip()
    if not value:
        raise EnvError(f"{name} is empty (or the file that {name}_FILE names is)")
    return value


def redis_url() -> str:
    """Return REDIS_URL with REDIS_PASSWORD put into it, "" where there is none.

    Raises EnvError for a password that has no address to go with.
    """
    url, password = env.str("REDIS_URL", default=""), env.str("REDIS_PASSWORD", default="")
    if password and not url:
        raise EnvError("REDIS_PASSWORD is set, but REDIS_URL is not")
    return with_password(url, password)


def with_password(url: str, password: str) -> str:
    """Return an address with a password, unless there is none or the address has one already."""
    parts = urlsplit(url)
    if not password or parts.password:
        return url
    user, at, host = parts.netloc.rpartition("@")
    place = f"{user if at else ''}:{quote(password, safe='')}@{host}"
    return urlunsplit(parts._replace(netloc=place))


def mail(default: str) -> dict[str, Any]:
    """Return Django's mail settings from EMAIL_URL, from `default` where that is unset or empty."""
    return dict(dj_email_url.parse(env.str("EMAIL_URL", default="") or default))


def database(default: str) -> dict[str, Any]:
    """Return the database of DATABASE_URL as Django wants it, with POSTGRES_PASSWORD put into it.

    `default` is the address where DATABASE_URL is not set.
    """
    config: dict[str, Any] = dict(env.dj_db_url("DATABASE_URL", default=default))
    if not config["ENGINE"].endswith("sqlite3") and not config.get("PASSWORD"):
        config["PASSWORD"] = env.str("POSTGRES_PASSWORD", default="")
    return config
