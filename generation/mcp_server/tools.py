"""The eight tools. Their names and order are the original service's."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from .site_client import Answer, Site, call_key, caller, own_site
from .waiting import followed, result_of, sentence_of, summary

Ctx = Context[Any, Any]
Tool = Callable[..., Any]
Base64 = Annotated[
    str | None,
    Field(description="A JPG, PNG, WebP or HEIC picture as base64, with or without `data:`."),
]
PhotoPath = Annotated[
    str | None,
    Field(description="Path of the picture on this machine. Only when the server runs on stdio."),
]
Copy = Annotated[
    str,
    Field(
        description="The ad copy, exactly as it is to be written, at most 20 characters. Compare "
        "`copy_echo` in the answer with what the user typed: retyped Korean goes wrong easily.",
    ),
]
CopyFrom = Annotated[
    str | None,
    Field(description="Take the copy of this job instead of `ad_text`, letter for letter."),
]
Style = Annotated[str, Field(description="A key or name from the resource nanococoa://styles.")]
Font = Annotated[
    str | None, Field(description="A name from list_available_fonts; none: the style's best.")
]
Wait = Annotated[
    bool, Field(description="Wait for the picture, with progress; otherwise answer at once.")
]
Variation = Annotated[
    int,
    Field(ge=1, le=99, description="The same call is the same job; another number, another take."),
]
Test = Annotated[bool, Field(description="A sketch in a second, for trying out.")]
LOOK: Final = ToolAnnotations(read_only_hint=True)
MAKE: Final = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True)


def add_tools(server: MCPServer[Any]) -> None:
    """Register the tools."""
    makers: tuple[Tool, ...] = (
        *(generate_ad_image, generate_background_only, generate_text_asset_only),
        *(compose_final_image, stop_generation),
    )
    lookers: tuple[Tool, ...] = (
        *(check_generation_status, list_available_fonts, check_server_health),
    )
    for hints, tools in ((MAKE, makers), (LOOK, lookers)):
        for tool in tools:
            server.tool(annotations=hints)(tool)


async def generate_ad_image(
    ctx: Ctx,
    *,
    ad_text: Copy = "",
    product_image: Base64 = None,
    product_image_path: PhotoPath = None,
    background_style: Style = "",
    text_style: Style = "",
    background_words: Annotated[str, Field(max_length=2000)] = "",
    palette: str = "auto",
    format: str = "1:1",  # noqa: A002 - the API's word
    subtext: str = "",
    font: Font = None,
    text_position: Literal["auto", "top", "center", "bottom"] = "auto",
    composition_mode: Literal["overlay", "blend", "behind"] = "overlay",
    copy_from_job_id: CopyFrom = None,
    variation: Variation = 1,
    dry_run: bool = False,
    wait: Wait = True,
    test_mode: Test = False,
) -> CallToolResult:
    """Make an ad: the product cut out and set into a new scene, the copy as real 3D lettering.

    Takes 5 to 30 seconds. `dry_run` makes nothing and tells what would be made, and how long.
    """
    async with own_site() as site:
        told: Answer = {
            "product_image": _picture(product_image, product_image_path),
            "ad_text": await _copy(site, ad_text, copy_from_job_id),
            **_scene(background_style, background_words, palette, format),
            "text_style": text_style,
            "font": font,
            "subtext": subtext,
            "text_position": text_position,
            "composition_mode": composition_mode,
            "test_mode": test_mode,
        }
        if dry_run:
            return await _planned(site, told)
        return await _made(site, ctx, "generate_ad_image", told, variation, wait=wait)


async def generate_background_only(
    ctx: Ctx,
    *,
    product_image: Base64 = None,
    product_image_path: PhotoPath = None,
    background_style: Style = "",
    background_words: Annotated[str, Field(max_length=2000)] = "",
    palette: str = "auto",
    format: str = "1:1",  # noqa: A002 - the API's word
    leave_room_for: Annotated[str, Field(description="Copy that is to come: room is left.")] = "",
    variation: Variation = 1,
    wait: Wait = True,
    test_mode: Test = False,
) -> CallToolResult:
    """Make step 1 alone: the product in its new scene, without lettering."""
    told: Answer = {
        "product_image": _picture(product_image, product_image_path),
        "ad_text": leave_room_for,
        **_scene(background_style, background_words, palette, format),
        "end_step": 1,
        "test_mode": test_mode,
    }
    async with own_site() as site:
        return await _made(site, ctx, "generate_background_only", told, variation, wait=wait)


async def generate_text_asset_only(
    ctx: Ctx,
    *,
    ad_text: Copy,
    text_style: Style = "",
    font: Font = None,
    format: str = "1:1",  # noqa: A002 - the API's word
    background_image: Base64 = None,
    variation: Variation = 1,
    wait: Wait = True,
    test_mode: Test = False,
) -> CallToolResult:
    """Make step 2 alone: the lettering as a transparent PNG, lit to suit a background if given."""
    told: Answer = {
        "ad_text": ad_text,
        "text_style": text_style,
        "font": font,
        "format": format,
        "start_step": 2,
        "end_step": 2,
        "step1_image": background_image,
        "test_mode": test_mode,
    }
    async with own_site() as site:
        return await _made(site, ctx, "generate_text_asset_only", told, variation, wait=wait)


async def compose_final_image(
    ctx: Ctx,
    *,
    background_image: Base64 = None,
    text_image: Base64 = None,
    background_job_id: str | None = None,
    text_job_id: str | None = None,
    ad_text: Copy = "",
    composition_mode: Literal["overlay", "blend", "behind"] = "overlay",
    format: str = "1:1",  # noqa: A002 - the API's word
    variation: Variation = 1,
    wait: Wait = True,
    test_mode: Test = False,
) -> CallToolResult:
    """Make step 3 alone: a lettering layer on a background, each as a picture or as a job's id."""
    async with own_site() as site:
        scene = background_image or await _of_job(site, background_job_id, "1")
        text = text_image or await _of_job(site, text_job_id, "2")
        if scene is None or text is None:
            raise ToolError("Give background_image or background_job_id, and text_image or "
                            "text_job_id.")  # fmt: skip
        told: Answer = {
            "step1_image": scene,
            "step2_image": text,
            "ad_text": ad_text or await _copy(site, "", text_job_id),
            "start_step": 3,
            "composition_mode": composition_mode,
            "format": format,
            "test_mode": test_mode,
        }
        return await _made(site, ctx, "compose_final_image", told, variation, wait=wait)


