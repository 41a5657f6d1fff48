"""What the OpenAPI document says of the body of `POST /api/generate`, which is read by hand."""

from __future__ import annotations

from typing import Any

from .wishes import FILE_FIELDS, Wishes

JSON_EXAMPLE: dict[str, Any] = {
    "product_image": "<base64>",
    "ad_text": "건어물 대박 세일",
    "background_style": "market",
    "text_style": "gold_balloon",
    "format": "1:1",
}
KEY_HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of at most 120 characters; a retry with the same key and body answers "
    "with the same job.",
    "schema": {"type": "string", "maxLength": 120, "pattern": "^[!-~]*$"},
}


def generate_extra() -> dict[str, Any]:
    """Return what is added to the operation: its header and its two kinds of body."""
    as_json = Wishes.model_json_schema()
    as_form = {**as_json, "properties": {**as_json["properties"]}}
    for name in FILE_FIELDS:
        description = as_json["properties"][name].get("description", "")
        as_form["properties"][name] = {
            "type": "string",
            "format": "binary",
            "description": description,
        }
    return {
        "parameters": [KEY_HEADER],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": as_json,
                    "examples": {
                        "photo and copy": {"value": JSON_EXAMPLE},
                        "copy alone, at once": {
                            "value": {"ad_text": "오늘만 특가", "test_mode": True}
                        },
                    },
                },
                "multipart/form-data": {"schema": as_form},
            },
        },
    }
