"""Waiting for a job with progress, and what a finished job looks like to an assistant."""

from __future__ import annotations

import time
from typing import Any, Final

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ContentBlock, ImageContent, TextContent

from .site_client import Answer, Site

# Seconds of one long poll: a progress notification at least this often keeps clients waiting.
POLL: Final = 5
# A call comes back with the job's id after this long at the latest; the job goes on.
LONGEST_WAIT: Final = 280.0
ENDED: Final = frozenset({"completed", "failed", "stopped"})


async def followed(site: Site, ctx: Context[Any, Any], job_id: str) -> Answer:
    """Tell the client how the job goes until it ends or the wait is over; return its status."""
    until, after, percent = time.monotonic() + LONGEST_WAIT, 0, 0.0
    while time.monotonic() < until:
        told = await site.get(f"/api/jobs/{job_id}/events", after=after, wait=POLL)
        after = told["last_seq"]
        for event in told["events"][-1:]:
            percent = max(percent, float(event.get("progress_percent") or 0))
            await ctx.report_progress(percent, 100, str(event.get("message") or ""))
        if told["done"]:
            break
        if not told["events"]:
            status: Answer = await site.get(f"/api/status/{job_id}")
            if status["status"] in ENDED:
                break
            percent = max(percent, float(status["progress_percent"]))
            await ctx.report_progress(percent, 100, status["message"])
    final: Answer = await site.get(f"/api/status/{job_id}")
    return final


async def result_of(
    site: Site, status: Answer, *, picture: str = "final", more: Answer | None = None
) -> CallToolResult:
    """Return a job's state as text and structured content, with its picture once it is there."""
    said = {**summary(status), **(more or {})}
    if status["status"] == "failed":
        error = status.get("error") or {}
        raise ToolError(f"The job failed: {error.get('message')} (code {error.get('code')}).")
    content: list[ContentBlock] = [TextContent(type="text", text=sentence_of(said))]
    if status["status"] == "completed":
        data = await site.picture(status["job_id"], picture)
        content.append(ImageContent(type="image", data=data, mime_type="image/png"))
    return CallToolResult(content=content, structured_content=said)


def summary(status: Answer) -> Answer:
    """Return what an assistant needs of a status."""
    names = (
        *("job_id", "status", "progress_percent", "current_step", "sub_step", "message"),
        *("elapsed_sec", "eta_seconds", "queue_position", "final_result", "error"),
    )
    return {name: status.get(name) for name in names} | {
        "ad_text": status.get("parameters", {}).get("ad_text", ""),
        "proof": proof_of(status.get("checks") or {}),
    }


def proof_of(checks: Answer) -> Answer:
    """Return the two promises in short: characters proven, product pixels changed."""
    words, product = checks.get("words") or {}, checks.get("product") or {}
    return {
        "characters_proven": words.get("passed"),
        "characters": words.get("total"),
        "largest_product_pixel_difference": product.get("largest_difference"),
    }


def sentence_of(said: Answer) -> str:
    """Return the state in one line of English."""
    job, state = said["job_id"], said["status"]
    if state == "completed":
        return f"Job {job} is completed. Copy on the picture: {said['ad_text'] or '(none)'}."
    if state == "stopped":
        return f"Job {job} was stopped."
    eta = f", about {said['eta_seconds']:.0f} s left" if said.get("eta_seconds") else ""
    return (
        f"Job {job} is {state} at {said['progress_percent']:.0f} %{eta}. "
        "Call check_generation_status with this job_id to go on."
    )
