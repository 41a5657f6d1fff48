"""The MCP server through the SDK's own client, over every transport, a real picture coming back."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.conf import settings
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ImageContent
from PIL import Image

from generation.models import Job
from tests.conftest import product_jpeg
from tests.waiting import PATIENCE

TOOLS = {
    *("generate_ad_image", "check_generation_status", "stop_generation", "list_available_fonts"),
    *("check_server_health", "generate_background_only", "generate_text_asset_only"),
    "compose_final_image",
}
PHOTO = base64.b64encode(product_jpeg()).decode()
COPY = "건어물 대박 세일"


class Way:
    """How a test reaches the server."""

    def __init__(self, address: str, environment: dict[str, str], key: str) -> None:
        self.address, self.environment, self.key = address, environment, key

    @asynccontextmanager
    async def open(self, transport: str) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {self.key}"}
        if transport == "stdio":
            environment = {**self.environment, "NANOCOCOA_TOKEN": self.key}
            command = [str(settings.BASE_DIR / "manage.py"), "mcp", "--transport", "stdio"]
            server = StdioServerParameters(
                command=sys.executable, args=command, env=environment, cwd=settings.BASE_DIR
            )
            async with Client(stdio_client(server)) as client:
                yield client
        elif transport == "sse":
            async with Client(sse_client(f"{self.address}/sse", headers=headers)) as client:
                yield client
        else:
            async with (
                httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as http,
                Client(streamable_http_client(f"{self.address}/mcp", http_client=http)) as client,
            ):
                yield client


@pytest.fixture
def way(mcp_address: str, mcp_environment: dict[str, str], key: str) -> Way:
    return Way(mcp_address, mcp_environment, key)


def said(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return dict(result.structured_content)


def picture(result: CallToolResult) -> Image.Image:
    [image] = [part for part in result.content if isinstance(part, ImageContent)]
    return Image.open(BytesIO(base64.b64decode(image.data)))


@pytest.mark.asyncio
@pytest.mark.parametrize("transport", ["stdio", "http", "sse"])
async def test_an_assistant_makes_an_ad(way: Way, transport: str) -> None:
    steps: list[float] = []

    async def progressed(done: float, _total: float | None, _message: str | None) -> None:
        steps.append(done)

    async with way.open(transport) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == TOOLS
        assert all(tool.description for tool in tools.values())
        result = await client.call_tool(
            "generate_ad_image",
            {"ad_text": COPY, "product_image": PHOTO},
            progress_callback=progressed,
        )
    told = said(result)
    assert (told["status"], told["copy_echo"]["text"]) == ("completed", COPY)
    assert told["copy_echo"]["spelt"].split()[0] == "U+AC74"
    assert picture(result).size == (1080, 1080)
    assert steps == sorted(steps)
    assert steps


@pytest.mark.asyncio
async def test_the_steps_apart_give_the_same_as_a_whole(way: Way) -> None:
    async with way.open("http") as client:
        scene = await client.call_tool(
            "generate_background_only", {"product_image": PHOTO, "leave_room_for": COPY}
        )
        text = await client.call_tool("generate_text_asset_only", {"ad_text": COPY})
        assert picture(text).mode == "RGBA"
        jobs = {
            "background_job_id": said(scene)["job_id"],
            "text_job_id": said(text)["job_id"],
        }
        whole = await client.call_tool("compose_final_image", jobs)
    assert said(whole)["ad_text"] == COPY
    assert picture(whole).size == (1080, 1080)


@pytest.mark.asyncio
async def test_the_same_call_is_the_same_job_and_a_variation_another(way: Way) -> None:
    async with way.open("http") as client:
        call = {"ad_text": "특가", "wait": False}
        jobs = [
            said(await client.call_tool("generate_ad_image", call | more))["job_id"]
            for more in ({}, {}, {"variation": 2})
        ]
    assert jobs[0] == jobs[1] != jobs[2]


@pytest.mark.asyncio
async def test_copy_goes_by_reference_and_a_dry_run_makes_nothing(way: Way) -> None:
    async with way.open("http") as client:
        first = said(await client.call_tool("generate_ad_image", {"ad_text": COPY, "wait": False}))
        call = {"copy_from_job_id": first["job_id"], "dry_run": True, "format": "9:16"}
        plan = said(await client.call_tool("generate_ad_image", call))
    assert plan["copy_echo"]["text"] == COPY
    assert plan["parameters"]["format"] == "9:16"
    assert await Job.objects.acount() == 1


@pytest.mark.asyncio
async def test_it_reads_what_there_is_to_choose(way: Way) -> None:
    async with way.open("http") as client:
        uris = {str(resource.uri) for resource in (await client.list_resources()).resources}
        assert uris == {"nanococoa://fonts", "nanococoa://styles", "nanococoa://ads/recent"}
        styles = await client.read_resource("nanococoa://styles")
        fonts = await client.call_tool("list_available_fonts", {})
        health = await client.call_tool("check_server_health", {})
    assert json.loads(styles.contents[0].text)["formats"]
    assert said(fonts)["result"]
    assert (said(health)["database"], said(health)["redis"]) == (True, True)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("tool", "arguments", "hint"),
    [
        ("generate_ad_image", {}, "product_image"),
        ("generate_ad_image", {"ad_text": "특가🦑"}, "glyph_missing"),
        ("generate_ad_image", {"ad_text": "특가", "background_style": "moon"}, "background_style"),
        ("generate_ad_image", {"ad_text": 5}, "ad_text"),
        ("generate_ad_image", {"ad_text": "특가", "product_image": "@@"}, "bad_base64"),
        ("generate_ad_image", {"ad_text": "특가", "product_image_path": "/etc/hostname"}, "stdio"),
        ("generate_text_asset_only", {}, "ad_text"),
        ("compose_final_image", {}, "background_job_id"),
        ("check_generation_status", {"job_id": "7"}, "not_found"),
        ("check_generation_status", {}, "job_id"),
    ],
)
async def test_a_wrong_call_says_what_to_change(
    way: Way, tool: str, arguments: dict[str, Any], hint: str
) -> None:
    async with way.open("http") as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert hint in str(result.content)


@pytest.mark.asyncio
async def test_a_wrong_key_and_a_site_away_are_said_plainly(way: Way) -> None:
    way.key = "nc_wrong"
    async with way.open("http") as client:
        refused = await client.call_tool("list_available_fonts", {})
    way.environment = {**way.environment, "AISERVER_BASE_URL": "http://127.0.0.1:1"}
    async with way.open("stdio") as client:
        away = await client.call_tool("check_server_health", {})
    assert refused.is_error
    assert away.is_error
    assert "API key" in str(refused.content)
    assert "cannot be reached" in str(away.content)


@pytest.mark.asyncio
async def test_a_page_of_another_name_does_not_reach_it(mcp_address: str) -> None:
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        answer = await http.post(
            f"{mcp_address}/mcp", json={}, headers={"Host": "evil.example:3000"}
        )
    assert answer.status_code in (403, 421)


def test_on_stdio_a_photo_may_be_a_path(way: Way, tmp_path: Path) -> None:
    import anyio

    photo = tmp_path / "건어물.jpg"
    photo.write_bytes(product_jpeg())

    async def made() -> CallToolResult:
        async with way.open("stdio") as client:
            call = {"ad_text": "특가", "product_image_path": str(photo), "wait": False}
            return await client.call_tool("generate_ad_image", call)

    assert said(anyio.run(made))["status"] in ("pending", "running", "completed")