async def check_generation_status(
    ctx: Ctx, job_id: str, *, wait: bool = False, with_picture: bool = True
) -> CallToolResult:
    """Tell how a job stands; with `wait`, follow it to its end. Its picture comes along."""
    async with own_site() as site:
        status = await followed(site, ctx, job_id) if wait else await _status(site, job_id)
        if with_picture or status["status"] == "failed":
            return await result_of(site, status)
        said = summary(status)
        text = TextContent(type="text", text=sentence_of(said))
        return CallToolResult(content=[text], structured_content=said)


async def stop_generation(job_id: str) -> dict[str, Any]:
    """Stop a job that waits or runs. Stopping twice is harmless."""
    async with own_site() as site:
        return await site.post(f"/api/stop/{job_id}", {})


async def list_available_fonts() -> list[dict[str, Any]]:
    """List the fonts a job may ask for; `full` ones write every Korean syllable."""
    async with own_site() as site:
        fonts: list[Answer] = await site.get("/api/fonts")
        return fonts


async def check_server_health() -> dict[str, Any]:
    """Tell whether ads can be made now: database, queue, workers, GPU."""
    async with own_site() as site:
        health: Answer = await site.get("/api/health")
        return health


async def _made(
    site: Site, ctx: Ctx, tool: str, told: Mapping[str, Any], variation: int, *, wait: bool
) -> CallToolResult:
    body = _given(told)
    key = call_key(tool, {**body, "variation": variation, "for": caller().key[-8:]})
    accepted = await site.post("/api/generate", body, key=key)
    job_id = accepted["job_id"]
    status = await followed(site, ctx, job_id) if wait else await _status(site, job_id)
    echo = echo_of(str(status["parameters"].get("ad_text") or ""))
    return await result_of(site, status, more={"copy_echo": echo})


def _scene(style: str, words: str, palette: str, frame: str) -> Answer:
    """Return what is said of the scene by the API's names."""
    return {"background_style": style, "bg_prompt": words, "palette": palette, "format": frame}


async def _planned(site: Site, told: Mapping[str, Any]) -> CallToolResult:
    plan = await site.post("/api/generate", {**_given(told), "dry_run": True})
    plan["copy_echo"] |= echo_of(plan["copy_echo"]["text"])
    text = f"Nothing was made. It would take about {plan['expected_seconds']} s."
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=plan)


async def _status(site: Site, job_id: str) -> Answer:
    status: Answer = await site.get(f"/api/status/{job_id}")
    return status


def _given(told: Mapping[str, Any]) -> Answer:
    """Return what was said: an empty wish is none."""
    return {name: value for name, value in told.items() if value not in (None, "", False)}


def echo_of(copy: str) -> Answer:
    """Return the copy so that a wrong syllable can be seen: counted, spelt out, hashed."""
    from hashlib import sha256

    return {
        "text": copy,
        "code_points": len(copy),
        "spelt": " ".join(f"U+{ord(character):04X}" for character in copy),
        "sha256": sha256(copy.encode()).hexdigest(),
    }


def _picture(sent: str | None, path: str | None) -> str | None:
    """Return the picture as base64. A path is read on stdio alone: there it is the user's own."""
    if path is None:
        return sent
    if not caller().at_this_machine:
        raise ToolError("product_image_path works on stdio only: send product_image as base64.")
    try:
        return base64.b64encode(Path(path).expanduser().read_bytes()).decode()
    except OSError as error:
        raise ToolError(f"Cannot read {path}: {error.strerror}.") from error


async def _copy(site: Site, ad_text: str, job_id: str | None) -> str:
    """Return the copy, by reference where one is given: then nobody retypes it."""
    if job_id is None:
        return ad_text
    status = await _status(site, job_id)
    return str(status["parameters"].get("ad_text") or "")


async def _of_job(site: Site, job_id: str | None, name: str) -> str | None:
    return None if job_id is None else await site.picture(job_id, name)
