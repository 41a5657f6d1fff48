"""The form's wishes as a draft takes them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from django.conf import settings

from generation.forms import AdForm
from generation.plan import SPEC_FIELDS, styled_by
from generation.prompts import Wish, from_the_book

WISH_FIELDS: Final = tuple(field.name for field in fields(Wish))


class DraftForm(AdForm):
    """The wishes while the form is being filled: what was uploaded before, and nothing stored."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("photo", "campaign", "new_campaign"):
            del self.fields[name]
        self.fields["form_key"].required = False

    def spec(self) -> dict[str, Any]:
        """Return AdSpec's fields but for the photo's path; own words choose by the prompt book."""
        told = self.wishes()
        prompts = from_the_book(Wish(**{name: told[name] for name in WISH_FIELDS}))
        styled = styled_by(told, prompts.model_dump())
        wishes = {name: value for name, value in styled.items() if name in SPEC_FIELDS}
        return wishes | {
            "font": wishes.get("font") or None,
            "seed": wishes["seed"] or 0,
            "draft": True,
            "test_mode": settings.FORCE_TEST_MODE,
        }
