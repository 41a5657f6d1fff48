"""What an assistant may read before it asks: fonts, styles, the newest ads."""

from __future__ import annotations

import json
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError

from .site_client import own_site


def add_resources(server: MCPServer[Any]) -> None:
    """Register the resources."""
    for uri, name, path, about in (
        ("nanococoa://fonts", "fonts", "/api/fonts", "The fonts a job may ask for."),
        ("nanococoa://styles", "styles", "/api/styles", "Backgrounds, lettering, formats."),
        ("nanococoa://ads/recent", "recent ads", "/api/jobs", "The team's newest jobs."),
    ):  # fmt: skip
        server.resource(uri, name=name, description=about, mime_type="application/json")(
            _reader(path)
        )


def _reader(path: str) -> Any:
    async def read() -> str:
        try:
            async with own_site() as site:
                return json.dumps(await site.get(path), ensure_ascii=False)
        except ToolError as error:
            raise ResourceError(str(error)) from error

    return read
