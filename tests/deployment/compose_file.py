"""compose.yaml as an engine would read it: variables filled in, anchors merged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
# ${NAME}, ${NAME:-word}, ${NAME:?complaint}, with another such word inside; $$ is a dollar sign.
VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?:(:-|:\?)((?:[^{}]|\{[^{}]*\})*))?\}")


class NotSet(Exception):  # noqa: N818 - what compose prints
    """A variable that must be set is not."""


def filled_in(text: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        name, kind, word = found[1], found[2], found[3] or ""
        if variables.get(name):
            return variables[name]
        if kind == ":?":
            raise NotSet(f"{name}: {word}")
        return filled_in(word, variables)

    return VARIABLE.sub(value, text)


def _walk(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return filled_in(value, variables)
    if isinstance(value, list):
        return [_walk(item, variables) for item in value]
    if isinstance(value, dict):
        return {key: _walk(item, variables) for key, item in value.items()}
    return value


def read_compose(**variables: str) -> dict[str, Any]:
    """The file with these variables; `$$` is resolved where an engine resolves it, everywhere."""
    raw = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return _walk(raw, variables)


def command_of(check: list[str]) -> list[str]:
    """What an engine executes for a health check."""
    return check[1:] if check[0] == "CMD" else ["/bin/sh", "-c", check[1]]
