"""What the admin's pages of rows that only the services write have in common."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the services write."""

    def has_add_permission(self, *_args: object, **_more: object) -> bool:
        return False

    def has_delete_permission(self, *_args: object, **_more: object) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, *_args: object) -> list[str]:
        return [
            str(name) for _title, part in self.get_fieldsets(request) for name in part["fields"]
        ]


def as_json(value: Any) -> SafeString:
    """Return a value as indented JSON."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return format_html("<pre>{}</pre>", text)


def preformatted(text: str) -> SafeString | str:
    """Return a text as it was written: a traceback, a reason with line breaks."""
    return format_html("<pre>{}</pre>", text) if text else "—"
