"""Lines of copy to choose from."""

from __future__ import annotations

from typing import Final, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from generation.prompts import suggest_copies

from .access import Scope, caller_of
from .problems import Problem

router = Router(tags=["catalogue"])
REFUSALS: Final = dict.fromkeys((400, 401, 403, 413, 415, 422, 429, 503), Problem)


class Occasion(Schema):
    """What is sold, and why now."""

    model_config = ConfigDict(extra="forbid", strict=True)

    product: str = Field("", max_length=40, examples=["마른 오징어"])
    occasion: str = Field("", max_length=40, examples=["추석"])


class Copies(Schema):
    """Five lines that can be used as they are. `source`: a language model or the built-in book."""

    copies: list[str]
    source: Literal["model", "book"]


@router.post("/copies", response={200: Copies, **REFUSALS}, operation_id="copies")
def copies(request: HttpRequest, told: Occasion) -> Copies:
    """Suggest five lines of copy, each within the copy's limit."""
    caller_of(request).must(Scope.GENERATE)
    suggested = suggest_copies(product=told.product, occasion=told.occasion)
    return Copies(copies=suggested.copies, source=suggested.source)
