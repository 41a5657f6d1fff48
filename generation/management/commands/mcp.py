"""`manage.py mcp`: the MCP server, over the HTTP API of a running site."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.mcp_server.server import serve

LOCAL_HOSTS = "127.0.0.1:*,localhost:*,[::1]:*"


class Command(BaseCommand):
    help = "Serves the eight tools to AI assistants (stdio, streamable HTTP, SSE)."
    # It needs neither the database nor Redis: everything goes over the HTTP API.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        told = os.environ.get
        parser.add_argument(
            "--transport",
            choices=("stdio", "sse", "http", "streamable-http"),
            default=told("MCP_TRANSPORT", "sse"),
        )
        parser.add_argument("--host", default=told("MCP_HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(told("MCP_PORT", "3000")))
        parser.add_argument(
            "--allowed-hosts",
            default=told("MCP_ALLOWED_HOSTS", LOCAL_HOSTS),
            help="Host headers that are answered, separated by commas; * for all",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["transport"] == "stdio":
            # Standard output belongs to the protocol alone.
            self.stdout = self.stderr
            sys.stderr.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        serve(
            options["transport"],
            host=options["host"],
            port=options["port"],
            hosts=options["allowed_hosts"].split(","),
            log_level=os.environ.get("LOG_LEVEL", "INFO"),
        )
