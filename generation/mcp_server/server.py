"""The server put together, and its transports: stdio, streamable HTTP and SSE."""

from __future__ import annotations

import logging
from typing import Any, Final, Literal

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .resources import add_resources
from .site_client import remember_caller
from .tools import add_tools

Transport = Literal["stdio", "sse", "http", "streamable-http"]
# A photo of ten megabytes as base64, and room beside it.
LONGEST_BODY: Final = 16 * 1024 * 1024
INSTRUCTIONS: Final = (
    "nanoCocoa makes ad images for Korean shops from one product photo and one short line of "
    "Korean copy. Read nanococoa://styles for what can be chosen. Pass the copy exactly as the "
    "user typed it and compare copy_echo in the answer; to reuse copy, name the earlier job in "
    "copy_from_job_id instead of retyping it."
)


def build_server(log_level: str = "INFO") -> MCPServer[Any]:
    """Return the server with its tools and resources."""
    level: Any = log_level.upper()
    server: MCPServer[Any] = MCPServer(
        "nanococoa",
        title="nanoCocoa",
        instructions=INSTRUCTIONS,
        version="1.0",
        log_level=level,
        middleware=[remember_caller],
    )
    add_tools(server)
    add_resources(server)

    server.custom_route("/health", methods=["GET"])(health)
    return server


async def health(_request: Request) -> Response:
    """Answer that this process serves; whether ads can be made is `check_server_health`'s."""
    return JSONResponse({"status": "ok"})


def http_app(server: MCPServer[Any], *, hosts: list[str]) -> Starlette:
    """Return one application with both HTTP transports: `/mcp`, and `/sse` with `/messages/`.

    `hosts` are the Host headers that are answered ("*" for all): a web page must not reach a server
    on somebody's own machine through a name of its own.
    """
    open_to_all = "*" in hosts
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=not open_to_all,
        allowed_hosts=hosts,
        allowed_origins=[f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")],
    )
    app = server.streamable_http_app(
        transport_security=security, max_request_body_size=LONGEST_BODY
    )
    sse = server.sse_app(transport_security=security, max_request_body_size=LONGEST_BODY)
    known = {getattr(route, "path", "") for route in app.routes}
    app.router.routes.extend(r for r in sse.routes if getattr(r, "path", "") not in known)
    return app


def serve(transport: Transport, *, host: str, port: int, hosts: list[str], log_level: str) -> None:
    """Run the server until it is told to stop."""
    server = build_server(log_level)
    if transport == "stdio":
        server.run("stdio")
        return
    logging.getLogger(__name__).info("MCP on http://%s:%s/mcp and /sse", host, port)
    uvicorn.run(http_app(server, hosts=hosts), host=host, port=port, log_level=log_level.lower())
